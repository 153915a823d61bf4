import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { conan } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => conan.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string }) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return conan.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence)));
}
const show = (files: { readonly [path: string]: string }) =>
  resolve(files).packages.map(({ purl, direct }) => `${purl.slice('pkg:conan/'.length)} ${direct}`);

const CACHED = 'root/.conan/data/mfast/1.2.2/team/stable/package/9d1f/conaninfo.txt';
const ZLIB = 'root/.conan/data/zlib/1.2.13/_/_/package/dfbe/conaninfo.txt';

describe('conan.lock', () => {
  it('of the oldest form names packages by their full references', () => {
    expect(show({ 'srv/conan.lock': sample('v0.lock') })).toEqual([
      'zlib@1.2.11?channel=testing&prev=58846c4ed127f63e9c88c5be5190a6d9&rrev=5f4917ce0a630b102f472afd00102d40&user=team true',
    ]);
  });

  it('of Conan 1 holds a graph: direct where the project asks, without itself and tools', () => {
    const { packages, relations } = resolve({ 'srv/conan.lock': sample('v4.lock') });
    const freetype =
      'pkg:conan/freetype@2.12.1?prev=400c9a65b20f791ea05c47eb6817e80a&rrev=7e1b67634f54f38a979bbad44fd09a2c';
    expect(packages.map(({ purl, direct }) => [purl, direct])).toEqual([
      [freetype, true],
      ['pkg:conan/libpng@1.6.39', false],
      ['pkg:conan/zlib@1.2.13', false],
    ]);
    expect(relations).toEqual([
      { from: freetype, to: 'pkg:conan/libpng@1.6.39' },
      { from: freetype, to: 'pkg:conan/zlib@1.2.13' },
      { from: 'pkg:conan/libpng@1.6.39', to: 'pkg:conan/zlib@1.2.13' },
    ]);
  });

  it('of Conan 2 lists references, of which those for building are left out', () => {
    expect(show({ 'srv/conan.lock': sample('v5.lock') })).toEqual([
      'zlib@1.2.13?rrev=13c96f538b52e1600c40b88994de240f null',
      'mfast@1.2.2?channel=stable&rrev=7927e8ce5b2576a6ea497c6ca70e9751&user=team null',
      'boost@cci.20210118 null',
    ]);
  });

  it.each([
    ['no JSON', '{', 'unreadable'],
    ['null', 'null', 'unreadable'],
    ['an empty object', '{}', 'unreadable'],
    ['a version to come', '{"version":"0.6"}', 'unsupported'],
  ])('that is %s is a problem', (_, content, code) => {
    expect(analyze('conan.lock', content)).toMatchObject({ evidence: null, problems: [{ code }] });
  });

  it('with a circle and nodes of another shape keeps what it can', () => {
    const nodes = {
      0: null,
      1: { ref: 'a/1', requires: ['2', '1', 9] },
      2: { ref: 'b/1', requires: { x: '1' } },
      3: [],
    };
    const content = JSON.stringify({ graph_lock: { nodes } });
    expect(show({ 'conan.lock': content })).toEqual(['a@1 false', 'b@1 false']);
  });
});

describe('a package in a cache or deployment', () => {
  it('is named by its path and needs others by name', () => {
    const { packages, relations } = resolve({ [CACHED]: sample('conaninfo.txt'), [ZLIB]: '[settings]\n' });
    expect(packages.map(({ purl }) => purl)).toEqual([
      'pkg:conan/mfast@1.2.2?channel=stable&user=team',
      'pkg:conan/zlib@1.2.13',
    ]);
    expect(relations).toEqual([
      { from: 'pkg:conan/mfast@1.2.2?channel=stable&user=team', to: 'pkg:conan/zlib@1.2.13' },
    ]);
  });

  it('of Conan 2 is found where it was deployed', () => {
    const path = 'srv/full_deploy/host/zlib/1.3.1/Release/x86_64/conaninfo.txt';
    expect(show({ [path]: '[settings]\nos=Linux\n' })).toEqual(['zlib@1.3.1 null']);
  });

  it('goes before what its project locks', () => {
    expect(show({ [ZLIB]: '[settings]\n', 'srv/conan.lock': sample('v5.lock') })).toEqual(['zlib@1.2.13 null']);
  });
});

describe('a project', () => {
  it('that only has a manifest pins exact versions', () => {
    expect(show({ 'srv/conanfile.txt': sample('conanfile.txt') })).toEqual([
      'zlib@1.2.13 true',
      'boost@1.81.0 true',
      'mfast@1.2.2?channel=stable&rrev=7927e8ce5b2576a6ea497c6ca70e9751&user=team true',
    ]);
  });

  it('has what it resolved to before what it asked for, and the lock file before both', () => {
    const files = { 'srv/conanfile.txt': sample('conanfile.txt'), 'srv/conaninfo.txt': sample('conaninfo.txt') };
    expect(show(files)).toEqual(['boost@1.75.0 null', 'zlib@1.2.13 null']);
    expect(show({ ...files, 'srv/conan.lock': sample('v4.lock') })).toHaveLength(3);
  });

  it('whose file has no sections is a problem', () => {
    for (const path of ['srv/conanfile.txt', 'srv/conaninfo.txt', CACHED]) {
      expect(analyze(path, 'zlib/1.2\n')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
    }
  });

  it('inside a cache is a recipe with tests of its own', () => {
    expect(analyze('root/.conan2/p/zlib1234/e/conanfile.txt', '')).toEqual({ evidence: null, problems: [] });
  });
});
