import { createHash } from 'node:crypto';
import { type Digest, Fault, type Platform, parseDigest, parseInstant, type TypedDigest } from '@hullcheck/core';
import { z } from 'zod';
import type { EngineManifest } from '../engine.ts';
import { labels as labelsField, PlatformText, text, toPlatform } from '../fields.ts';
import type { ContentStore } from '../inventory-client.ts';
import { documentBytesMax, indexDepthMax, layersMax, manifestsPerIndexMax } from '../limits.ts';

/** What the documents of one image say, as far as the store has them. */
export interface ImageDocuments {
  /** Each digest on the way from the target to the configuration, with what it hashes. */
  readonly digests: readonly TypedDigest[];
  /** Platforms of an index, with what is here. */
  readonly manifests: readonly EngineManifest[];
  /** The platform that was followed; null where its configuration is not here. */
  readonly platform: Platform | null;
  readonly createdAt: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Configuration and layers as the manifest states them; null without a manifest. */
  readonly sizeBytes: number | null;
}

const digestText = z.string().transform((value, context): Digest => {
  const digest = parseDigest(value);
  if (digest !== undefined) return digest;
  context.addIssue({ code: 'custom', message: 'not a digest' });
  return z.NEVER;
});
const Descriptor = z.object({ digest: digestText, size: z.number().int().nonnegative() });
const Index = z.object({
  manifests: z
    .array(
      Descriptor.extend({
        platform: PlatformText,
        annotations: z.record(z.string(), z.string()).nullish().catch(null),
      }),
    )
    .max(manifestsPerIndexMax),
});
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(layersMax) });
const Configuration = z.object({
  os: text.optional(),
  architecture: text.optional(),
  variant: text.optional(),
  created: text.optional(),
  config: z.object({ Labels: labelsField }).nullish().catch(null),
});

/**
 * Reads an image's documents out of the content store: index, the manifest of this host's platform (else the first that is
 * here) and its configuration. Each is verified against its digest. What the store does not have, containerd's garbage
 * collection took or a lazy snapshotter never fetched it, is left out; what is not understood is left out too, and the
 * image is still known by its target.
 */
export async function readImageDocuments(
  store: ContentStore,
  target: { readonly digest: Digest; readonly kind: 'index' | 'manifest' },
  host: Platform,
  signal: AbortSignal,
): Promise<ImageDocuments> {
  const digests: TypedDigest[] = [];
  let manifests: readonly EngineManifest[] = [];
  let current: { readonly digest: Digest; readonly kind: 'index' | 'manifest' } = target;
  for (let depth = 0; current.kind === 'index' && depth < indexDepthMax; depth += 1) {
    digests.push({ kind: 'index', digest: current.digest, repository: null });
    const index = Index.safeParse(await readDocument(store, current.digest, signal));
    if (!index.success) return { ...nothingRead, digests, manifests };
    manifests = await presentIn(store, index.data, signal);
    const chosen = choose(manifests, host);
    if (chosen === undefined) return { ...nothingRead, digests, manifests };
    const next = await readDocument(store, chosen.digest, signal);
    current = { digest: chosen.digest, kind: Index.safeParse(next).success ? 'index' : 'manifest' };
  }
  if (current.kind === 'index') return { ...nothingRead, digests, manifests };
  digests.push({ kind: 'manifest', digest: current.digest, repository: null });
  const manifest = Manifest.safeParse(await readDocument(store, current.digest, signal));
  if (!manifest.success) return { ...nothingRead, digests, manifests };
  const { config, layers } = manifest.data;
  // The manifest was verified, so the digest of its configuration is known though the configuration may be gone.
  digests.push({ kind: 'config', digest: config.digest, repository: null });
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.size, config.size);
  const parsed = Configuration.safeParse(await readDocument(store, config.digest, signal));
  if (!parsed.success) return { ...nothingRead, digests, manifests, sizeBytes };
  const { os, architecture, variant, created, config: settings } = parsed.data;
  return {
    digests,
    manifests,
    sizeBytes,
    platform: toPlatform(os, architecture, variant),
    createdAt: parseInstant(created ?? '') ?? null,
    labels: settings?.Labels ?? {},
  };
}

const nothingRead = { platform: null, createdAt: null, labels: {}, sizeBytes: null } as const;

async function presentIn(
  store: ContentStore,
  index: z.infer<typeof Index>,
  signal: AbortSignal,
): Promise<readonly EngineManifest[]> {
  // Attestations and signatures lie in an index beside the images; they are none.
  const images = index.manifests.filter(
    ({ platform, annotations }) =>
      annotations?.['vnd.docker.reference.type'] === undefined && platform?.os !== 'unknown',
  );
  return await Promise.all(
    images.map(async ({ digest, platform }) => ({
      digest,
      platform,
      available: (await store.findSize(digest, signal)) !== undefined,
    })),
  );
}

function choose(manifests: readonly EngineManifest[], host: Platform): EngineManifest | undefined {
  const here = manifests.filter(({ available }) => available);
  return (
    here.find(({ platform }) => platform?.os === host.os && platform.architecture === host.architecture) ?? here[0]
  );
}

/** The JSON document of a digest; undefined where it is not here, too large, or not what its digest says. */
async function readDocument(store: ContentStore, digest: Digest, signal: AbortSignal): Promise<unknown> {
  const size = await store.findSize(digest, signal);
  if (size === undefined || size > documentBytesMax) return undefined;
  try {
    return JSON.parse((await readVerified(store, digest, signal)).toString('utf8'));
  } catch (error) {
    if (signal.aborted || (error instanceof Fault && !TOLERATED.has(error.code))) throw error;
    return undefined;
  }
}

/** A blob that is gone or broken is a property of the image; an engine that does not answer is not. */
const TOLERATED: ReadonlySet<Fault['code']> = new Set(['not-found', 'digest-mismatch', 'limit-exceeded']);

async function readVerified(store: ContentStore, digest: Digest, signal: AbortSignal): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of await store.open(digest, signal)) {
    bytes += part.byteLength;
    if (bytes > documentBytesMax) throw new Fault('limit-exceeded', 'the document is too large', { place: digest });
    parts.push(part);
  }
  const whole = Buffer.concat(parts);
  const [algorithm = ''] = digest.split(':');
  if (`${algorithm}:${createHash(algorithm).update(whole).digest('hex')}` !== digest)
    throw new Fault('digest-mismatch', 'the document is not what its digest says', { place: digest });
  return whole;
}
