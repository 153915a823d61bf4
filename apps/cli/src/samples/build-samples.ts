import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTar } from '../tar-writer.ts';
import { type SampleImage, sampleImages } from './sample-images.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The image as `docker save` writes one. */
export function dockerArchive(image: SampleImage): Buffer {
  const layers = image.layers.map((layer) => {
    const tar = writeTar(layer.files);
    return { tar, id: sha256(tar), createdBy: layer.createdBy };
  });
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: image.created,
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.id}`) },
      history: layers.map((layer) => ({ created: image.created, created_by: layer.createdBy })),
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = Buffer.from(
    JSON.stringify([
      {
        Config: configName,
        RepoTags: [`${image.repository}:${image.tag}`],
        Layers: layers.map((layer) => `${layer.id}/layer.tar`),
      },
    ]),
  );
  return writeTar([
    ...layers.map((layer) => ({ path: `${layer.id}/layer.tar`, content: layer.tar })),
    { path: configName, content: config },
    { path: 'manifest.json', content: manifest },
  ]);
}

/** Writes all samples into the folder. They hold real package lists and nothing that runs. */
export function buildSamples(folder: string): readonly { readonly path: string; readonly name: string }[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return sampleImages().map((image) => {
    const name = `${image.repository.replace('/', '-')}-${image.tag}.tar`;
    const path = join(folder, name);
    writeFileSync(path, dockerArchive(image), { mode: 0o600 });
    return { path, name };
  });
}
