import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Resolution } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { buildElf, inlineBuildInfo } from '../../formats/elf/sample-elf.testing.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type GoEvidence, golang } from './index.ts';

const testdata = join(import.meta.dirname, 'testdata');
const sample = (name: string): string => readFileSync(join(testdata, name), 'utf8');

function analyze(path: string, content: string | Uint8Array): ReturnType<typeof golang.analyze> {
  return golang.analyze(memoryFile(path, content, 0o755), claimsNothing);
}

const program = (goVersion: string, modules: string): Uint8Array =>
  buildElf({ data: inlineBuildInfo(goVersion, modules), section: '.go.buildinfo' });

function resolve(files: { readonly [path: string]: string | Uint8Array }): Resolution {
  const histories = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return golang.resolve(viewOf<GoEvidence>(Object.fromEntries(histories)));
}

const show = ({ packages }: Resolution): readonly string[] =>
  packages.map(
    ({ name, version, direct }) => `${name}@${version}${direct === null ? '' : direct ? ' direct' : ' indirect'}`,
  );

describe('a Go program', () => {
  const built = resolve({
    app: program(
      'go1.21.3 X:boringcrypto',
      'mod\texample.com/app\t(devel)\t\ndep\tgithub.com/a/b\tv1.0.0\th1:x\n=>\tgithub.com/fork/b\tv1.0.1\th1:y\ndep\tgithub.com/c/d\tv2.0.0+incompatible\n=>\t../d\t\n',
    ),
  });

  it('gives the standard library, its own module and what replaced its dependencies', () => {
    expect(built.packages.map(({ purl, name, version }) => [purl, name, version])).toEqual([
      ['pkg:golang/stdlib@1.21.3', 'stdlib', '1.21.3'],
      ['pkg:golang/example.com/app@%28devel%29', 'example.com/app', '(devel)'],
      ['pkg:golang/github.com/fork/b@v1.0.1', 'github.com/fork/b', 'v1.0.1'],
      ['pkg:golang/github.com/c/d@v2.0.0%2Bincompatible', 'github.com/c/d', 'v2.0.0+incompatible'],
    ]);
  });

  it('needs all of them by its own module', () => {
    expect(built.relations?.filter(({ from, to }) => from !== to)).toEqual(
      ['stdlib@1.21.3', 'github.com/fork/b@v1.0.1', 'github.com/c/d@v2.0.0%2Bincompatible'].map((to) => ({
        from: 'pkg:golang/example.com/app@%28devel%29',
        to: `pkg:golang/${to}`,
      })),
    );
  });

  it.each([
    ['go1.22rc1', '1.22rc1'],
    ['devel go1.23-abc Tue', 'devel go1.23-abc Tue'],
  ])('built by %s has standard library %s', (stated, version) => {
    expect(analyze('app', program(stated, '')).evidence).toMatchObject({ goVersion: version });
  });
});

describe('programs of every kind that Go links', () => {
  const names = readdirSync(join(testdata, 'programs'));
  const oracle = sample('programs.txt').trimEnd().split('\n');

  it.each(names)('%s: the modules are those of go version -m', (name) => {
    const path = name.replace(/\.gz$/, '');
    const { packages } = resolve({ [path]: gunzipSync(readFileSync(join(testdata, 'programs', name))) });
    expect(packages.map((pkg) => `${path} ${pkg.name} ${pkg.version}`).sort()).toEqual(
      oracle.filter((line) => line.startsWith(`${path} `)),
    );
  });

  it('are ten, from Go 1.13 to today', () => expect(names).toHaveLength(10));
});

