import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type PythonEvidence, python } from './index.ts';
import { normalizeName } from './names.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const PATH = 'usr/lib/python3/dist-packages/x.dist-info/METADATA';
const analyze = (content: string): ReturnType<typeof python.analyze> =>
  python.analyze(memoryFile(PATH, content), claimsNothing);

describe('distribution metadata', () => {
  it('is read up to the first blank line, folded lines and description apart', () => {
    expect(analyze(sample('METADATA')).evidence).toEqual({
      kind: 'distribution',
      distribution: { name: 'Flask_Login.Extra', version: '2.28.1', licenses: ['BSD License'], needs: ['flask'] },
    });
  });

  it('without licence states none', () => {
    expect(analyze(sample('PKG-INFO')).evidence).toMatchObject({ distribution: { name: 'old', licenses: [] } });
  });

  it('prefers the licence expression', () => {
    const text = 'Name: a\nVersion: 1\nLicense: see file\nLicense-Expression: MIT OR Apache-2.0\n';
    expect(analyze(text).evidence).toMatchObject({ distribution: { licenses: ['MIT OR Apache-2.0'] } });
  });

  it('without name or version is a problem', () => {
    expect(analyze('Name: a\n\nVersion: 1\n')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('with endless headers stops at the limit', () => {
    expect(analyze(`X: ${'a\n b'.repeat(2 ** 20)}\nName: a\nVersion: 1\n`)).toMatchObject({
      evidence: null,
      problems: [{ code: 'limit-exceeded' }],
    });
  });
});

describe('resolving', () => {
  it('normalises the name in the purl only, and asks for the owner', () => {
    const evidence = analyze(sample('METADATA')).evidence;
    const { packages } = python.resolve(
      viewOf({ [PATH]: [evidence] }, { ownerOf: (path) => (path === PATH ? 'python3-x' : undefined) }),
    );
    expect(packages).toMatchObject([
      { purl: 'pkg:pypi/flask-login-extra@2.28.1', name: 'Flask_Login.Extra', ownedBy: 'python3-x', direct: null },
    ]);
  });

  it('is direct where the installer left its mark', () => {
    const requested = python.analyze(memoryFile(PATH.replace('METADATA', 'REQUESTED'), ''), claimsNothing).evidence;
    const histories = {
      [PATH]: [analyze(sample('METADATA')).evidence],
      [PATH.replace('METADATA', 'REQUESTED')]: [requested],
    };
    expect(python.resolve(viewOf<PythonEvidence>(histories)).packages).toMatchObject([{ direct: true }]);
  });
});

describe('what installed distributions need', () => {
  const site = (name: string): string => `srv/venv/lib/site-packages/${name}`;
  const resolve = (files: { readonly [path: string]: string }): ReturnType<typeof python.resolve> => {
    const histories: { [path: string]: readonly (PythonEvidence | null)[] } = {};
    for (const [path, text] of Object.entries(files))
      histories[path] = [python.analyze(memoryFile(path, text), claimsNothing).evidence];
    return python.resolve(viewOf(histories));
  };

  it('is in Requires-Dist, without extras and other platforms', () => {
    const needs = ['Foo.Bar >=1 ; python_version < "4"', 'baz (<2) ; extra == "x"', 'nt ; os_name == "nt"', 'lost'];
    const files = {
      [site('a-1.dist-info/METADATA')]:
        `Name: a\nVersion: 1\n${needs.map((need) => `Requires-Dist: ${need}`).join('\n')}\n\n`,
      [site('foo_bar-1.dist-info/METADATA')]: 'Name: foo_bar\nVersion: 1\n\n',
      [site('baz-1.dist-info/METADATA')]: 'Name: baz\nVersion: 1\n\n',
      [site('nt-1.dist-info/METADATA')]: 'Name: nt\nVersion: 1\n\n',
      'usr/lib/python3/dist-packages/foo_bar-0.egg-info': 'Name: foo-bar\nVersion: 0\n\n',
    };
    expect(resolve(files).relations).toEqual([{ from: 'pkg:pypi/a@1', to: 'pkg:pypi/foo-bar@1' }]);
  });

  it('is in requires.txt of eggs, up to the sections of extras', () => {
    const requires =
      'idna<4,>=2.5\n\n[:python_version < "4"]\nsix\n\n[:sys_platform == "win32"]\nnt\n\n[socks]\nPySocks\n';
    const others = ['idna', 'six', 'nt', 'PySocks'];
    const files: { [path: string]: string } = {
      [site('requests-2-py3.egg/EGG-INFO/PKG-INFO')]: 'Name: requests\nVersion: 2\n',
      [site('requests-2-py3.egg/EGG-INFO/requires.txt')]: requires,
    };
    for (const name of others) files[site(`${name}-1.egg-info`)] = `Name: ${name}\nVersion: 1\n`;
    expect(resolve(files).relations).toEqual([
      { from: 'pkg:pypi/requests@2', to: 'pkg:pypi/idna@1' },
      { from: 'pkg:pypi/requests@2', to: 'pkg:pypi/six@1' },
    ]);
  });
});

describe('PEP 503 names', () => {
  it.each([
    ['Foo.Bar__baz', 'foo-bar-baz'],
    ['a-_.b', 'a-b'],
  ])('%s is %s', (name, normal) => expect(normalizeName(name)).toBe(normal));
});
