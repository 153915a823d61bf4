import { type Digest, Fault, type ImageFacts, type Inventory, parseDigest, toFault } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import { attachedSbomLimits, imageLimits } from '../limits.ts';
import { ReaderProcess } from '../reading/reader-process.ts';
import type { AttachedDocument } from './attached-document.ts';
import { parseDocument } from './bounded-json.ts';
import { requireDigest } from './image-facts.ts';
import { type Descriptor, Index, Manifest } from './schema.ts';

/** What looking for an SBOM needs of a registry's client. */
export type SbomRegistry = Pick<RegistryClient, 'getManifest' | 'openBlob' | 'listReferrers'>;

export interface AttachedSbom {
  readonly inventory: Inventory;
  /** `an attestation of the build`, `a referrer`, `a tag of cosign`: where it was found. */
  readonly attachedAs: string;
  /** Digest of the blob that holds it. */
  readonly digest: Digest;
}

export interface AttachedSbomOptions {
  readonly repository: string;
  /** Of the image as it was opened: names its manifest, and the index that it came from. */
  readonly facts: ImageFacts;
  readonly signal: AbortSignal;
  /** Told of each document that could not be used, and why; another is tried then. */
  readonly onUnusable?: (fault: Fault) => void;
  /** Tests only: the process that reads a document, as soon as it runs. */
  readonly onReader?: (reader: ReaderProcess) => void;
}

interface Candidate {
  readonly attachedAs: string;
  /** A digest or a tag. */
  readonly reference: string;
}

const SBOM_TYPES: ReadonlySet<string> = new Set([
  'application/spdx+json',
  'text/spdx+json',
  'application/vnd.cyclonedx+json',
]);
const ATTESTATION_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.in-toto+json',
  'application/vnd.dsse.envelope.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]);

/**
 * The SBOM that was attached to an image in its registry: BuildKit's attestation in the image's index, what refers to the
 * manifest (OCI distribution 1.1), or cosign's tags. Bytes are verified by their digests, and an attestation must name the
 * manifest as its subject; who signed it is not verified. Undefined where there is none that can be used, whatever the reason
 * is: a registry that refuses this may give out the layers. Documents are read in a process of its own, with the limits of one
 * that reads layers. Faults: the caller's abort, and `internal`.
 */
export async function findAttachedSbom(
  client: SbomRegistry,
  options: AttachedSbomOptions,
): Promise<AttachedSbom | undefined> {
  const { repository, facts, onUnusable, onReader } = options;
  const manifest = facts.digests.find(({ kind }) => kind === 'manifest')?.digest;
  if (manifest === undefined) return undefined;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(attachedSbomLimits.searchMs)]);
  const reader = new DocumentReader({ signal, ...(onReader === undefined ? {} : { onReader }) });
  const search: Search = {
    client,
    repository,
    manifest,
    signal,
    left: { ...LEFT_AT_FIRST },
    reader,
    isOver: false,
    async attempt(place, find) {
      try {
        return await find();
      } catch (error) {
        const fault = toFault(error);
        if (options.signal.aborted || fault.code === 'internal') throw error;
        // Each further request would be refused like this one, or make it worse.
        search.isOver ||= signal.aborted || fault.code === 'rate-limited';
        // No cosign tag is the ordinary case.
        if (fault.code !== 'not-found') onUnusable?.(new Fault(fault.code, fault.message, { place, cause: fault }));
        return undefined;
      }
    },
  };
  try {
    let tried = 0;
    for (const list of [() => attestationsOf(search, facts), () => referrersOf(search), () => cosignTags(search)]) {
      for (const { attachedAs, reference } of (await search.attempt(repository, list)) ?? []) {
        if (search.isOver || tried++ >= attachedSbomLimits.documentsMax) return undefined;
        const found = await search.attempt(`${repository}@${reference}`, () => readDocument(search, reference));
        if (found !== undefined) return { ...found, attachedAs };
      }
      if (search.isOver) return undefined;
    }
    return undefined;
  } finally {
    await reader.close();
  }
}

interface Search {
  readonly client: SbomRegistry;
  readonly repository: string;
  /** What the SBOM has to be of. */
  readonly manifest: Digest;
  readonly signal: AbortSignal;
  /** What may still be fetched. */
  readonly left: { documents: number; bytes: number };
  readonly reader: DocumentReader;
  /** No further request would be answered. */
  isOver: boolean;
  /** Undefined where it fails, which is told; then another is tried. */
  readonly attempt: <Found>(place: string, find: () => Promise<Found>) => Promise<Found | undefined>;
}

const LEFT_AT_FIRST = { documents: attachedSbomLimits.documentsMax, bytes: attachedSbomLimits.allBytesMax };

