import { parse } from 'smol-toml';
import { type JsonObject, toObject } from '../json/index.ts';
import { limits } from '../limits.ts';

const decoder = new TextDecoder('utf-8');

/**
 * The bytes as one TOML document, or undefined when they are anything else or nest deeper than `tomlDepthMax`. Its tables are
 * of foreign making: look keys up with `fieldOf`. The caller bounds the size; time and memory grow linearly with it
 * (measured: 10 MB of arrays, dotted keys, comments and strings in under a second).
 */
export function parseToml(bytes: Uint8Array): JsonObject | undefined {
  try {
    return toObject(parse(decoder.decode(bytes), { maxDepth: limits.tomlDepthMax }));
  } catch {
    return undefined;
  }
}
