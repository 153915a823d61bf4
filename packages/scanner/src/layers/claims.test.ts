import { describe, expect, it } from 'vitest';
import { compileClaims } from './claims.ts';
import { normalizeEntryPath } from './entry-path.ts';

const matcher = compileClaims([
  { claims: { paths: ['var/lib/dpkg/status'], folders: ['var/lib/dpkg/status.d/'] } },
  { claims: { names: ['package.json'], suffixes: ['.dist-info/METADATA', '.lock'] } },
  { claims: { executableMagic: [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), Uint8Array.of(0x4d, 0x5a)] } },
  { claims: { suffixes: ['.jar'], names: ['package.json'] } },
  { claims: { within: [{ folder: 'conda-meta', suffix: '.json' }] } },
]);

describe('claims', () => {
  it.each([
    ['var/lib/dpkg/status', [0]],
    ['x/var/lib/dpkg/status', []],
    ['var/lib/dpkg/status.d/tzdata', [0]],
    ['app/node_modules/a/package.json', [1, 3]],
    ['package.json', [1, 3]],
    ['app/mypackage.json', []],
    ['usr/lib/python3/x-1.dist-info/METADATA', [1]],
    ['METADATA', []],
    ['yarn.lock', [1]],
    ['lib/a.jar', [3]],
    ['opt/conda/envs/x/conda-meta/numpy-1.26.json', [4]],
    ['conda-meta/package.json', [1, 3, 4]],
    ['opt/conda-meta/x/numpy.json', []],
    ['opt/xconda-meta/numpy.json', []],
    ['opt/conda-meta/history', []],
    ['', []],
  ])('%s', (path, analyzers) => {
    expect(matcher.byName(path)).toEqual(analyzers);
  });

  it('tells executables by their first bytes', () => {
    expect(matcher.magicBytes).toBe(4);
    expect(matcher.byMagic(Buffer.from([0x7f, 0x45, 0x4c, 0x46]))).toEqual([2]);
    expect(matcher.byMagic(Buffer.from([0x4d, 0x5a]))).toEqual([2]);
    expect(matcher.byMagic(Buffer.from('#!/b'))).toEqual([]);
  });
});

describe('entry paths', () => {
  it.each([
    ['./etc/passwd', 'etc/passwd'],
    ['/etc/passwd', 'etc/passwd'],
    ['etc//passwd/', 'etc/passwd'],
    ['a/../b', 'b'],
    ['...', '...'],
    ['.hidden/..x', '.hidden/..x'],
  ])('%s is %s', (name, path) => {
    expect(normalizeEntryPath(name)).toEqual({ kind: 'path', path });
  });

  it.each(['.', './', '/', '', 'a/..'])('"%s" is the root', (name) => {
    expect(normalizeEntryPath(name)).toEqual({ kind: 'root' });
  });

  it.each([
    ['../etc/passwd', 'unreadable'],
    ['a/../../b', 'unreadable'],
    ['/..', 'unreadable'],
    ['x/'.repeat(300), 'limit-exceeded'],
    ['x'.repeat(5000), 'limit-exceeded'],
  ])('%s is refused', (name, code) => {
    expect(normalizeEntryPath(name)).toMatchObject({ kind: 'refused', code });
  });
});
