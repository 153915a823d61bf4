import { type Digest, parseDigest } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import { RegistryFault } from './fault.ts';
import { listPageBytesMax, referrersMax } from './limits.ts';
import { nextPage } from './link.ts';
import { walkPages } from './listing.ts';
import type { Manifest } from './manifest.ts';
import type { Requester } from './requester.ts';

/** A manifest that says what it belongs to: a signature, an SBOM, an attestation. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** What it holds, where the registry says so. */
  readonly artifactType: string | null;
}

const Entries = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      mediaType: z.string().default(''),
      artifactType: z.string().nullish(),
    }),
  ),
});

interface ReferrersAsk {
  readonly base: URL;
  readonly repository: string;
  readonly digest: Digest;
  readonly requester: Requester;
  readonly getManifest: (tag: string) => Promise<Manifest>;
}

/**
 * What refers to a manifest: `GET /v2/<name>/referrers/<digest>` of OCI distribution 1.1, and where that is not known the tag
 * `<algorithm>-<hex>` that clients keep instead. Empty where there is neither. At most `referrersMax`.
 */
export async function listReferrers(ask: ReferrersAsk, signal: AbortSignal): Promise<readonly Referrer[]> {
  const { base, repository, digest, requester, getManifest } = ask;
  const first = new URL(`/v2/${repository}/referrers/${digest}`, base);
  const found: Referrer[] = [];
  const fetchPage = async (address: string) => {
    const url = new URL(address);
    const access = { kind: 'repository', name: repository } as const;
    const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
    const operation = requester.start(signal);
    const answer = await requester.send({ method: 'GET', url, access, headers, accepts: [200] }, operation);
    const items = referrersOf(await readBody(answer, listPageBytesMax, signal));
    if (items === undefined)
      throw new RegistryFault('unsupported', 'ANSWER_INVALID', 'the registry gave no list', { place: url.host });
    return { items, next: items.length === 0 ? undefined : nextPage(answer.headers.link, url)?.href };
  };
  try {
    for await (const referrer of walkPages(first.host, first.href, fetchPage, (item) => item.digest)) {
      found.push(referrer);
      if (found.length >= referrersMax) break;
    }
    return found;
  } catch (error) {
    // Registries before distribution 1.1 answer 404, some 400 or 405, and one a web page (read: 'unsupported').
    if (!isUnknown(error)) throw error;
    // Who gave a first page knows the list: what it gave is there, whatever became of the next page meanwhile.
    if (found.length > 0) return found;
  }
  try {
    const { bytes } = await getManifest(fallbackTag(digest));
    return (referrersOf(bytes) ?? []).slice(0, referrersMax);
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return [];
  }
}

/** `<algorithm>-<hex>`, cut to what a tag can hold: OCI distribution 1.1, "Referrers tag schema". */
export function fallbackTag(digest: Digest): string {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`;
}

function referrersOf(bytes: Uint8Array): readonly Referrer[] | undefined {
  const parsed = Entries.safeParse(parseJson(bytes));
  if (!parsed.success) return undefined;
  return parsed.data.manifests.flatMap(({ digest: text, mediaType, artifactType }) => {
    const digest = parseDigest(text);
    return digest === undefined ? [] : [{ digest, mediaType, artifactType: artifactType || null }];
  });
}

function isUnknown(error: unknown): boolean {
  return error instanceof RegistryFault && ['not-found', 'unsupported', 'invalid-input'].includes(error.code);
}