describe('a program of another making', () => {
  it('gives nothing and is no problem', () => {
    expect(analyze('sh', buildElf({ data: new Uint8Array(128), section: '.data' }))).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it('that only begins like one is a problem', () => {
    const { problems } = analyze('x', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46));
    expect(problems).toMatchObject([{ code: 'unreadable', detail: 'no ELF header' }]);
  });

  it.each([
    ['a program of MS-DOS', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
    ['a text that begins with MZ', Buffer.from('MZ is where the state begins')],
    ['a Java class', Buffer.concat([Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52]), Buffer.alloc(64)])],
  ])('%s is neither', (_, bytes) => expect(analyze('x', bytes)).toEqual({ evidence: null, problems: [] }));

  it('packed by UPX is said to hide what it is', () => {
    const packed = buildElf({ data: Buffer.from(`${'\0'.repeat(100)}UPX!${'\0'.repeat(100)}`) });
    expect(analyze('app', packed)).toMatchObject({ evidence: null, problems: [{ code: 'unsupported' }] });
  });
});

describe('a project without its program', () => {
  const files = { 'src/go.mod': sample('go.mod'), 'src/go.sum': sample('go.sum') };
  const expected = [
    'github.com/gorilla/mux@v1.8.1 direct',
    'github.com/sirupsen/logrus@v1.9.0 direct',
    'golang.org/x/text@v0.3.8 direct',
    'golang.org/x/sys@v0.0.0-20220722155257-8c9f86f7a55f indirect',
  ];

  it('has what go.mod requires, after replacements; since Go 1.17 that is all', () => {
    expect(show(resolve(files))).toEqual(expected);
  });

  it('has what was copied into its vendor folder where there is one', () => {
    const vendored = resolve({ ...files, 'src/vendor/modules.txt': sample('modules.txt') });
    expect([...show(vendored)].sort()).toEqual([...expected].sort());
    expect(vendored.packages.every(({ paths }) => paths[0] === 'src/vendor/modules.txt')).toBe(true);
  });

  it('before Go 1.17 has the greatest version of what only go.sum names', () => {
    const old = 'module m\ngo 1.16\nrequire a.com/a v1.0.0\n';
    const sums = ['a.com/a v0.9.0 h1:x', 'b.com/b v1.9.0 h1:x', 'b.com/b v1.10.0 h1:x', 'b.com/b v1.11.0/go.mod h1:x'];
    expect(show(resolve({ 'go.mod': old, 'go.sum': `${sums.join('\n')}\n` }))).toEqual([
      'a.com/a@v1.0.0 direct',
      'b.com/b@v1.10.0 indirect',
    ]);
  });

  it('gives way to a program of its module anywhere in the image', () => {
    const app = program('go1.21.3', 'mod\texample.com/shop\t(devel)\t\n');
    expect(show(resolve({ ...files, 'usr/bin/shop': app }))).toEqual(['stdlib@1.21.3', 'example.com/shop@(devel)']);
  });

  it('says nothing in the module cache, in fixtures, or of the Go distribution', () => {
    const path = 'root/go/pkg/mod/github.com/a/b@v1.0.0/go.mod';
    expect(analyze(path, sample('go.mod'))).toEqual({ evidence: null, problems: [] });
    expect(analyze('src/testdata/go.mod', 'hello')).toEqual({ evidence: null, problems: [] });
    expect(
      show(resolve({ 'usr/local/go/src/go.mod': 'module std\ngo 1.21\nrequire golang.org/x/net v0.1.0\n' })),
    ).toEqual([]);
  });

  it.each([
    ['replace a.com/a => ../a', []],
    ['replace a.com/a v1.0.0 => b.com/b v2.0.0', ['b.com/b@v2.0.0 direct']],
    ['replace (\n"a.com/a" v9.0.0 => b.com/b v2.0.0 // other\n)', ['a.com/a@v1.0.0 direct']],
    ['replace a.com/a v1.0.0 => ../a\nreplace a.com/a => b.com/b v2.0.0', []],
  ])('with %j', (line, found) => {
    const manifest = `module m\ngo 1.21\nrequire a.com/a v1.0.0\n${line}\n`;
    expect(show(resolve({ 'go.mod': manifest }))).toEqual(found);
  });

  it.each([
    ['go.mod', 'hello'],
    ['go.mod', ''],
    ['go.sum', 'one two'],
    ['go.sum', '<<<<<<< HEAD of this branch'],
  ])('%s of content %j is a problem', (path, content) =>
    expect(analyze(path, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] }),
  );
});
