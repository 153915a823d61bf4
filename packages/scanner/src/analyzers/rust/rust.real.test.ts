import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusLayout } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { readImage } from '../../reading/read-image.ts';
import { openOciDir } from '../../sources/open-archive.ts';

describe('Rust crates of go-rust', () => {
  const layout = corpusLayout('go-rust');

  it.skipIf(layout === undefined)('equal what binutils and zlib find, to the last entry', async () => {
    // Made by tools/oracles/rust-audit.py of a program of pinned crates.
    const expected = readFileSync(join(import.meta.dirname, 'testdata/go-rust.txt'), 'utf8')
      .trimEnd()
      .split('\n');
    const signal = AbortSignal.timeout(120_000);
    const image = await openOciDir(layout ?? '', { signal });
    const { inventory } = await readImage({ image, signal });
    await image.close();
    const found = inventory.packages
      .filter(({ type }) => type === 'cargo')
      .flatMap(({ name, version, direct, paths }) =>
        paths.map((path) => `${path} ${name} ${version} ${direct === null ? 'root' : direct ? 'direct' : 'indirect'}`),
      )
      .sort();
    expect(expected).toHaveLength(13);
    expect(found).toEqual(expected);
    expect(inventory.relations?.filter(({ from }) => from === 'pkg:cargo/corpus-rust@0.1.0')).toHaveLength(12);
  });
});
