import { type Digest, Fault, type ImageFacts, parseDigest, toFault } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import { z } from 'zod';
import { visibleText } from '../layers/visible-text.ts';
import { attachedSbomLimits, imageLimits } from '../limits.ts';
import { type PackageList, readSbom } from '../package-lists/index.ts';
import { sbomOfAttestation } from './attestation.ts';
import { parseDocument } from './bounded-json.ts';
import { requireDigest } from './image-facts.ts';
import { type Descriptor, Index, Manifest } from './schema.ts';

/** What looking for an SBOM needs of a registry's client. */
export type SbomRegistry = Pick<RegistryClient, 'getManifest' | 'openBlob' | 'listReferrers'>;

export interface AttachedSbom {
  readonly inventory: PackageList['inventory'];
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
 * manifest as its subject; who signed it is not verified. Undefined where there is none that can be used.
 */
export async function findAttachedSbom(
  client: SbomRegistry,
  options: AttachedSbomOptions,
): Promise<AttachedSbom | undefined> {
  const { repository, facts, signal, onUnusable } = options;
  const manifest = facts.digests.find(({ kind }) => kind === 'manifest')?.digest;
  if (manifest === undefined) return undefined;
  let tried = 0;
  for await (const { attachedAs, reference } of candidatesOf(client, repository, facts, manifest, signal)) {
    if (tried++ >= attachedSbomLimits.documentsMax) return undefined;
    const place = `${repository}@${reference}`;
    try {
      const found = await readDocument(client, repository, reference, manifest, signal);
      if (found !== undefined) return { ...found, attachedAs };
    } catch (error) {
      const fault = toFault(error);
      if (signal.aborted || !USELESS.has(fault.code)) throw fault;
      // No cosign tag is the ordinary case.
      if (fault.code !== 'not-found') onUnusable?.(new Fault(fault.code, fault.message, { place, cause: fault }));
    }
  }
  return undefined;
}

/** The document is of no use; another one, or the layers, may be. */
const USELESS: ReadonlySet<string> = new Set([
  'not-found',
  'not-an-image',
  'unsupported',
  'limit-exceeded',
  'digest-mismatch',
  'size-mismatch',
  'truncated',
]);

async function* candidatesOf(
  client: SbomRegistry,
  repository: string,
  facts: ImageFacts,
  manifest: Digest,
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  for (const { kind, digest } of facts.digests) {
    if (kind !== 'index') continue;
    const { bytes } = await client.getManifest(repository, digest, signal);
    const { manifests } = parseDocument(bytes, Index, `${repository}@${digest}`, imageLimits.manifestBytesMax);
    for (const entry of manifests) {
      if (entry.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest') continue;
      if (entry.annotations['vnd.docker.reference.digest'] !== manifest) continue;
      yield { attachedAs: 'an attestation of the build', reference: entry.digest };
    }
  }
  for (const { digest, artifactType } of await client.listReferrers(repository, manifest, signal)) {
    const mayBe = artifactType === null || SBOM_TYPES.has(artifactType) || ATTESTATION_TYPES.has(artifactType);
    if (mayBe) yield { attachedAs: 'a referrer', reference: digest };
  }
  const hex = manifest.slice('sha256:'.length);
  for (const suffix of ['att', 'sbom']) yield { attachedAs: 'a tag of cosign', reference: `sha256-${hex}.${suffix}` };
}

async function readDocument(
  client: SbomRegistry,
  repository: string,
  reference: string,
  subject: Digest,
  signal: AbortSignal,
): Promise<Omit<AttachedSbom, 'attachedAs'> | undefined> {
  const { bytes } = await client.getManifest(repository, reference, signal);
  const place = `${repository}@${reference}`;
  const pinned = parseDigest(reference);
  if (pinned !== undefined) requireDigest(bytes, pinned, place);
  const { layers } = parseDocument(bytes, Manifest, place, imageLimits.manifestBytesMax);
  // What was attested last stands last.
  for (const layer of layers.toReversed().slice(0, attachedSbomLimits.documentsMax)) {
    const isAttestation = ATTESTATION_TYPES.has(layer.mediaType);
    if (!isAttestation && !SBOM_TYPES.has(layer.mediaType)) continue;
    if (isAttestation && !mayHoldSbom(layer)) continue;
    const document = await readJson(client, repository, layer, signal);
    const sbom = isAttestation ? sbomOfAttestation(document, subject, place) : document;
    if (sbom === undefined) continue;
    return { inventory: readSbom(sbom, visibleText(place, 300)).inventory, digest: layer.digest };
  }
  return undefined;
}

/** BuildKit and cosign say beside the blob what it states; a provenance is not fetched to learn that it is none. */
function mayHoldSbom({ annotations }: Descriptor): boolean {
  const stated = annotations?.['in-toto.io/predicate-type'] ?? annotations?.predicateType;
  return stated === undefined || /spdx|cyclonedx/i.test(stated);
}

async function readJson(
  client: SbomRegistry,
  repository: string,
  { digest, size }: Descriptor,
  signal: AbortSignal,
): Promise<unknown> {
  const place = `${repository}@${digest}`;
  if (size > attachedSbomLimits.bytesMax)
    throw new Fault('limit-exceeded', `${place} has ${size} bytes, more than ${attachedSbomLimits.bytesMax}`, {
      place,
    });
  const pieces: Uint8Array[] = [];
  // The client ends what is longer than promised, and checks the digest.
  for await (const piece of await client.openBlob(repository, digest, { sizeBytes: size, signal })) pieces.push(piece);
  return parseDocument(Buffer.concat(pieces), z.unknown(), place, attachedSbomLimits.bytesMax);
}
