import type { Package } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { type Executable, weighExecutables } from './executables.ts';

const packageOf = (type: string, path: string, analyzer = type): Package => ({
  purl: `pkg:${type}/x@1`,
  type,
  name: 'x',
  version: '1',
  architecture: null,
  source: null,
  distribution: null,
  licenses: [],
  layer: null,
  paths: [path],
  direct: null,
  ownedBy: null,
  analyzer,
});

let head = 0;
const executable = (path: string, bytes = 100, more: Partial<Executable> = {}): Executable => {
  head += 1;
  return { path, layer: 0, bytes, head, ...more };
};
const nobody = (): undefined => undefined;
const unclaimed = (paths: readonly string[], packages: readonly Package[]): readonly string[] =>
  weighExecutables(
    paths.map((path) => executable(path)),
    packages,
    nobody,
  ).unclaimed.largest.map(({ path }) => path);

describe('executables that nothing explains', () => {
  it('are those that neither the operating system owns nor a package is found in', () => {
    const weighed = weighExecutables(
      [executable('usr/bin/cat', 30), executable('app/server', 50), executable('app/tool', 20)],
      [packageOf('golang', 'app/tool')],
      (path) => (path.startsWith('usr/') ? 'coreutils' : undefined),
    );
    expect(weighed).toEqual({
      files: 3,
      bytes: 100,
      unclaimed: { files: 1, bytes: 50, largest: [{ path: 'app/server', bytes: 50 }] },
    });
  });

  it('of an image without any are none', () => {
    expect(weighExecutables([], [], nobody)).toEqual({
      files: 0,
      bytes: 0,
      unclaimed: { files: 0, bytes: 0, largest: [] },
    });
  });

  it.each([
    ['npm', 'app/node_modules/@a/b/package.json', 'app/node_modules/@a/b/bin/x', 'app/node_modules/@a/c/bin/x'],
    [
      'pypi',
      'opt/v/lib/python3.12/site-packages/n-1.dist-info/METADATA',
      'opt/v/lib/python3.12/site-packages/n.so',
      'opt/v/bin/n',
    ],
    ['gem', 'gems/specifications/ffi-1.16.gemspec', 'gems/gems/ffi-1.16/lib/ffi.so', 'gems/gems/ffi-1.17/lib/ffi.so'],
    [
      'gem',
      'gems/specifications/ffi-1.16.gemspec',
      'gems/extensions/x86_64-linux/3.3.0/ffi-1.16/ffi.so',
      'gems/bin/ffi',
    ],
    [
      'cran',
      'usr/local/lib/R/library/Rcpp/DESCRIPTION',
      'usr/local/lib/R/library/Rcpp/libs/Rcpp.so',
      'usr/local/lib/R/library/V8/libs/V8.so',
    ],
    [
      'cran',
      'usr/local/lib/R/site-library/Rcpp/DESCRIPTION',
      'usr/local/lib/R/site-library/Rcpp/libs/Rcpp.so',
      'usr/local/lib/R/site-library/V8/libs/V8.so',
    ],
    ['hex', 'app/lib/bcrypt-3.1/ebin/bcrypt.app', 'app/lib/bcrypt-3.1/priv/bcrypt.so', 'app/lib/x.so'],
    ['otp', 'erl/lib/os_mon-2.9/ebin/os_mon.app', 'erl/lib/os_mon-2.9/priv/bin/memsup', 'erl/bin/erlexec'],
    ['conda', 'opt/conda/conda-meta/zlib-1.json', 'opt/conda/lib/libz.so', 'opt/lib/libz.so'],
    ['deb', 'var/lib/dpkg/status', 'var/lib/dpkg/info/bash.preinst', 'var/lib/dpkg/x'],
  ])('lie outside the folder of a %s package (%s)', (type, proof, inside, outside) => {
    expect(unclaimed([inside, outside], [packageOf(type, proof)])).toEqual([outside]);
  });

  it.each([
    ['npm', 'app/package-lock.json'],
    ['npm', 'app/package.json'],
    ['pypi', 'app/poetry.lock'],
    ['npm', 'node_modules/package.json'],
  ])('are not explained by the project around them (%s in %s)', (type, proof) => {
    expect(unclaimed(['app/server', 'node_modules/server'], [packageOf(type, proof)])).toContain('app/server');
  });

  it('are not those that a recognised program brought along', () => {
    const python = {
      ...packageOf('generic', 'usr/local/bin/python3.12', 'programs'),
      purl: 'pkg:generic/python@3.12.4',
      version: '3.12.4',
    };
    const java = { ...packageOf('generic', 'opt/jdk/release', 'programs'), purl: 'pkg:generic/openjdk@17.0.8' };
    expect(
      unclaimed(
        [
          'usr/local/bin/python3.12',
          'usr/local/lib/python3.12/lib-dynload/_ssl.so',
          'usr/local/lib/python3.11/lib-dynload/_ssl.so',
          'opt/jdk/bin/java',
          'opt/java',
        ],
        [python, java],
      ),
    ).toEqual(['opt/java', 'usr/local/lib/python3.11/lib-dynload/_ssl.so']);
  });

  it('count hard links to one file once, and one explained name explains it', () => {
    const link = { head: 7 };
    const weighed = weighExecutables(
      [executable('bin/[', 9, link), executable('bin/busybox', 9, link), executable('bin/x', 9, { head: 7, layer: 1 })],
      [packageOf('generic', 'bin/busybox', 'programs')],
      nobody,
    );
    expect(weighed).toMatchObject({ files: 2, bytes: 18, unclaimed: { files: 1, largest: [{ path: 'bin/x' }] } });
  });

  it('are named by size, then path, and ten at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => executable(`b${String(index).padStart(2, '0')}`, 5));
    const { unclaimed: rest } = weighExecutables([...many, executable('a', 4), executable('c', 6)], [], nobody);
    expect(rest.files).toBe(14);
    expect(rest.largest.map(({ path }) => path)).toEqual(['c', ...many.slice(0, 9).map(({ path }) => path)]);
  });
});
