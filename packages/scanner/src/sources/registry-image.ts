import { Fault, type Platform, parseDigest } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import type { OpenedImage, SourceLayer } from '../source.ts';
import { fits } from './choose-platform.ts';
import { configPlatform, imageFacts, parseConfig, requireDigest } from './image-facts.ts';
import { followToManifest, isForeign } from './manifest-chain.ts';
import { readConfig } from './read-config.ts';

/** What reading an image needs of a registry's client. */
export type ImageRegistry = Pick<RegistryClient, 'origin' | 'getManifest' | 'openBlob'>;

export interface RegistryImageOptions {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly platform?: Platform;
  /** How the user named it; default origin, repository and reference. */
  readonly name?: string;
  readonly signal: AbortSignal;
}

/**
 * Opens an image of a registry: manifest (of one platform) and configuration are fetched and verified, layers when they
 * are read. A digest as reference is a promise and is verified, whatever the registry says of it (regclient
 * GHSA-qv35-3gw6-8q4j). Faults: those of the client, and those of the opening functions.
 */
export async function openRegistryImage(client: ImageRegistry, options: RegistryImageOptions): Promise<OpenedImage> {
  const { repository, reference, signal, platform } = options;
  const host = URL.canParse(client.origin) ? new URL(client.origin).host : client.origin;
  const pinned = parseDigest(reference);
  const place = options.name ?? `${host}/${repository}${pinned === undefined ? ':' : '@'}${reference}`;
  const start = await client.getManifest(repository, reference, signal);
  if (pinned !== undefined) requireDigest(start.bytes, pinned, place);
  const { manifest, digests } = await followToManifest(start, {
    platform,
    repository: `${host}/${repository}`,
    place,
    has: () => true,
    load: async (digest) => ({ ...(await client.getManifest(repository, digest, signal)), digest }),
  });
  const { digest: configDigest, size: sizeBytes } = manifest.config;
  const config = await readConfig(manifest.config, place, () =>
    client.openBlob(repository, configDigest, { sizeBytes, signal }),
  );
  const parsed = parseConfig(config, `${place}: configuration`, manifest.layers.length);
  const found = configPlatform(parsed.config);
  if (platform !== undefined && found !== null && !fits(found, platform)) {
    throw new Fault('not-found', `${place} is an image for ${found.os}/${found.architecture}`, { place });
  }
  const layers = manifest.layers.map((layer, index): SourceLayer => {
    const diffId = parsed.diffIds[index];
    if (diffId === undefined) throw new Error('parseConfig lets equal counts through only');
    const { digest, size: sizeBytes, mediaType } = layer;
    const bytes: SourceLayer['bytes'] = isForeign(layer)
      ? null
      : {
          kind: 'stream',
          open: (blobSignal) => client.openBlob(repository, digest, { sizeBytes, signal: blobSignal }),
        };
    return { diffId, digest, sizeBytes, mediaType, bytes };
  });
  const tags = pinned === undefined ? [`${host}/${repository}:${reference}`] : [];
  return {
    facts: imageFacts({ name: place, source: 'registry', tags, digests, parsed, layers }),
    layers,
    close: async () => undefined,
  };
}
