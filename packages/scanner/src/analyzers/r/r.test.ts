import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { r } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => r.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string }, ownerOf?: (path: string) => string | undefined) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return r.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence), ownerOf === undefined ? {} : { ownerOf }));
}
const purls = (...args: Parameters<typeof resolve>) => resolve(...args).packages.map(({ purl }) => purl);

const TIBBLE = 'usr/local/lib/R/site-library/tibble/DESCRIPTION';
const RLANG = 'usr/local/lib/R/site-library/rlang/DESCRIPTION';
const description = (name: string, ...fields: readonly string[]): string =>
  [`Package: ${name}`, 'Version: 1.0-3', 'Built: R 4.3.1; ; 2023; unix', ...fields, ''].join('\n');

describe('installed packages', () => {
  it('have name, version and licence, and need those of their library', () => {
    const { packages, relations } = resolve({ [TIBBLE]: sample('DESCRIPTION'), [RLANG]: description('rlang') });
    expect(packages.map(({ purl, licenses }) => [purl, licenses])).toEqual([
      ['pkg:cran/tibble@3.2.1', ['MIT + file LICENSE']],
      ['pkg:cran/rlang@1.0-3', []],
    ]);
    expect(relations).toEqual([{ from: 'pkg:cran/tibble@3.2.1', to: 'pkg:cran/rlang@1.0-3' }]);
  });

  it('of several lines name all that they need', () => {
    const needs = analyze(TIBBLE, sample('DESCRIPTION')).evidence?.packages[0]?.needs;
    expect(needs).toEqual(['fansi', 'lifecycle', 'magrittr', 'methods', 'pillar', 'rlang', 'utils', 'cpp11']);
  });

  it('that are part of R are not packages of CRAN; recommended ones are', () => {
    expect(purls({ [TIBBLE]: description('stats', 'Priority: base') })).toEqual([]);
    expect(purls({ [TIBBLE]: description('MASS', 'Priority: recommended') })).toEqual(['pkg:cran/MASS@1.0-3']);
  });

  it.each([
    [
      'Bioconductor',
      ['git_url: https://git.bioconductor.org/packages/x'],
      '?repository_url=https:%2F%2Fbioconductor.org',
    ],
    [
      'GitHub',
      ['RemoteType: github', 'RemoteUsername: u', 'RemoteRepo: x', 'RemoteSha: abc'],
      '?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fu%2Fx.git%40abc'.replace('.git', ''),
    ],
    [
      'any repository',
      ['RemoteType: git2r', 'RemoteUrl: https://t@h.org/x.git', 'RemoteSha: abc'],
      '?vcs_url=git%2Bhttps:%2F%2Fh.org%2Fx.git%40abc',
    ],
    ['CRAN by a tool', ['RemoteType: standard', 'RemoteRepos: https://x'], ''],
  ])('from %s say so', (_, fields, wanted) => {
    expect(purls({ [TIBBLE]: description('x', ...fields) })).toEqual([`pkg:cran/x@1.0-3${wanted}`]);
  });

  it('of the distribution are its own', () => {
    const path = 'usr/lib/R/site-library/rlang/DESCRIPTION';
    expect(resolve({ [path]: description('rlang') }, () => 'r-cran-rlang').packages[0]?.ownedBy).toBe('r-cran-rlang');
  });

  it('are not what other files of the name describe', () => {
    expect(analyze('srv/src/tibble/DESCRIPTION', 'Package: tibble\nVersion: 1\n')).toEqual({
      evidence: null,
      problems: [],
    });
    expect(analyze('usr/share/octave/x/DESCRIPTION', 'Name: x\nVersion: 1\n')).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it('whose file is broken are a problem', () => {
    expect(analyze(TIBBLE, 'Pack')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });
});

describe('renv.lock', () => {
  it('names packages with where they come from, without own code', () => {
    expect(purls({ 'srv/renv.lock': sample('renv.lock') })).toEqual([
      'pkg:cran/BiocGenerics@0.46.0?repository_url=https:%2F%2Fbioconductor.org',
      'pkg:cran/R6@2.5.1',
      'pkg:cran/S4Vectors@0.38.1?repository_url=https:%2F%2Fbioconductor.org',
      'pkg:cran/mime@0.12.1?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fyihui%2Fmime%401763e0dcb72fb58d97bab97bb834fc71f1e012bc',
    ]);
  });

  it('says what needs what', () => {
    expect(resolve({ 'srv/renv.lock': sample('renv.lock') }).relations).toEqual([
      {
        from: 'pkg:cran/S4Vectors@0.38.1?repository_url=https:%2F%2Fbioconductor.org',
        to: 'pkg:cran/BiocGenerics@0.46.0?repository_url=https:%2F%2Fbioconductor.org',
      },
      { from: 'pkg:cran/S4Vectors@0.38.1?repository_url=https:%2F%2Fbioconductor.org', to: 'pkg:cran/R6@2.5.1' },
    ]);
  });

  it('of a project with any of its packages installed does not count; packages of the distribution are no sign', () => {
    const path = 'srv/renv/library/R-4.3/x86_64-pc-linux-gnu/R6/DESCRIPTION';
    const files = { 'srv/renv.lock': sample('renv.lock'), [path]: description('R6') };
    expect(purls(files)).toEqual(['pkg:cran/R6@1.0-3']);
    expect(purls(files, () => 'r-cran-r6')).toHaveLength(5);
  });

  it.each([
    ['no JSON', '{'],
    ['no packages', '{"R":{}}'],
  ])('with %s is a problem', (_, content) => {
    expect(analyze('renv.lock', content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('with entries of another shape keeps the rest', () => {
    const content =
      '{"Packages":{"a":1,"b":{"Package":"b","Version":"1","Imports":7},"__proto__":{"Package":"c","Version":"2"}}}';
    expect(purls({ 'renv.lock': content })).toEqual(['pkg:cran/b@1', 'pkg:cran/c@2']);
  });
});
