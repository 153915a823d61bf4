import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusLayout } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { readImage } from '../../reading/read-image.ts';
import { openOciDir } from '../../sources/open-archive.ts';

/** What Go's own reader says of the programs of pinned versions (tools/oracles/go-version.sh). */
const readTable = (name: string): readonly string[] =>
  readFileSync(join(import.meta.dirname, 'testdata', `${name}.txt`), 'utf8')
    .trimEnd()
    .split('\n');

describe.each([
  ['scratch-go', ''],
  ['go-rust', 'usr/local/'],
])('Go modules of %s', (name, folder) => {
  const layout = corpusLayout(name);

  it.skipIf(layout === undefined)('equal those of go version -m to the last entry', async () => {
    const signal = AbortSignal.timeout(120_000);
    const image = await openOciDir(layout ?? '', { signal });
    const { inventory } = await readImage({ image, signal });
    await image.close();
    const found = inventory.packages
      .filter(({ type }) => type === 'golang')
      .flatMap((pkg) =>
        pkg.paths.filter((path) => path.startsWith(folder)).map((path) => `${path} ${pkg.name} ${pkg.version}`),
      )
      .sort();
    const expected = readTable(name);
    expect(expected.length).toBeGreaterThan(30);
    expect(found).toEqual(expected);
  });
});
