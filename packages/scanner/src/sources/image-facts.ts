import { createHash } from 'node:crypto';
import {
  type Digest,
  Fault,
  type ImageFacts,
  type ImageLayer,
  type Platform,
  parseDigest,
  parseInstant,
  type TypedDigest,
} from '@hullcheck/core';
import { imageLimits } from '../limits.ts';
import { parseDocument } from './bounded-json.ts';
import { Config } from './schema.ts';

/** sha256 of bytes as a digest. */
export function digestOf(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('a sha256 hex text is a digest');
  return digest;
}

/** Fault `digest-mismatch` unless the bytes are what the digest says; `unsupported` for algorithms other than sha256. */
export function requireDigest(bytes: Uint8Array, promised: Digest, place: string): void {
  if (!promised.startsWith('sha256:')) {
    throw new Fault('unsupported', `${place} is named by ${promised.split(':')[0]}; only sha256 is read`, { place });
  }
  const actual = digestOf(bytes);
  if (actual !== promised)
    throw new Fault('digest-mismatch', `${place} is ${actual}, promised was ${promised}`, { place });
}

export interface ParsedConfig {
  readonly digest: Digest;
  readonly diffIds: readonly Digest[];
  readonly config: Config;
}

/** The image configuration; `layerCount` is what the manifest lists and must agree. */
export function parseConfig(bytes: Uint8Array, place: string, layerCount: number): ParsedConfig {
  const config = parseDocument(bytes, Config, place, imageLimits.configBytesMax);
  const diffIds = config.rootfs.diff_ids ?? [];
  if (diffIds.length > imageLimits.layersMax) {
    throw new Fault(
      'limit-exceeded',
      `${place} names ${diffIds.length} layers, more than layersMax (${imageLimits.layersMax})`,
      { place },
    );
  }
  if (diffIds.length !== layerCount) {
    throw new Fault('not-an-image', `the manifest lists ${layerCount} layers, ${place} names ${diffIds.length}`, {
      place,
    });
  }
  const other = diffIds.find((diffId) => !diffId.startsWith('sha256:'));
  if (other !== undefined)
    throw new Fault('unsupported', `${place} names a layer by ${other.split(':')[0]}; only sha256 is read`, { place });
  return { digest: digestOf(bytes), diffIds, config };
}

export interface FactsInput {
  readonly name: string;
  readonly source: string;
  readonly tags: readonly string[];
  readonly digests: readonly TypedDigest[];
  readonly parsed: ParsedConfig;
  /** One per diffID. */
  readonly layers: readonly { readonly digest: Digest | null; readonly sizeBytes: number | null }[];
}

export function imageFacts({ name, source, tags, digests, parsed, layers }: FactsInput): ImageFacts {
  const sizes = layers.map((layer) => layer.sizeBytes);
  return {
    name,
    id: parsed.digest,
    source,
    digests: [{ kind: 'config', digest: parsed.digest, repository: null }, ...digests],
    tags,
    platform: configPlatform(parsed.config),
    created: parseInstant(parsed.config.created ?? '') ?? null,
    size: sizes.every((size) => size !== null) ? sizes.reduce((sum, size) => sum + (size ?? 0), 0) : null,
    layers: joinHistory(parsed, layers),
  };
}

export function configPlatform(config: Config): Platform | null {
  if (config.os === '' || config.architecture === '') return null;
  return { os: config.os, architecture: config.architecture, variant: config.variant || null };
}

/** History is display data: where it does not fit the layers it is left out, never trusted to place one. */
function joinHistory({ config, diffIds }: ParsedConfig, layers: FactsInput['layers']): ImageLayer[] {
  const layerAt = (index: number, createdBy: string | null): ImageLayer => ({
    diffId: diffIds[index] ?? null,
    digest: layers[index]?.digest ?? null,
    size: layers[index]?.sizeBytes ?? null,
    createdBy,
    empty: false,
  });
  const history = config.history ?? [];
  if (history.filter((entry) => entry.empty_layer !== true).length !== diffIds.length) {
    return diffIds.map((_, index) => layerAt(index, null));
  }
  let next = 0;
  return history.map((entry) => {
    const createdBy = entry.created_by || null;
    return entry.empty_layer === true
      ? { diffId: null, digest: null, size: null, createdBy, empty: true }
      : layerAt(next++, createdBy);
  });
}
