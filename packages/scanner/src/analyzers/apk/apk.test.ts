import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type ApkEvidence, apk } from './index.ts';
import type { ApkPackage } from './parse.ts';

const text = readFileSync(join(import.meta.dirname, 'testdata', 'installed'), 'utf8');
const PATH = 'lib/apk/db/installed';
const analyze = (content: string): ReturnType<typeof apk.analyze> =>
  apk.analyze(memoryFile(PATH, content), claimsNothing);

const packagesOf = (evidence: ApkEvidence | null): readonly ApkPackage[] =>
  evidence !== null && 'packages' in evidence ? evidence.packages : [];

const alpine = { id: 'alpine', version: '3.20.2', name: 'Alpine Linux v3.20', idLike: [], codename: null };

describe('the installed database', () => {
  it('gives every package, with origin, licence and the programs it owns', () => {
    const { evidence, problems } = analyze(text);
    expect(problems).toEqual([]);
    expect(packagesOf(evidence)).toEqual([
      {
        name: 'musl',
        version: '1.2.5-r0',
        architecture: 'x86_64',
        origin: 'musl',
        license: 'MIT',
        files: ['lib/ld-musl-x86_64.so.1', 'usr/bin/getconf'],
        provides: ['so:libc.musl-x86_64.so.1'],
      },
      {
        name: 'ssl_client',
        version: '1.36.1-r29',
        architecture: 'x86_64',
        origin: 'busybox',
        license: 'GPL-2.0-only',
        files: ['usr/bin/ssl_client'],
      },
      {
        name: '.build-deps',
        version: '20240101.000000',
        architecture: 'noarch',
        origin: null,
        license: null,
        files: [],
      },
    ]);
  });

  it('tells P from p and V from v', () => {
    expect(packagesOf(analyze('p:so:x\nP:a\nv:9\nV:1\n').evidence)).toMatchObject([{ name: 'a', version: '1' }]);
  });

  it('that is something else is a problem, never an image without packages', () => {
    const { evidence, problems } = analyze('<html>not found</html>\n');
    expect(evidence).toBeNull();
    expect(problems).toMatchObject([{ code: 'unreadable' }]);
  });

  it('with a damaged stanza keeps the others and says so', () => {
    const { evidence, problems } = analyze('P:a\nV:1\n\nP:b\n');
    expect(packagesOf(evidence).map(({ name }) => name)).toEqual(['a']);
    expect(problems).toMatchObject([{ code: 'unreadable' }]);
  });
});

describe('resolving', () => {
  it('makes purls with the origin as upstream, and owners', () => {
    const { packages, owned } = apk.resolve(viewOf({ [PATH]: [analyze(text).evidence] }, { operatingSystem: alpine }));
    expect(packages.map(({ purl }) => purl)).toEqual([
      'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20',
      'pkg:apk/alpine/ssl_client@1.36.1-r29?arch=x86_64&distro=alpine-3.20&upstream=busybox',
      'pkg:apk/alpine/.build-deps@20240101.000000?arch=noarch&distro=alpine-3.20',
    ]);
    expect(packages[1]).toMatchObject({ source: { name: 'busybox', version: '1.36.1-r29' } });
    expect(owned?.get('usr/bin/ssl_client')).toBe('ssl_client');
  });

  it('knows what was asked for and what needs what, through shared objects too', () => {
    const world = apk.analyze(memoryFile('etc/apk/world', 'curl>=8\nmusl@edge !nano\n'), claimsNothing).evidence;
    const installed = analyze(
      ['P:curl\nV:8\nD:so:libc.so=1 !nano zlib', 'P:musl\nV:1\np:so:libc.so=1.2', 'P:zlib\nV:2\nD:musl>=1'].join(
        '\n\n',
      ),
    ).evidence;
    const { packages, relations } = apk.resolve(viewOf<ApkEvidence>({ [PATH]: [installed], 'etc/apk/world': [world] }));
    expect(packages.map(({ name, direct }) => [name, direct])).toEqual([
      ['curl', true],
      ['musl', true],
      ['zlib', false],
    ]);
    expect(relations).toEqual([
      { from: 'pkg:apk/alpine/curl@8', to: 'pkg:apk/alpine/musl@1' },
      { from: 'pkg:apk/alpine/curl@8', to: 'pkg:apk/alpine/zlib@2' },
      { from: 'pkg:apk/alpine/zlib@2', to: 'pkg:apk/alpine/musl@1' },
    ]);
  });

  it('calls a snapshot of what is to come edge', () => {
    const operatingSystem = { ...alpine, version: '3.21.0_alpha20240807' };
    const { packages } = apk.resolve(viewOf({ [PATH]: [analyze(text).evidence] }, { operatingSystem }));
    expect(packages[0]?.distribution).toEqual({ id: 'alpine', release: 'edge' });
  });

  it('keeps the layer of a package when a later layer rewrites the database', () => {
    const [before, after] = [analyze('P:a\nV:1\n').evidence, analyze('P:a\nV:1\n\nP:b\nV:1\n').evidence];
    const { packages } = apk.resolve(viewOf<ApkEvidence>({ [PATH]: [before, after] }));
    expect(packages.map(({ name, layer }) => [name, layer])).toEqual([
      ['a', layerId(0)],
      ['b', layerId(1)],
    ]);
  });
});
