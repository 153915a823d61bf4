import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resolution } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type NpmEvidence, npm } from './index.ts';

const testdata = join(import.meta.dirname, 'testdata');
const folder = join(testdata, 'locks');

function resolve(files: { readonly [path: string]: string | Uint8Array }): Resolution {
  const histories = Object.entries(files).map(([path, content]) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return [path, [npm.analyze(memoryFile(path, bytes), claimsNothing).evidence]] as const;
  });
  return npm.resolve(viewOf<NpmEvidence>(Object.fromEntries(histories)));
}

const keyOf = (purl: string): string => purl.slice('pkg:npm/'.length).replace('%40', '@');

function show({ packages, relations = [] }: Resolution): readonly string[] {
  return [
    ...packages.map(
      ({ purl, direct }) => `${keyOf(purl)} ${direct === null ? 'unknown' : direct ? 'direct' : 'indirect'}`,
    ),
    ...relations.map(({ from, to }) => `${keyOf(from)} needs ${keyOf(to)}`),
  ].sort();
}

const PEER = 'react-dom@16.14.0 needs react@16.14.0';

/** What a format doesn't say, or its package manager doesn't do. */
const LACKS: { readonly [name: string]: readonly string[] } = {
  // Deno takes no optionalDependencies from package.json.
  'deno2.deno.lock': ['semver@5.7.1 direct'],
  // Peers are not in these, or only with the range that they want.
  'npm6.package-lock.json': [PEER],
  'yarn1.yarn.lock': [PEER],
  'yarn3.yarn.lock': [PEER],
  'yarn4.yarn.lock': [PEER],
};

/** One project, with the lock files that the package managers themselves wrote for it, and what npm's own reader says of one. */
describe('the lock file of one project', () => {
  const manifest = readFileSync(join(folder, 'package.json'));
  const expected = readFileSync(join(testdata, 'locks.txt'), 'utf8').trimEnd().split('\n');
  const names = readdirSync(folder).filter((name) => name !== 'package.json');

  it('was written by eleven package managers', () => expect(names).toHaveLength(11));

  it.each(names)('as %s wrote it has the packages and relations that npm finds', (name) => {
    const base = name.slice(name.indexOf('.') + 1);
    const found = show(resolve({ [`app/${base}`]: readFileSync(join(folder, name)), 'app/package.json': manifest }));
    const wanted = expected.filter((line) => LACKS[name]?.includes(line) !== true);
    expect(found).toEqual(wanted);
  });
});
