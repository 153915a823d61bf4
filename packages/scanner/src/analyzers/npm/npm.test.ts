import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Package } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type NpmEvidence, npm } from './index.ts';
import { installedPlace } from './paths.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

function analyze(path: string, content: string): ReturnType<typeof npm.analyze> {
  return npm.analyze(memoryFile(path, content), claimsNothing);
}

function resolve(files: { readonly [path: string]: string }, realPath?: (path: string) => string): readonly Package[] {
  const histories = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return npm.resolve(viewOf<NpmEvidence>(Object.fromEntries(histories), realPath === undefined ? {} : { realPath }))
    .packages;
}

const manifest = (name: string, version: string): string => JSON.stringify({ name, version });
const show = (packages: readonly Package[]): readonly string[] =>
  packages.map(({ name, version, direct }) => `${name}@${version} ${direct}`);

describe('the place of a package.json', () => {
  it.each([
    ['app/node_modules/a/package.json', 'app'],
    ['node_modules/a/package.json', ''],
    ['app/node_modules/@s/a/package.json', 'app'],
    ['app/node_modules/a/node_modules/b/package.json', 'app'],
    ['app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json', 'app'],
    ['usr/local/lib/node_modules/npm/package.json', 'usr/local/lib'],
    ['usr/share/nodejs/@types/node/package.json', 'usr/share/nodejs'],
    ['app/node_modules/a/dist/node_modules/b/package.json', 'app'],
  ])('%s is installed in project %j', (path, project) => expect(installedPlace(path)?.project).toBe(project));

  it.each([
    'package.json',
    'app/package.json',
    'app/node_modules/package.json',
    'app/node_modules/a/dist/esm/package.json',
    'app/node_modules/@s/package.json',
    'app/node_modules/.cache/package.json',
    'app/node_modules/a/test/fixtures/node_modules/b/package.json',
    'app/my_node_modules/a/package.json',
    'usr/share/nodejs/a/lib/b/package.json',
  ])('%s is no installed package', (path) => expect(installedPlace(path)).toBeUndefined());
});

describe('an installed package', () => {
  it('has name, version and licence', () => {
    const { evidence } = analyze('app/node_modules/@scope/name/package.json', sample('package.json'));
    expect(evidence).toEqual({
      kind: 'package',
      name: '@scope/name',
      version: '1.2.3',
      licenses: ['MIT'],
      needs: ['left-pad'],
    });
    expect(resolve({ 'app/node_modules/@scope/name/package.json': sample('package.json') })[0]?.purl).toBe(
      'pkg:npm/%40scope/name@1.2.3',
    );
  });

  it.each([
    [{ licenses: [{ type: 'MIT' }, { type: 'BSD' }] }, ['MIT', 'BSD']],
    [{ license: { type: 'ISC' } }, ['ISC']],
    [{ license: 7 }, []],
  ])('with licence %j', (fields, licenses) => {
    const content = JSON.stringify({ name: 'a', version: '1.0.0', ...fields });
    expect(analyze('node_modules/a/package.json', content).evidence).toMatchObject({ licenses });
  });

  it('after a byte order mark is read', () => {
    expect(analyze('node_modules/a/package.json', `\uFEFF${manifest('a', '1.0.0')}`).evidence).toMatchObject({
      name: 'a',
    });
  });

  it.each(['{', '[]', '"x"', ''])('of content %j is a problem', (content) => {
    expect(analyze('node_modules/a/package.json', content)).toMatchObject({
      evidence: null,
      problems: [{ code: 'unreadable' }],
    });
  });

  it.each([
    '{"type":"module"}',
    '{"name":"a\\u0000b","version":"1"}',
    '{"name":"\\ud800","version":"1"}',
    '{"__proto__":{"name":"a","version":"1"}}',
  ])('without a usable name is none: %s', (content) =>
    expect(analyze('node_modules/a/package.json', content)).toEqual({ evidence: null, problems: [] }),
  );
});

