import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { dart } from './index.ts';

const sample = readFileSync(join(import.meta.dirname, 'testdata', 'pubspec.lock'), 'utf8');
const analyze = (content: string, path = 'srv/app/pubspec.lock') =>
  dart.analyze(memoryFile(path, content), claimsNothing);
const resolve = (...contents: readonly string[]) =>
  dart.resolve(viewOf({ 'srv/app/pubspec.lock': contents.map((content) => analyze(content).evidence) }));

describe('pubspec.lock', () => {
  it('has what pub or a repository publishes, without development, SDKs and own code', () => {
    expect(resolve(sample).packages.map(({ purl, direct }) => `${purl} ${direct}`)).toEqual([
      'pkg:pub/args@2.6.0 true',
      'pkg:pub/collection@1.19.0 false',
      'pkg:pub/fork@3.0.1-dev?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fexample%2Ffork.git%408f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c true',
      'pkg:pub/inhouse@0.4.0%2B2?repository_url=https:%2F%2Fpub.example.com true',
    ]);
  });

  it('says since which layer a version has been there', () => {
    const layers = resolve(sample, sample.replace('1.19.0', '1.19.1')).packages.map(({ name, layer }) => [name, layer]);
    expect(layers.slice(0, 2)).toEqual([
      ['args', layerId(0)],
      ['collection', layerId(1)],
    ]);
  });

  it('of a package in the cache of pub says nothing of the project', () => {
    expect(analyze(sample, 'root/.pub-cache/hosted/pub.dev/args-2.6.0/pubspec.lock')).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it('without packages is an empty project', () => {
    expect(analyze('packages: {}\nsdks:\n  dart: any\n')).toEqual({ evidence: { packages: [] }, problems: [] });
  });

  it.each([
    ['nothing', ''],
    ['no YAML', 'packages:\n  a: "\n'],
    ['no packages', 'sdks:\n  dart: any\n'],
    ['a merge conflict', sample.replace('    version: "1.19.0"', '<<<<<<< HEAD\n    version: "1.19.0"')],
  ])('that holds %s is a problem', (_, content) => {
    expect(analyze(content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('skips entries of another shape and keeps the rest', () => {
    const content = 'packages:\n  a: 1\n  b:\n    source: hosted\n  c:\n    source: hosted\n    version: "1.0.0"\n';
    expect(resolve(content).packages.map(({ purl }) => purl)).toEqual(['pkg:pub/c@1.0.0']);
  });
});
