import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type CondaEvidence, conda } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const META = 'opt/conda/conda-meta';
const analyze = (content: string): ReturnType<typeof conda.analyze> =>
  conda.analyze(memoryFile(`${META}/x.json`, content), claimsNothing);
const record = (fields: object): CondaEvidence | null =>
  analyze(JSON.stringify({ name: 'a', version: '1', subdir: 'linux-64', ...fields })).evidence;

function resolve(files: { readonly [path: string]: string }): ReturnType<typeof conda.resolve> {
  const histories: { [path: string]: readonly (CondaEvidence | null)[] } = {};
  for (const [path, content] of Object.entries(files)) histories[path] = [analyze(content).evidence];
  return conda.resolve(viewOf(histories));
}

describe('records of conda-meta', () => {
  it('are packages with build, channel and platform', () => {
    const { packages } = resolve({
      [`${META}/n.json`]: sample('numpy.json'),
      [`${META}/p.json`]: sample('python.json'),
    });
    expect(packages.map(({ purl, direct, licenses }) => [purl, direct, licenses])).toEqual([
      ['pkg:conda/numpy@1.26.4?build=py311h64a7726_0&channel=conda-forge&subdir=linux-64', true, ['BSD-3-Clause']],
      ['pkg:conda/python@3.11.8?build=h955ad1f_0&channel=main&subdir=linux-64', false, ['PSF-2.0']],
    ]);
  });

  it('need each other in their own environment', () => {
    const python = sample('python.json');
    const files = { [`${META}/n.json`]: sample('numpy.json'), [`${META}/p.json`]: python };
    expect(resolve(files).relations).toHaveLength(1);
    const apart = { 'opt/conda/envs/a/conda-meta/n.json': sample('numpy.json'), [`${META}/p.json`]: python };
    expect(resolve(apart).relations).toEqual([]);
  });

  it('leave the distribution that they brought to be judged by its own ecosystem', () => {
    expect(resolve({ [`${META}/n.json`]: sample('numpy.json') }).packages).toMatchObject([
      { type: 'conda', ownedBy: null },
    ]);
    expect(conda.resolve(viewOf<CondaEvidence>({})).owned).toBeUndefined();
  });
});

describe('channels', () => {
  it.each([
    ['https://conda.anaconda.org/conda-forge/linux-64', 'conda-forge'],
    ['https://conda.anaconda.org/conda-forge', 'conda-forge'],
    ['conda-forge/linux-64', 'conda-forge'],
    ['https://repo.anaconda.com/pkgs/main/linux-64', 'main'],
    ['pkgs/main', 'main'],
    ['https://conda.anaconda.org/bioconda/label/gcc7/linux-64', 'bioconda/label/gcc7'],
    ['https://user:secret@conda.example.org/private/linux-64?key=secret', 'private'],
    ['https://conda.example.org/t/se-cret/private/linux-64', 'private'],
    ['user:secret@conda.example.org/private', null],
    ['https://conda.example.org', null],
    ['', null],
  ])('%s is %s, without any secret', (address, channel) => {
    expect(record({ channel: address })?.channel).toBe(channel);
    expect(JSON.stringify(record({ channel: address }))).not.toMatch(/se-?cret/);
  });
});

describe('who asked for a package', () => {
  it.each([
    [{ requested_spec: 'a>=1' }, true],
    [{ requested_specs: ['a'], requested_spec: '' }, true],
    [{ requested_spec: '' }, false],
    [{ requested_spec: 'None' }, false],
    [{ requested_specs: [] }, false],
    [{}, null],
  ])('%j: %s', (fields, direct) => expect(record(fields)?.direct).toBe(direct));
});

describe('broken records', () => {
  it.each(['', '[]', '{"name": "a"}', '{"name": 1, "version": "1"}', '{"name": "a\\u0000", "version": "1"}'])(
    '%s is a problem',
    (text) => expect(analyze(text)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] }),
  );

  it('of any other types keep name and version', () => {
    expect(record({ build: 1, channel: {}, subdir: [], license: 7, depends: { a: 1 }, requested_spec: 5 })).toEqual({
      name: 'a',
      version: '1',
      build: null,
      channel: null,
      subdir: null,
      licenses: [],
      direct: null,
      needs: [],
    });
  });

  it('above the limit is a problem that names it', () => {
    const file = { ...memoryFile(`${META}/x.json`, ''), sizeBytes: 2 ** 30 };
    expect(conda.analyze(file, claimsNothing)).toMatchObject({ problems: [{ code: 'limit-exceeded' }] });
  });
});
