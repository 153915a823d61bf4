import { createHash } from 'node:crypto';
import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import { formatReference, type ImageReference, parseReference } from '@hullcheck/registry';
import * as z from 'zod';
import { SCHEMA_VERSION } from '../database/schema.ts';
import { PACKED_BYTES_MAX } from './limits.ts';

/**
 * A database in a registry: an OCI image manifest (1.1) with an artifact type, the empty configuration, and one layer, the
 * packed file. What a reader must know before it downloads stands in annotations.
 */
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const ARTIFACT_TYPE = 'application/vnd.hullcheck.database.v1';
export const LAYER_TYPE = 'application/vnd.hullcheck.database.sqlite.v1+zstd';
export const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
export const EMPTY_CONFIG: Uint8Array = Buffer.from('{}');
const REVISION = 'io.hullcheck.database.revision';
const SCHEMA = 'io.hullcheck.database.schema';
const CREATED = 'org.opencontainers.image.created';
const TITLE = 'org.opencontainers.image.title';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface ArtifactFacts {
  readonly layer: Descriptor;
  readonly revision: string;
  /** RFC 3339. */
  readonly builtAt: string;
}

export function describeBytes(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: sha256Digest(bytes), size: bytes.byteLength };
}

/** Equal databases make equal manifests. */
export function writeArtifact({ layer, revision, builtAt }: ArtifactFacts): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: ARTIFACT_TYPE,
      config: { ...describeBytes(EMPTY_TYPE, EMPTY_CONFIG), data: 'e30=' },
      layers: [{ ...layer, annotations: { [TITLE]: 'hullcheck.db.zst' } }],
      annotations: { [CREATED]: builtAt, [REVISION]: revision, [SCHEMA]: String(SCHEMA_VERSION) },
    }),
  );
}

const artifact = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  layers: z
    .array(z.object({ mediaType: z.string(), digest: z.string(), size: z.number().int().nonnegative() }))
    .optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Reads a manifest as the database's, or says why it is none. */
export function readArtifact(bytes: Uint8Array, place: string): ArtifactFacts {
  const parsed = artifact.safeParse(parseJson(bytes));
  if (!parsed.success || parsed.data.artifactType !== ARTIFACT_TYPE) {
    throw refuse('what is there is no vulnerability database of Hullcheck', place);
  }
  const { layers = [], annotations = {} } = parsed.data;
  const schema = annotations[SCHEMA];
  if (schema !== String(SCHEMA_VERSION)) {
    throw refuse(`it has schema ${printableSchema(schema)}, this version reads schema ${SCHEMA_VERSION}`, place, {
      hint: `The tag of the right one is its schema's number: :${SCHEMA_VERSION}.`,
    });
  }
  const [layer] = layers;
  const digest = parseDigest(layer?.digest ?? '');
  if (layers.length !== 1 || layer?.mediaType !== LAYER_TYPE || digest === undefined) {
    throw refuse('its artifact does not have the one layer that a database is', place);
  }
  if (layer.size > PACKED_BYTES_MAX) {
    throw new Fault('limit-exceeded', `the database there is larger than ${PACKED_BYTES_MAX} bytes`, { place });
  }
  const revision = annotations[REVISION] ?? '';
  const builtAt = annotations[CREATED] ?? '';
  if (!/^[0-9a-f]{64}$/.test(revision) || Number.isNaN(Date.parse(builtAt))) {
    throw refuse('its artifact does not say which revision it is', place);
  }
  return { layer: { mediaType: LAYER_TYPE, digest, size: layer.size }, revision, builtAt };
}

/** `[oci:|oci://|docker://]host/name[:tag][@digest]`; without a tag the schema's number, so that old programs go on finding theirs. */
export function parseDatabaseReference(text: string): ImageReference {
  const reference = parseReference(text.replace(/^(?:oci:(?:\/\/)?|docker:\/\/)/, ''));
  return reference.tag === 'latest' && !text.endsWith(':latest') && reference.digest === null
    ? { ...reference, tag: String(SCHEMA_VERSION) }
    : reference;
}

export function placeOf(reference: ImageReference): string {
  return formatReference(reference);
}

export function sha256Digest(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('a hash is always a digest');
  return digest;
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function printableSchema(schema: string | undefined): string {
  return schema !== undefined && /^\d{1,6}$/.test(schema) ? schema : 'of no number';
}

function refuse(reason: string, place: string, options: { readonly hint?: string } = {}): Fault {
  return new Fault('database-invalid', `the vulnerability database is refused: ${reason}`, { place, ...options });
}