async function attestationsOf({ client, repository, manifest, signal }: Search, facts: ImageFacts) {
  const found: Candidate[] = [];
  for (const { kind, digest } of facts.digests) {
    if (kind !== 'index') continue;
    const { bytes } = await client.getManifest(repository, digest, signal);
    const { manifests } = parseDocument(bytes, Index, `${repository}@${digest}`, imageLimits.manifestBytesMax);
    for (const entry of manifests) {
      if (entry.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest') continue;
      if (entry.annotations['vnd.docker.reference.digest'] !== manifest) continue;
      found.push({ attachedAs: 'an attestation of the build', reference: entry.digest });
    }
  }
  return found;
}

async function referrersOf({ client, repository, manifest, signal }: Search) {
  const referrers = await client.listReferrers(repository, manifest, signal);
  return referrers.flatMap(({ digest, artifactType }): readonly Candidate[] => {
    const mayBe = artifactType === null || SBOM_TYPES.has(artifactType) || ATTESTATION_TYPES.has(artifactType);
    return mayBe ? [{ attachedAs: 'a referrer', reference: digest }] : [];
  });
}

async function cosignTags({ manifest }: Search) {
  return ['att', 'sbom'].map(
    (suffix): Candidate => ({ attachedAs: 'a tag of cosign', reference: `${manifest.replace(':', '-')}.${suffix}` }),
  );
}

async function readDocument(search: Search, reference: string): Promise<Omit<AttachedSbom, 'attachedAs'> | undefined> {
  const { client, repository, manifest, signal } = search;
  const { bytes } = await client.getManifest(repository, reference, signal);
  const place = `${repository}@${reference}`;
  const pinned = parseDigest(reference);
  if (pinned !== undefined) requireDigest(bytes, pinned, place);
  const { layers } = parseDocument(bytes, Manifest, place, imageLimits.manifestBytesMax);
  // What was attested last stands last.
  for (const layer of layers.toReversed()) {
    const isAttestation = ATTESTATION_TYPES.has(layer.mediaType);
    if (!isAttestation && !SBOM_TYPES.has(layer.mediaType)) continue;
    if (isAttestation && !mayHoldSbom(layer)) continue;
    if (search.left.documents-- <= 0) return undefined;
    const found = await search.attempt(`${repository}@${layer.digest}`, async () => {
      // Starts while the document comes.
      search.reader.start();
      const blob = await fetchBlob(search, layer);
      const inventory = await search.reader.read(blob, { place, subject: isAttestation ? manifest : null });
      return inventory === null ? undefined : { inventory, digest: layer.digest };
    });
    if (found !== undefined || search.isOver) return found;
  }
  return undefined;
}

/** BuildKit and cosign say beside the blob what it states; a provenance is not fetched to learn that it is none. */
function mayHoldSbom({ annotations }: Descriptor): boolean {
  const stated = annotations?.['in-toto.io/predicate-type'] ?? annotations?.predicateType;
  return stated === undefined || /spdx|cyclonedx/i.test(stated);
}

async function fetchBlob({ client, repository, signal, left }: Search, { digest, size }: Descriptor): Promise<Buffer> {
  const place = `${repository}@${digest}`;
  const bytesMax = Math.min(attachedSbomLimits.bytesMax, left.bytes);
  if (size > bytesMax)
    throw new Fault('limit-exceeded', `${place} has ${size} bytes, more than the ${bytesMax} that are read`, { place });
  left.bytes -= size;
  const pieces: Uint8Array[] = [];
  // The client ends what is longer than promised, and checks the digest.
  for await (const piece of await client.openBlob(repository, digest, { sizeBytes: size, signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The reading process of the search: begun with the first document, and again after one that ended it. */
class DocumentReader {
  readonly #options: Pick<AttachedSbomOptions, 'signal' | 'onReader'>;
  #reader: ReaderProcess | undefined;

  constructor(options: Pick<AttachedSbomOptions, 'signal' | 'onReader'>) {
    this.#options = options;
  }

  start(): ReaderProcess {
    if (this.#reader === undefined) {
      const { signal, onReader } = this.#options;
      this.#reader = new ReaderProcess({ signal, lanes: 1, bytes: 'stream', wallMs: attachedSbomLimits.searchMs });
      onReader?.(this.#reader);
    }
    return this.#reader;
  }

  /** Whoever may push there decides what parsing costs: 8 s of a processor for a document that is made to cost (measured). */
  async read(bytes: Uint8Array, document: AttachedDocument): Promise<Inventory | null> {
    try {
      return await this.start().readSbom(0, bytes, document);
    } catch (error) {
      // What is said of the document leaves the process as it was.
      if (!(error instanceof Fault && ['not-an-image', 'limit-exceeded'].includes(error.code))) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }
}
