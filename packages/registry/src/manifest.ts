import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import { RegistryFault } from './fault.ts';
import { manifestBytesMax } from './limits.ts';
import type { Operation } from './operation.ts';
import type { Answer } from './transport.ts';

/** A manifest or index as the registry stores it, verified. */
export interface Manifest {
  /** Without parameters. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** The exact bytes that the digest hashes, at most 4 MiB. */
  readonly bytes: Uint8Array;
}

export interface ManifestHead {
  readonly mediaType: string | null;
  readonly digest: Digest;
  readonly sizeBytes: number | null;
}

const IMAGE_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

const INDEXES: ReadonlySet<string | undefined> = new Set([IMAGE_TYPES.ociIndex, IMAGE_TYPES.dockerList]);
const IMAGES: ReadonlySet<string | undefined> = new Set([IMAGE_TYPES.ociManifest, IMAGE_TYPES.dockerManifest]);

const SCHEMA1: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]);

/**
 * Sent with every manifest request: without the fitting type distribution 2.8 answers 404 for an OCI manifest and tries to
 * convert Docker's to schema 1.
 */
export const manifestAccept = `${Object.values(IMAGE_TYPES).join(', ')}, */*;q=0.1`;

const Shape = z.object({
  schemaVersion: z.number().optional().catch(undefined),
  mediaType: z.string().optional().catch(undefined),
  manifests: z.unknown().optional(),
  layers: z.unknown().optional(),
  config: z.unknown().optional(),
  fsLayers: z.unknown().optional(),
});

/** Reads and verifies: by the digest that was asked for, else by the one that the registry states. */
export async function readManifest(
  answer: Answer,
  reference: string,
  place: string,
  operation: Operation,
): Promise<Manifest> {
  const bytes = await readBody(answer, manifestBytesMax, operation.signal);
  const asked = parseDigest(reference);
  const stated = parseDigest(answer.headers['docker-content-digest'] ?? '');
  const expected = asked ?? stated;
  if (expected !== undefined && digestOf(bytes, algorithmOf(expected)) !== expected) {
    throw mismatch(place);
  }
  return { mediaType: judgeMediaType(bytes, answer, place), digest: expected ?? digestOf(bytes, 'sha256'), bytes };
}

/**
 * What HEAD says, or undefined where the registry states no digest (older ones don't) or one of another algorithm than the
 * digest asked for: then only reading helps.
 */
export function parseManifestHead(answer: Answer, reference: string, place: string): ManifestHead | undefined {
  const digest = parseDigest(answer.headers['docker-content-digest'] ?? '');
  const asked = parseDigest(reference);
  if (digest === undefined || (asked !== undefined && algorithmOf(asked) !== algorithmOf(digest))) return undefined;
  if (asked !== undefined && asked !== digest) throw mismatch(place);
  const length = answer.headers['content-length'];
  return {
    mediaType: plainMediaType(answer) ?? null,
    digest,
    sizeBytes: length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : null,
  };
}

/**
 * The type that header and body agree on. A body that could be read as two kinds, or that contradicts its header, is
 * refused: two readers would see two images (CVE-2021-41190).
 */
function judgeMediaType(bytes: Uint8Array, answer: Answer, place: string): string {
  const parsed = Shape.safeParse(parseJson(bytes));
  if (!parsed.success) throw invalid('the manifest is not JSON', place);
  const body = parsed.data;
  const header = plainMediaType(answer);
  if (body.schemaVersion === 1 || SCHEMA1.has(body.mediaType ?? '') || SCHEMA1.has(header ?? '')) {
    throw new RegistryFault('unsupported', 'SCHEMA1_UNSUPPORTED', 'the image has a schema 1 manifest', {
      place,
      hint: 'Push the image again with a current client.',
    });
  }
  const isIndex = body.manifests !== undefined;
  const isImage = body.layers !== undefined || body.config !== undefined;
  if (isIndex && isImage) throw invalid('the manifest is both an index and an image', place);
  if (body.mediaType !== undefined && header !== undefined && header !== body.mediaType) {
    throw invalid('the manifest contradicts its media type', place);
  }
  const stated = body.mediaType ?? header;
  if ((isIndex && IMAGES.has(stated)) || (isImage && INDEXES.has(stated))) {
    throw invalid('the manifest contradicts its media type', place);
  }
  if (stated !== undefined) return stated;
  if (isIndex) return IMAGE_TYPES.ociIndex;
  if (isImage) return IMAGE_TYPES.ociManifest;
  throw invalid('this is neither an index nor an image', place);
}

/** The media type without parameters; the general ones that web servers put on unknown files say nothing. */
function plainMediaType(answer: Answer): string | undefined {
  const type = answer.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === undefined || type === '' || GENERAL_TYPES.has(type) ? undefined : type;
}

const GENERAL_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/octet-stream', 'text/plain']);

function algorithmOf(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512'): Digest {
  const digest = parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('a hash is always a digest');
  return digest;
}

function mismatch(place: string): RegistryFault {
  return new RegistryFault('digest-mismatch', 'DIGEST_MISMATCH', 'the manifest is not the one that its digest names', {
    place,
  });
}

function invalid(reason: string, place: string): RegistryFault {
  return new RegistryFault('not-an-image', 'ANSWER_INVALID', reason, { place });
}