describe('lock files', () => {
  it.each([
    ['package-lock.json', 'package-lock-v1.json', ['lodash@4.17.4 null', 'send@0.16.1 null', 'ms@2.0.0 null']],
    [
      'package-lock.json',
      'package-lock-v3.json',
      ['@babel/traverse@7.22.0 true', 'debug@4.3.4 false', 'lodash@4.17.4 true', 'debug@3.1.0 false'],
    ],
    ['yarn.lock', 'yarn-classic.lock', ['@babel/code-frame@7.22.13 true', 'lodash@4.17.4 true', 'ms@2.0.0 true']],
    ['yarn.lock', 'yarn-berry.lock', ['@types/node@20.8.0 false', 'resolve@1.22.6 false']],
    ['pnpm-lock.yaml', 'pnpm-v5.yaml', ['express@4.16.0 true']],
    ['pnpm-lock.yaml', 'pnpm-v6.yaml', ['@babel/core@7.22.0 null', 'express@4.16.0 null']],
    ['pnpm-lock.yaml', 'pnpm-v9.yaml', ['@babel/core@7.22.0 false', 'express@4.16.0 true']],
  ])('%s as in %s gives what it names for production', (base, file, expected) => {
    expect(analyze(`app/${base}`, sample(file)).problems).toEqual([]);
    expect(show(resolve({ [`app/${base}`]: sample(file) }))).toEqual(expected);
  });

  it('give way to what is installed in the same project', () => {
    const files = {
      'app/package-lock.json': sample('package-lock-v3.json'),
      'app/node_modules/a/package.json': manifest('a', '1.0.0'),
    };
    expect(show(resolve(files))).toEqual(['a@1.0.0 null']);
    expect(show(resolve({ ...files, 'other/yarn.lock': sample('yarn-berry.lock') }))).toContain('resolve@1.22.6 false');
  });

  it('inside an installed package say nothing', () => {
    expect(analyze('app/node_modules/a/yarn.lock', sample('yarn-berry.lock'))).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it.each([
    ['package-lock.json', '{"lockfileVersion":3'],
    ['package-lock.json', '{}'],
    ['yarn.lock', 'hello'],
    ['pnpm-lock.yaml', 'hello: world'],
  ])('%s of content %j is a problem', (base, content) => {
    expect(analyze(`app/${base}`, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('nested deeper than the limit are a problem, not a stack overflow', () => {
    const depth = 5000;
    const content = `{"dependencies":${'{"a":{"version":"1.0.0","dependencies":'.repeat(depth)}{}${'}}'.repeat(depth)}}`;
    expect(analyze('app/package-lock.json', content)).toMatchObject({
      evidence: null,
      problems: [{ code: 'limit-exceeded' }],
    });
  });
});

describe('lock files of Bun and Deno', () => {
  it('of Bun say by whom a version is wanted, and for what', () => {
    expect(show(resolve({ 'app/bun.lock': sample('bun.lock') }))).toEqual([
      'a@1.0.0 true',
      'b@1.0.0 false',
      'b@2.0.0 true',
      'a@0.9.0 true',
    ]);
  });

  it('of Bun in its binary form are a problem, unless something else tells the same', () => {
    const binary = { 'app/bun.lockb': '#!/usr/bin/env bun\nbun-lockfile-format-v0\n' };
    const evidence = (files: { readonly [path: string]: string }): ReturnType<typeof npm.resolve> =>
      npm.resolve(
        viewOf<NpmEvidence>(
          Object.fromEntries(Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]])),
        ),
      );
    expect(evidence(binary)).toMatchObject({
      packages: [],
      problems: [{ code: 'unsupported', path: 'app/bun.lockb' }],
    });
    const installed = { 'app/node_modules/a/package.json': manifest('a', '1.0.0') };
    expect(evidence({ ...binary, ...installed }).problems).toEqual([]);
    expect(evidence({ ...binary, 'app/bun.lock': '{"lockfileVersion":1}' }).problems).toEqual([]);
    expect(analyze('app/node_modules/a/bun.lockb', 'x').evidence).toBeNull();
  });

  it.each([
    [
      '2',
      {
        npm: {
          specifiers: { 'a@1': 'a@1.0.0' },
          packages: { 'a@1.0.0': { dependencies: { b: 'b@2.0.0' } }, 'b@2.0.0': {} },
        },
      },
    ],
    [
      '3',
      {
        packages: {
          specifiers: { 'npm:a@1': 'npm:a@1.0.0', 'jsr:@std/path': 'jsr:@std/path@1.0.0' },
          jsr: { '@std/path@1.0.0': {} },
          npm: { 'a@1.0.0': { dependencies: { b: 'b@2.0.0' } }, 'b@2.0.0': {} },
        },
      },
    ],
    ['4', { specifiers: { 'npm:a@1': '1.0.0' }, npm: { 'a@1.0.0': { dependencies: ['b'] }, 'b@2.0.0': {} } }],
    [
      '5',
      {
        specifiers: { 'npm:a@1': '1.0.0_c@1.0.0' },
        npm: { 'a@1.0.0_c@1.0.0': { dependencies: ['other@npm:b@2.0.0'] }, 'b@2.0.0': {} },
      },
    ],
  ])('of Deno, version %s, has the packages of npm', (version, content) => {
    expect(show(resolve({ 'deno.lock': JSON.stringify({ version, ...content }) }))).toEqual([
      'a@1.0.0 true',
      'b@2.0.0 false',
    ]);
  });

  it.each([
    ['bun.lock', '{"lockfileVersion":1'],
    ['bun.lock', '{}'],
    ['bun.lock', `{"lockfileVersion":1,"packages":{"${'a/'.repeat(5000)}a":["a@1.0.0"]}}`],
    ['deno.lock', '[]'],
    ['deno.lock', '{"specifiers":{}}'],
  ])('%s of content %j is a problem', (base, content) => {
    expect(analyze(`app/${base}`, content)).toMatchObject({ evidence: null, problems: [{}] });
  });
});

describe('what needs what among installed packages', () => {
  const asking = (name: string, needs: readonly string[]): string =>
    JSON.stringify({ name, version: '1.0.0', dependencies: Object.fromEntries(needs.map((need) => [need, '*'])) });
  const relations = (
    files: { readonly [path: string]: string },
    realPath?: (path: string) => string,
  ): readonly string[] => {
    const histories = Object.entries(files).map(
      ([path, content]) => [path, [analyze(path, content).evidence]] as const,
    );
    const view = viewOf<NpmEvidence>(Object.fromEntries(histories), realPath === undefined ? {} : { realPath });
    return (npm.resolve(view).relations ?? []).map(({ from, to }) => `${from.slice(8)} ${to.slice(8)}`);
  };

  it('is found in the nearest node_modules upward', () => {
    const files = {
      'app/node_modules/a/package.json': asking('a', ['b', '@s/c', 'absent']),
      'app/node_modules/a/node_modules/b/package.json': manifest('b', '2.0.0'),
      'app/node_modules/b/package.json': manifest('b', '1.0.0'),
      'app/node_modules/@s/c/package.json': asking('@s/c', ['b', 'a']),
      'app/node_modules/a/dist/node_modules/d/package.json': asking('d', ['b']),
      'node_modules/e/package.json': asking('e', ['b', 'f']),
      'node_modules/f/package.json': manifest('f', '1.0.0'),
    };
    expect(relations(files)).toEqual([
      'a@1.0.0 %40s/c@1.0.0',
      'a@1.0.0 b@2.0.0',
      '%40s/c@1.0.0 a@1.0.0',
      '%40s/c@1.0.0 b@1.0.0',
      'd@1.0.0 b@2.0.0',
      'e@1.0.0 f@1.0.0',
    ]);
  });

  it('is found through the links of pnpm', () => {
    const store = 'app/node_modules/.pnpm';
    const files = {
      [`${store}/a@1.0.0/node_modules/a/package.json`]: asking('a', ['b']),
      [`${store}/b@1.0.0/node_modules/b/package.json`]: manifest('b', '1.0.0'),
      [`${store}/b@2.0.0/node_modules/b/package.json`]: manifest('b', '2.0.0'),
    };
    const links: { readonly [path: string]: string } = {
      [`${store}/a@1.0.0/node_modules/b`]: `${store}/b@2.0.0/node_modules/b`,
      'app/node_modules/b': `${store}/b@1.0.0/node_modules/b`,
    };
    expect(relations(files, (path) => links[path] ?? path)).toEqual(['a@1.0.0 b@2.0.0']);
  });

  it('is found beside each other where Debian installs', () => {
    const files = {
      'usr/share/nodejs/a/package.json': asking('a', ['b']),
      'usr/share/nodejs/b/package.json': manifest('b', '1.0.0'),
    };
    expect(relations(files)).toEqual(['a@1.0.0 b@1.0.0']);
  });
});

describe('direct dependencies', () => {
  const app = JSON.stringify({ name: 'app', dependencies: { a: '1', alias: 'npm:real@1' } });

  it('are those whose folder the manifest names; without a manifest nobody knows', () => {
    const files = {
      'app/package.json': app,
      'app/node_modules/a/package.json': manifest('a', '1.0.0'),
      'app/node_modules/alias/package.json': manifest('real', '1.0.0'),
      'app/node_modules/b/package.json': manifest('b', '1.0.0'),
      'app/node_modules/b/node_modules/a/package.json': manifest('a', '0.9.0'),
      'usr/lib/node_modules/npm/package.json': manifest('npm', '10.0.0'),
    };
    expect(show(resolve(files))).toEqual([
      'a@1.0.0 true',
      'real@1.0.0 true',
      'b@1.0.0 false',
      'a@0.9.0 false',
      'npm@10.0.0 null',
    ]);
  });

  it('of pnpm are found through its links', () => {
    const store = 'app/node_modules/.pnpm/a@1.0.0/node_modules/a';
    const files = { 'app/package.json': app, [`${store}/package.json`]: manifest('a', '1.0.0') };
    expect(show(resolve(files, (path) => (path === 'app/node_modules/a' ? store : path)))).toEqual(['a@1.0.0 true']);
  });

  it('of workspaces count where they are hoisted', () => {
    const files = {
      'app/package.json': JSON.stringify({ workspaces: ['packages/*'] }),
      'app/packages/inner/package.json': JSON.stringify({ dependencies: { a: '1' } }),
      'app/node_modules/a/package.json': manifest('a', '1.0.0'),
    };
    expect(show(resolve(files))).toEqual(['a@1.0.0 true']);
  });
});
