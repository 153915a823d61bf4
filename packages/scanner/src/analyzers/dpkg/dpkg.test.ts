import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, debian12, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type DpkgEvidence, dpkg } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

function analyze(path: string, content: string): ReturnType<typeof dpkg.analyze> {
  return dpkg.analyze(memoryFile(path, content), claimsNothing);
}

function statusOf(...stanzas: readonly string[]): DpkgEvidence {
  const { evidence } = analyze('var/lib/dpkg/status', `${stanzas.join('\n\n')}\n`);
  if (evidence === null) throw new Error('no evidence');
  return evidence;
}

const stanza = (name: string, version: string, rest = ''): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}${rest}`;

describe('the status file', () => {
  const { evidence, problems } = analyze('var/lib/dpkg/status', sample('status'));
  const packages = evidence?.kind === 'status' ? evidence.packages : [];
  const found = (name: string): unknown => packages.find((candidate) => candidate.name === name);

  it('gives installed packages, held, triggered and unpacked ones included; removed ones not', () => {
    expect(packages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'libc6 present',
      'libc6 present',
      'bash present',
      'dbus present',
      'unpacked-only present',
      'torn partial',
    ]);
    expect(problems).toEqual([]);
  });

  it('names the source and its version, which a binary-only rebuild does not share', () => {
    expect(found('bash')).toMatchObject({ version: '5.2.15-2+b7', source: { name: 'bash', version: '5.2.15-2' } });
    expect(found('libc6')).toMatchObject({ source: { name: 'glibc', version: '2.36-9+deb12u4' } });
    expect(found('dbus')).toMatchObject({ source: { name: 'dbus', version: '1:1.14.10-1~deb12u1' } });
  });

  it('keeps an architecture each of a package that is installed for two', () => {
    expect(packages.filter(({ name }) => name === 'libc6').map(({ architecture }) => architecture)).toEqual([
      'amd64',
      'i386',
    ]);
  });

  it.each(['\u0000\u0001\u0002', 'SQLite format 3\u0000', 'hello\n'])(
    'that is no database is a problem: %j',
    (content) => {
      const result = analyze('var/lib/dpkg/status', content);
      expect(result.evidence).toBeNull();
      expect(result.problems.map(({ code }) => code)).toContain('unreadable');
    },
  );

  it('that is empty is a database without packages', () => {
    expect(analyze('var/lib/dpkg/status', '')).toEqual({ evidence: { kind: 'status', packages: [] }, problems: [] });
  });

  it('with a damaged stanza keeps the others and says so', () => {
    const result = analyze('var/lib/dpkg/status', `${stanza('a', '1')}\n\nPackage: b\nStatus: install ok installed\n`);
    expect(result.evidence).toMatchObject({ packages: [{ name: 'a' }] });
    expect(result.problems).toMatchObject([{ code: 'unreadable', detail: 'package b has no readable Version field' }]);
  });

  it('with a line above the limit says so', () => {
    const { problems: found } = analyze(
      'var/lib/dpkg/status',
      `${stanza('a', '1')}\nDescription: ${'x'.repeat(2 ** 21)}\n`,
    );
    expect(found).toMatchObject([{ code: 'limit-exceeded' }]);
  });
});

describe('status.d of distroless images', () => {
  it('needs no Status field', () => {
    const { evidence } = analyze(
      'var/lib/dpkg/status.d/tzdata',
      'Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n',
    );
    expect(evidence).toMatchObject({ kind: 'status', packages: [{ name: 'tzdata', state: 'present' }] });
  });

  it('has digests beside, which are no packages but say who owns what', () => {
    const { evidence } = analyze('var/lib/dpkg/status.d/openssl.md5sums', sample('openssl.md5sums'));
    expect(evidence).toEqual({ kind: 'owned', package: 'openssl', files: ['usr/bin/openssl'] });
  });
});

describe('a list file', () => {
  it('keeps programs and claimed names, neither folders nor manuals', () => {
    const layer = { isClaimed: (path: string): boolean => path.endsWith('.egg-info') };
    const file = memoryFile('var/lib/dpkg/info/bash:amd64.list', sample('bash.list'));
    expect(dpkg.analyze(file, layer).evidence).toEqual({
      kind: 'owned',
      package: 'bash:amd64',
      files: ['usr/bin/bash', 'usr/lib/go/tool', 'usr/lib/python3/dist-packages/x.egg-info'],
    });
  });

  it("anywhere else is nobody's", () => {
    expect(analyze('etc/apt/sources.list.d/debian.list', 'deb http://x bookworm main\n')).toEqual({
      evidence: null,
      problems: [],
    });
  });
});

describe('a copyright file', () => {
  const path = 'usr/share/doc/zlib1g/copyright';

  it('gives the short names of its licences', () => {
    const licenses = ['BSD-3-clause', 'GPL-2+', 'Zlib'];
    expect(analyze(path, sample('copyright'))).toEqual({ evidence: { kind: 'licenses', licenses }, problems: [] });
  });

  it('of free text gives none and is no problem', () => {
    expect(analyze(path, "This is Debian's package.\nLicense: GPL\n")).toEqual({ evidence: null, problems: [] });
  });

  it('serves every package whose documentation folder leads to it', () => {
    const histories = {
      'var/lib/dpkg/status': [statusOf(stanza('zlib1g', '1'), stanza('zlib1g-dev', '1'), stanza('other', '1'))],
      [path]: [analyze(path, sample('copyright')).evidence],
    };
    const realPath = (asked: string): string => asked.replace('zlib1g-dev', 'zlib1g');
    const { packages } = dpkg.resolve(viewOf<DpkgEvidence>(histories, { realPath }));
    expect(packages.map(({ licenses }) => licenses.length)).toEqual([3, 3, 0]);
  });
});

describe('resolving', () => {
  const status = 'var/lib/dpkg/status';

  it('makes purls with distribution, architecture and source', () => {
    const evidence = statusOf(
      stanza('libc6', '1:2.36-9+deb12u4', '\nSource: glibc (2.36-9)'),
      stanza('curl', '7.88.1'),
    );
    const { packages } = dpkg.resolve(viewOf({ [status]: [evidence] }, { operatingSystem: debian12 }));
    expect(packages.map(({ purl }) => purl)).toEqual([
      'pkg:deb/debian/libc6@1:2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc%402.36-9',
      'pkg:deb/debian/curl@7.88.1?arch=amd64&distro=debian-12',
    ]);
    expect(packages[0]).toMatchObject({
      distribution: { id: 'debian', release: '12' },
      source: { name: 'glibc', version: '2.36-9' },
    });
  });

  it('gives each package the layer since which it has been there without a break', () => {
    const [old, upgraded] = [stanza('a', '1'), stanza('a', '2')];
    const layers = [
      statusOf(old, stanza('b', '1')),
      statusOf(upgraded, stanza('b', '1')),
      null,
      statusOf(upgraded),
      statusOf(upgraded, old),
    ];
    const { packages } = dpkg.resolve(viewOf({ [status]: layers }));
    expect(packages.map(({ version, layer }) => [version, layer])).toEqual([
      ['2', layerId(3)],
      ['1', layerId(4)],
    ]);
  });

  it('tells who owns a file, but not for packages that are gone', () => {
    const owned = (name: string, path: string): DpkgEvidence => ({ kind: 'owned', package: name, files: [path] });
    const { owned: owners } = dpkg.resolve(
      viewOf({
        [status]: [statusOf(stanza('a', '1'))],
        'var/lib/dpkg/info/a:amd64.list': [owned('a:amd64', 'usr/bin/a')],
        'var/lib/dpkg/info/gone.list': [owned('gone', 'usr/bin/gone')],
      }),
    );
    expect([...(owners ?? [])]).toEqual([['usr/bin/a', 'a']]);
  });

  it('counts a half-installed package and says so', () => {
    const { evidence } = analyze(status, sample('status'));
    const { problems } = dpkg.resolve(viewOf({ [status]: [evidence] }));
    expect(problems).toMatchObject([{ code: 'unreadable', detail: expect.stringContaining('torn is half-installed') }]);
  });
});

describe('dependencies', () => {
  const status = statusOf(
    stanza('app', '1', '\nDepends: libc6 (>= 2.36), mta | exim4, perl:any\nPre-Depends: dpkg'),
    stanza('libc6', '2.36'),
    stanza('postfix', '3', '\nProvides: mail-transport-agent, mta (= 3)'),
    stanza('perl', '5'),
  );
  const marks = analyze(
    'var/lib/apt/extended_states',
    'Package: libc6\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: perl\nAuto-Installed: 0\n',
  ).evidence;

  it('lead to the installed alternative, through what packages provide', () => {
    const { relations } = dpkg.resolve(viewOf<DpkgEvidence>({ 'var/lib/dpkg/status': [status] }));
    expect(relations?.map(({ to }) => to)).toEqual([
      'pkg:deb/debian/libc6@2.36?arch=amd64',
      'pkg:deb/debian/postfix@3?arch=amd64',
      'pkg:deb/debian/perl@5?arch=amd64',
    ]);
  });

  it('are direct unless apt marked them as automatic; without marks nobody knows', () => {
    const view = viewOf<DpkgEvidence>({ 'var/lib/dpkg/status': [status], 'var/lib/apt/extended_states': [marks] });
    expect(dpkg.resolve(view).packages.map(({ direct }) => direct)).toEqual([true, false, true, true]);
    const bare = viewOf<DpkgEvidence>({ 'var/lib/dpkg/status': [status] });
    expect(dpkg.resolve(bare).packages.map(({ direct }) => direct)).toEqual([null, null, null, null]);
  });
});
