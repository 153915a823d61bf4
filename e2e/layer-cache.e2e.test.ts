/* A second image over the same base reads only its own layers. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { corpusLayout, runHullcheck } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const alpine = corpusLayout('alpine-3.20');

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-base-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hash = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const blobOf = (layout: string, digest: string) => join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length));

/** One file in a tar. */
function tarOf(path: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0);
  header.write('0000644\x000000000\x000000000\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`, 124);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content.padEnd(512, '\0')), Buffer.alloc(1024)]);
}

/** Alpine with one more layer, as a build would make it; and the stored base layer in it. */
function derivedFrom(base: string, name: string): { readonly layout: string; readonly baseBlob: string } {
  const layout = join(folder, name);
  cpSync(base, layout, { recursive: true });
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    writeFileSync(blobOf(layout, hash(bytes)), bytes);
    return { mediaType, digest: hash(bytes), size: bytes.length };
  };
  const index = read(join(layout, 'index.json'));
  const manifest: { config: Descriptor; layers: Descriptor[] } = read(blobOf(layout, index.manifests[0].digest));
  const config = read(blobOf(layout, manifest.config.digest));
  const tar = tarOf(`srv/${name}/node_modules/lodash/package.json`, '{"name":"lodash","version":"4.17.20"}');
  config.rootfs.diff_ids.push(hash(tar));
  delete config.history;
  const [baseLayer] = manifest.layers;
  if (baseLayer === undefined) throw new Error('the base has a layer');
  manifest.layers.push(add(baseLayer.mediaType, gzipSync(tar)));
  manifest.config = add(manifest.config.mediaType, Buffer.from(JSON.stringify(config)));
  const entry = add(index.manifests[0].mediaType, Buffer.from(JSON.stringify(manifest)));
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests: [entry] }));
  return { layout, baseBlob: blobOf(layout, baseLayer.digest) };
}

const scan = (layout: string, ...args: readonly string[]) =>
  runHullcheck(
    ['scan', `oci-dir:${layout}`, '--offline', '-q', '-f', 'json', '--cache', join(folder, 'cache'), ...args],
    {
      cwd: folder,
      env: { HOME: folder },
    },
  );
const packagesOf = ({ stdout }: { readonly stdout: string }): readonly string[] =>
  JSON.parse(stdout).packages.map((one: { name: string }) => one.name);

describe.skipIf(alpine === undefined)('a layer that was read before', () => {
  it('is not read again in another image, nor when its bytes are no longer what they were', async () => {
    const first = await scan(alpine ?? '');
    expect(first.code).toBe(0);
    const { layout, baseBlob } = derivedFrom(alpine ?? '', 'app');
    writeFileSync(baseBlob, Buffer.alloc(readFileSync(baseBlob).length, 7));
    const second = await scan(layout);
    expect({ code: second.code, stderr: second.stderr }).toEqual({ code: 0, stderr: '' });
    expect(packagesOf(second)).toEqual(expect.arrayContaining(['musl', 'lodash']));

    const anew = await scan(layout, '--no-cache');
    expect({ code: anew.code, stderr: anew.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the manifest promises'),
    });
  });

  it('is kept once by scans that run at the same time, which all say the same', async () => {
    rmSync(join(folder, 'cache', 'layers'), { recursive: true });
    const { layout } = derivedFrom(alpine ?? '', 'many');
    const results = await Promise.all(Array.from({ length: 4 }, () => scan(layout)));
    const [one] = results;
    for (const result of results)
      expect({ ...result, stdout: packagesOf(result) }).toEqual({ ...one, stdout: packagesOf(one ?? result) });
    expect(readdirSync(join(folder, 'cache', 'layers')).filter((name) => name.endsWith('.json'))).toHaveLength(2);
    expect(readdirSync(join(folder, 'cache', 'layers'))).toHaveLength(2);
  });

  it('is nothing that a damaged or foreign folder can fail', async () => {
    const kept = join(folder, 'cache', 'layers');
    for (const name of readdirSync(kept)) writeFileSync(join(kept, name), 'x');
    expect(packagesOf(await scan(alpine ?? ''))).toContain('musl');
    rmSync(kept, { recursive: true });
    mkdirSync(kept, { mode: 0o777 });
    const result = await scan(alpine ?? '');
    expect({ code: result.code, kept: readdirSync(kept) }).toEqual({ code: 0, kept: [] });
  });
});
