import { type Digest, Fault, parseDigest } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson } from './body.ts';
import type { RegistryClient } from './client.ts';
import { RegistryFault } from './fault.ts';
import { configBytesMax } from './limits.ts';

const Descriptor = z.object({
  digest: z.string().transform(parseDigest),
  size: z.number().int().min(0).max(configBytesMax).optional().catch(undefined),
});
const Shape = z.object({
  config: Descriptor.optional().catch(undefined),
  manifests: z.array(z.unknown()).optional().catch(undefined),
});

/** Faults that say nothing of where blobs are: this image is of another kind, or incomplete, or a limit of pulls is reached. */
const OTHER: ReadonlySet<Fault['code']> = new Set([
  'not-an-image',
  'not-found',
  'unsupported',
  'limit-exceeded',
  'digest-mismatch',
  'size-mismatch',
  'truncated',
  'rate-limited',
]);

/**
 * Asks for the configuration of an image and reads its first bytes: registries keep blobs elsewhere (S3, MinIO, a CDN), where every
 * reading would end that manifests tell nothing of. Of an index the first image's.
 */
export async function followBlob(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<void> {
  const config = await quietly(() => findConfig(client, repository, digest, signal));
  if (config?.digest === undefined) return;
  try {
    const sizeBytes = config.size;
    const blob = await client.openBlob(repository, config.digest, {
      signal,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    });
    for await (const _ of blob) break;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'authorization-failed') throw error;
    const reason = error instanceof RegistryFault ? error.reason : undefined;
    const isElsewhere = reason === 'REDIRECT_REFUSED' || reason === 'REDIRECT_TARGET_REFUSED';
    if (OTHER.has(error.code) && !isElsewhere) return;
    throw blobFault(error, reason ?? 'NETWORK');
  }
}

async function findConfig(client: RegistryClient, repository: string, digest: Digest, signal: AbortSignal) {
  const parsed = Shape.safeParse(parseJson((await client.getManifest(repository, digest, signal)).bytes));
  if (!parsed.success || parsed.data.manifests === undefined) return parsed.data?.config;
  const [first] = parsed.data.manifests.flatMap((entry) => Descriptor.safeParse(entry).data?.digest ?? []);
  if (first === undefined) return undefined;
  return Shape.safeParse(parseJson((await client.getManifest(repository, first, signal)).bytes)).data?.config;
}

async function quietly<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Fault && OTHER.has(error.code)) return undefined;
    throw error;
  }
}

function blobFault(fault: Fault, reason: RegistryFault['reason']): RegistryFault {
  return new RegistryFault(
    fault.code,
    reason,
    `manifests can be read, but not the blobs that images are made of: ${fault.message}`,
    {
      cause: fault,
      ...(fault.place === undefined ? {} : { place: fault.place }),
      ...(fault.hint === undefined ? {} : { hint: fault.hint }),
      ...(fault.retryAtMs === undefined ? {} : { retryAtMs: fault.retryAtMs }),
    },
  );
}
