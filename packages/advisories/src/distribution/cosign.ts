import type { KeyObject } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Digest } from '@hullcheck/core';
import { Fault, parseDigest } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import * as z from 'zod';
import { describeBytes, MANIFEST_TYPE, parseJson } from './artifact.ts';
import { PAYLOAD_BYTES_MAX, SIGNATURE_CHARACTERS_MAX, SIGNATURES_MAX } from './limits.ts';
import { isSigned, signBytes } from './signature.ts';
import { signatureFault } from './signed-revision.ts';

/**
 * Signatures of artifacts as cosign keeps them (SIGNATURE_SPEC.md of sigstore/cosign): a manifest under the tag
 * `sha256-<hex>.sig` beside what is signed, each layer a "simple signing" payload that names the digest of the signed
 * manifest, with the signature over that payload in an annotation.
 */
const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';

export function signatureTag(digest: Digest): string {
  return `${digest.replace(':', '-')}.sig`;
}

export interface SignatureArtifact {
  readonly manifest: Buffer;
  readonly blobs: readonly Uint8Array[];
}

/** What is stored under {@link signatureTag}: one signature of this key. `name`: the repository, for people who read it. */
export function writeSignatureArtifact(digest: Digest, name: string, key: KeyObject): SignatureArtifact {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': name },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const diffId = `sha256:${createHash('sha256').update(payload).digest('hex')}`;
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: [{ created: '0001-01-01T00:00:00Z' }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [diffId] },
      config: {},
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: describeBytes(CONFIG_TYPE, config),
      layers: [{ ...describeBytes(PAYLOAD_TYPE, payload), annotations: { [SIGNATURE]: signBytes(payload, key) } }],
    }),
  );
  return { manifest, blobs: [payload, config] };
}

const manifestShape = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.number().int().nonnegative(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
const payloadShape = z.object({
  critical: z.object({
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
});

/** Refuses an artifact that none of the keys signed, before anything of it but its manifest is read. */
export async function requireSignedArtifact(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  keys: readonly KeyObject[],
  place: string,
  signal: AbortSignal,
): Promise<void> {
  if (keys.length === 0) return;
  const layers = await signatureLayers(client, repository, digest, place, signal);
  for (const layer of layers.slice(0, SIGNATURES_MAX)) {
    const payloadDigest = parseDigest(layer.digest);
    const signature = layer.annotations?.[SIGNATURE];
    if (layer.mediaType !== PAYLOAD_TYPE || payloadDigest === undefined || signature === undefined) continue;
    if (layer.size > PAYLOAD_BYTES_MAX || signature.length > SIGNATURE_CHARACTERS_MAX) continue;
    const parts: Uint8Array[] = [];
    const blob = await client.openBlob(repository, payloadDigest, { sizeBytes: layer.size, signal });
    for await (const part of blob) parts.push(part);
    const payload = Buffer.concat(parts);
    if (!isSigned(payload, signature, keys)) continue;
    const parsed = payloadShape.safeParse(parseJson(payload));
    // The name in it is not compared: a mirror has another, and the digest already says which database it is.
    if (parsed.success && parsed.data.critical.image['docker-manifest-digest'] === digest) return;
  }
  throw signatureFault('no trusted key signed it', place);
}

async function signatureLayers(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  place: string,
  signal: AbortSignal,
) {
  try {
    const manifest = await client.getManifest(repository, signatureTag(digest), signal);
    return manifestShape.parse(parseJson(manifest.bytes)).layers;
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-found') throw signatureFault('it is not signed', place);
    if (error instanceof z.ZodError) throw signatureFault('its signature cannot be read', place);
    throw error;
  }
}
