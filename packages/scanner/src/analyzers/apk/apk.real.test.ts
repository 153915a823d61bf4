import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { openCorpusImage, readCorpusLayers } from '../../compose/corpus-image.testing.ts';
import { composeInventory } from '../../compose/index.ts';

/** The image's own apk, run through the image's own loader: nothing of the machine is involved. */
function apkInfo(root: string): readonly string[] {
  const loader = join(root, 'lib/ld-musl-x86_64.so.1');
  const libraries = [join(root, 'lib'), join(root, 'usr/lib')].join(':');
  const output = execFileSync(
    loader,
    ['--library-path', libraries, join(root, 'sbin/apk'), '--root', root, 'info', '-v'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return output
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

const missing = (name: string): boolean =>
  process.arch !== 'x64' || findProgram('umoci') === undefined || corpusLayout(name) === undefined;

const IMAGES = ['alpine-3.6', 'alpine-3.10', 'alpine-3.14', 'alpine-3.18-del', 'alpine-3.20', 'alpine-310-dockersave'];

describe.each(IMAGES)('apk packages of %s', (name) => {
  it.skipIf(missing(name))('equal those of apk itself to the last entry', async () => {
    const image = await openCorpusImage(corpusLayout(name) ?? '');
    try {
      const found = image.inventory.packages.filter(({ type }) => type === 'apk');
      const expected = apkInfo(image.root);
      expect(expected.length).toBeGreaterThan(5);
      expect(found.map((pkg) => `${pkg.name}-${pkg.version}`).sort()).toEqual(expected);
      expect(image.inventory.problems).toEqual([]);
      const release = readFileSync(join(image.root, 'etc/alpine-release'), 'utf8').trim();
      const expectedRelease = { id: 'alpine', release: release.split('.').slice(0, 2).join('.') };
      expect(found.every(({ distribution }) => JSON.stringify(distribution) === JSON.stringify(expectedRelease))).toBe(
        true,
      );
    } finally {
      image.remove();
    }
  });
});

it.skipIf(missing('alpine-3.18-del'))(
  'apk del in a layer removes packages and keeps the layer of the others',
  async () => {
    const layers = await readCorpusLayers(corpusLayout('alpine-3.18-del') ?? '');
    const before = composeInventory(layers.slice(0, 1)).packages;
    const after = composeInventory(layers).packages;
    const gone = before.map(({ name }) => name).filter((name) => !after.some((pkg) => pkg.name === name));
    expect(gone).toContain('scanelf');
    expect(after.length).toBe(before.length - gone.length);
    expect(after.every(({ layer }) => layer === layers[0]?.diffId)).toBe(true);
  },
);

it.skipIf(missing('multiarch') || missing('alpine-3.20'))(
  'a platform of an index is the image that it was made of',
  async () => {
    const [single, indexed] = ['alpine-3.20', 'multiarch'].map((name) => readCorpusLayers(corpusLayout(name) ?? ''));
    expect(composeInventory((await indexed) ?? [])).toEqual(composeInventory((await single) ?? []));
  },
);
