import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '@hullcheck/core';
import { type TarItem, writeTar } from '../../layers/testdata/write-tar.ts';

/** Small images for tests, as parts from which a test composes archives of any shape. */
export function digestOf(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('no digest');
  return digest;
}
export const hexOf = (bytes: Uint8Array): string => digestOf(bytes).slice('sha256:'.length);
export const blobOf = (bytes: Uint8Array): TarItem => ({ name: `blobs/sha256/${hexOf(bytes)}`, body: bytes });
export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export const osRelease: Buffer = writeTar({
  name: 'etc/os-release',
  body: 'ID=alpine\nVERSION_ID=3.20.0\nPRETTY_NAME="Alpine Linux v3.20"\n',
});
export const database: Buffer = writeTar({
  name: 'lib/apk/db/installed',
  body: 'P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nL:MIT\n\n',
});
export const layers: readonly Buffer[] = [osRelease, database];

export function configOf(platform: Readonly<Record<string, string>> = { os: 'linux', architecture: 'amd64' }, tars = layers): Buffer {
  return json({
    ...platform,
    created: '2026-11-01T00:00:00Z',
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    history: [
      ...tars.map((_, index) => ({ created_by: `step ${index}` })),
      { created_by: 'CMD ["/bin/sh"]', empty_layer: true },
    ],
  });
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';

export function descriptorOf(bytes: Uint8Array, mediaType: string, more: object = {}): Record<string, unknown> {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, ...more };
}

export function manifestOf(config: Buffer, blobs: readonly Buffer[], more: object = {}): Buffer {
  return json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: blobs.map((blob) => descriptorOf(blob, 'application/vnd.oci.image.layer.v1.tar')),
    ...more,
  });
}

export function indexOf(entries: readonly object[], more: object = {}): Buffer {
  return json({ schemaVersion: 2, mediaType: indexType, manifests: entries, ...more });
}

/** The shapes that `docker save` and its likes write. */
export function legacySave(config = configOf()): TarItem[] {
  return [
    { name: `${hexOf(config)}.json`, body: config },
    ...layers.flatMap((tar, index): TarItem[] => [
      { name: `id${index}/`, type: '5' },
      { name: `id${index}/VERSION`, body: '1.0' },
      { name: `id${index}/json`, body: '{"id":"x"}' },
      { name: `id${index}/layer.tar`, body: tar },
    ]),
    { name: 'manifest.json', body: json([savedEntry(`${hexOf(config)}.json`, layers.map((_, i) => `id${i}/layer.tar`))]) },
    { name: 'repositories', body: '{"app":{"1":"id1"}}' },
  ];
}

export function savedEntry(config: string, names: readonly string[], tags: readonly string[] = ['app:1']): object {
  return { Config: config, RepoTags: tags, Layers: names };
}

export function podmanSave(config = configOf()): TarItem[] {
  return [
    ...layers.map((tar) => ({ name: `${hexOf(tar)}.tar`, body: tar })),
    { name: `${hexOf(config)}.json`, body: config },
    ...layers.map((tar, index) => ({ name: `id${index}/layer.tar`, type: '2', link: `../${hexOf(tar)}.tar` })),
    { name: 'manifest.json', body: json([savedEntry(`${hexOf(config)}.json`, layers.map((_, i) => `id${i}/layer.tar`))]) },
  ];
}

/** Docker 25 and later: an OCI layout with `manifest.json` beside it. */
export function layoutSave(config = configOf(), blobs: readonly Buffer[] = layers): TarItem[] {
  const manifest = manifestOf(config, blobs);
  const entry = descriptorOf(manifest, manifestType, { annotations: { 'io.containerd.image.name': 'docker.io/library/app:1' } });
  return [
    blobOf(config),
    blobOf(manifest),
    ...blobs.map(blobOf),
    { name: 'index.json', body: indexOf([entry]) },
    {
      name: 'manifest.json',
      body: json([savedEntry(`blobs/sha256/${hexOf(config)}`, blobs.map((blob) => `blobs/sha256/${hexOf(blob)}`))]),
    },
    { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' },
  ];
}
