import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type PythonEvidence, python } from './index.ts';
import { normalizeName } from './parse.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const PATH = 'usr/lib/python3/dist-packages/x.dist-info/METADATA';
const analyze = (content: string): ReturnType<typeof python.analyze> =>
  python.analyze(memoryFile(PATH, content), claimsNothing);

describe('distribution metadata', () => {
  it('is read up to the first blank line, folded lines and description apart', () => {
    expect(analyze(sample('METADATA')).evidence).toEqual({
      kind: 'distribution',
      distribution: { name: 'Flask_Login.Extra', version: '2.28.1', licenses: ['BSD License'] },
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

describe('PEP 503 names', () => {
  it.each([
    ['Foo.Bar__baz', 'foo-bar-baz'],
    ['a-_.b', 'a-b'],
  ])('%s is %s', (name, normal) => expect(normalizeName(name)).toBe(normal));
});
