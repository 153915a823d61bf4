import { parse } from 'yaml';
import { YAML_ALIASES_MAX } from './limits.ts';

/**
 * One YAML document with every scalar as text. A feed's versions must never be read as numbers: `1.10` would become 1.1.
 * Throws on malformed input; the caller names the record.
 */
export function parseYaml(text: string): unknown {
  // Keys that are mappings with such keys themselves take the parser quadratic time: 32 KB of them 5 s (measured). No feed has any.
  if (NESTED_KEYS.test(text)) throw new Error('nested explicit keys');
  return parse(text, { schema: 'failsafe', maxAliasCount: YAML_ALIASES_MAX, logLevel: 'error', uniqueKeys: false });
}

const NESTED_KEYS = /^[ \t[{,-]*\?[ \t]+\?(?:[ \t]|$)/m;
