import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperatingSystem } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type RpmEvidence, rpm } from './index.ts';

const sample = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'testdata', name));
const analyze = (path: string, content: string | Uint8Array) => rpm.analyze(memoryFile(path, content), claimsNothing);

const rocky: OperatingSystem = {
  id: 'rocky',
  version: '9.4',
  name: 'Rocky Linux 9.4',
  idLike: ['rhel'],
  codename: null,
};

type Found = Extract<RpmEvidence, { readonly packages: unknown }>['packages'][number];

function packagesOf(evidence: RpmEvidence | null): readonly Found[] {
  return evidence !== null && 'packages' in evidence ? evidence.packages : [];
}

/** A package as the analyzer keeps it. */
function found(name: string, version: string, more: Partial<Found> = {}): Found {
  return {
    name,
    version,
    epoch: 0,
    architecture: 'x86_64',
    source: null,
    license: null,
    module: null,
    files: [],
    ...more,
  };
}

const database = (...packages: readonly Found[]): RpmEvidence => ({ kind: 'database', packages });
const sets = (...contentSets: readonly string[]): RpmEvidence => ({ kind: 'content-sets', contentSets });

const SQLITE = 'var/lib/rpm/rpmdb.sqlite';

describe('each backend', () => {
  // What `rpm -qa` says of them; tools/oracles/rpm-databases.py asked it.
  const expected = sample('expected.txt').toString('utf8').trim().split('\n');

  it.each([
    ['rpmdb.sqlite', SQLITE],
    ['Packages', 'var/lib/rpm/Packages'],
    ['Packages.big-endian', 'usr/share/rpm/Packages'],
    ['Packages.db', 'usr/lib/sysimage/rpm/Packages.db'],
  ])('gives the packages that rpm lists: %s', (name, path) => {
    const { evidence, problems } = analyze(path, sample(name));
    const lines = packagesOf(evidence).map((pkg) =>
      [pkg.name, pkg.epoch, pkg.version, pkg.architecture, pkg.source, pkg.module ?? '(none)', pkg.license].join(' '),
    );
    expect(lines.toSorted()).toEqual(expected);
    expect(problems).toEqual([]);
    expect(rpm.parseEvidence(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
  });
});

describe('a header', () => {
  const byName = new Map(packagesOf(analyze(SQLITE, sample('rpmdb.sqlite')).evidence).map((pkg) => [pkg.name, pkg]));

  it('gives the paths that may be asked for, without files that were left out at installation', () => {
    expect(byName.get('runtime')?.files).toEqual(['usr/bin/runtime']);
    expect(byName.get('crypto')?.files).toEqual(['usr/bin/crypto']);
    const claimsJson = { isClaimed: (path: string) => path.endsWith('package.json') };
    const { evidence } = rpm.analyze(memoryFile(SQLITE, sample('rpmdb.sqlite')), claimsJson);
    expect(packagesOf(evidence).find(({ name }) => name === 'runtime')?.files).toEqual([
      'usr/bin/runtime',
      'usr/lib/runtime/node_modules/npm/package.json',
    ]);
  });

  it('gives needs as names of packages: by capability, by path, by name', () => {
    expect([...byName].map(([name, { needs }]) => [name, needs])).toEqual(
      expect.arrayContaining([
        ['shell', ['libtiny']],
        ['crypto', ['shell', 'libtiny']],
        ['runtime', ['crypto']],
        ['perl-part', undefined],
        ['libtiny', undefined],
      ]),
    );
  });
});

describe('manifests of distroless images', () => {
  it('give epoch, architecture and source, and no keys', () => {
    const { evidence, problems } = analyze('var/lib/rpmmanifest/container-manifest-2', sample('container-manifest-2'));
    expect(problems).toEqual([]);
    expect(packagesOf(evidence).map(({ name }) => name)).toEqual([
      'mariner-release',
      'filesystem',
      'glibc',
      'openssl-libs',
    ]);
    expect(packagesOf(evidence)[3]).toEqual(
      found('openssl-libs', '1.1.1k-17.cm2', { epoch: 1, source: 'openssl-1.1.1k-17.cm2.src.rpm' }),
    );
  });

  it('in the older form give what the names state', () => {
    const { evidence } = analyze('var/lib/rpmmanifest/container-manifest-1', sample('container-manifest-1'));
    expect(packagesOf(evidence).map(({ name, version, architecture }) => [name, version, architecture])).toEqual([
      ['mariner-release', '2.0-36.cm2', 'noarch'],
      ['filesystem', '1.1-10.cm2', 'x86_64'],
      ['glibc', '2.35-2.cm2', 'x86_64'],
      ['openssl-libs', '1.1.1k-17.cm2', 'x86_64'],
    ]);
  });

  it.each(['', 'glibc\n', '\t1-1\t\n', 'glibc\tx86_64'.repeat(3)])('that hold no package are a problem: %j', (text) => {
    const { evidence, problems } = analyze('var/lib/rpmmanifest/container-manifest-1', text);
    expect(evidence).toBeNull();
    expect(problems).toContainEqual(expect.objectContaining({ detail: 'the manifest names no package' }));
  });

  it('count where there is no database; the fuller one goes before', () => {
    const manifest = (...packages: readonly Found[]): RpmEvidence => ({ kind: 'manifest', packages });
    const histories = {
      'var/lib/rpmmanifest/container-manifest-1': [manifest(found('a', '1-1'))],
      'var/lib/rpmmanifest/container-manifest-2': [manifest(found('a', '1-1', { epoch: 2 }))],
    };
    const versions = (view: Parameters<typeof viewOf<RpmEvidence>>[0]) =>
      rpm.resolve(viewOf<RpmEvidence>(view)).packages.map(({ version }) => version);
    expect(versions(histories)).toEqual(['2:1-1']);
    expect(versions({ ...histories, [SQLITE]: [database(found('a', '2-1'))] })).toEqual(['2-1']);
  });
});

describe('resolving', () => {
  it('makes purls with architecture, distribution, epoch, module and source', () => {
    const { evidence } = analyze(SQLITE, sample('rpmdb.sqlite'));
    const { packages, problems } = rpm.resolve(viewOf({ [SQLITE]: [evidence] }, { operatingSystem: rocky }));
    expect(problems).toEqual([]);
    expect(packages.find(({ name }) => name === 'runtime')).toMatchObject({
      purl: 'pkg:rpm/rocky/runtime@18.20.2-1.module%2Bel8?arch=x86_64&distro=rocky-9&epoch=1&rpmmod=runtime:18:8100020240419105300:489197e6&upstream=runtime-18.20.2-1.module%2Bel8.src.rpm',
      type: 'rpm',
      version: '1:18.20.2-1.module+el8',
      source: { name: 'runtime', version: '1:18.20.2-1.module+el8' },
      module: 'runtime:18:8100020240419105300:489197e6',
      distribution: { id: 'rocky', release: '9' },
      licenses: ['MIT and GPLv2+'],
      paths: [SQLITE],
    });
    expect(packages.find(({ name }) => name === 'shell')).not.toHaveProperty('module');
  });

  it('gives a source the epoch of the package that carries the version of the source', () => {
    const source = 'perl-5.26.3-1.src.rpm';
    const { packages } = rpm.resolve(
      viewOf({
        [SQLITE]: [
          database(found('perl-Errno', '1.28-1', { source }), found('perl-libs', '5.26.3-1', { source, epoch: 4 })),
        ],
      }),
    );
    expect(packages.map(({ version, source: from }) => [version, from])).toEqual([
      ['1.28-1', { name: 'perl', version: '4:5.26.3-1' }],
      ['4:5.26.3-1', { name: 'perl', version: '4:5.26.3-1' }],
    ]);
  });

  it('states who needs whom, and who owns a path', () => {
    const { evidence } = analyze(SQLITE, sample('rpmdb.sqlite'));
    const { relations, packages, owned } = rpm.resolve(viewOf({ [SQLITE]: [evidence] }));
    const nameOf = new Map(packages.map(({ purl, name }) => [purl, name]));
    expect(relations?.map(({ from, to }) => `${nameOf.get(from)} ${nameOf.get(to)}`).sort()).toEqual([
      'crypto libtiny',
      'crypto shell',
      'runtime crypto',
      'shell libtiny',
    ]);
    expect(owned?.get('usr/bin/shell')).toBe('shell');
  });

  it('gives each package the layer since which it has been there without a break', () => {
    const [old, upgraded, kept] = [found('a', '1-1'), found('a', '2-1'), found('b', '1-1')];
    const { packages } = rpm.resolve(
      viewOf({ [SQLITE]: [database(old, kept), database(upgraded, kept), null, database(upgraded)] }),
    );
    expect(packages.map(({ version, layer }) => [version, layer])).toEqual([['2-1', layerId(3)]]);
  });

  it('goes without namespace and distribution where no system is named', () => {
    const { packages } = rpm.resolve(viewOf({ [SQLITE]: [database(found('a', '1-1'))] }));
    expect(packages.map(({ purl, distribution }) => [purl, distribution])).toEqual([
      ['pkg:rpm/a@1-1?arch=x86_64', null],
    ]);
  });
});

describe('several databases', () => {
  const BERKELEY_DB = 'var/lib/rpm/Packages';
  const NDB = 'var/lib/rpm/Packages.db';
  const resolve = (histories: Parameters<typeof viewOf<RpmEvidence>>[0]) => {
    const { packages, problems } = rpm.resolve(viewOf<RpmEvidence>(histories));
    return { names: packages.map(({ name, version }) => `${name} ${version}`), problems };
  };

  it('of one folder: the one that the highest layer wrote counts', () => {
    const old = database(found('a', '1-1'), found('gone', '1-1'));
    const moved = database(found('a', '2-1'));
    expect(resolve({ [BERKELEY_DB]: [old], [SQLITE]: [null, moved] })).toEqual({ names: ['a 2-1'], problems: [] });
    expect(resolve({ [SQLITE]: [old], [BERKELEY_DB]: [null, moved] })).toEqual({ names: ['a 2-1'], problems: [] });
  });

  it('of one folder and layer: the newer backend counts, and a difference is a problem', () => {
    const same = database(found('a', '1-1'));
    expect(resolve({ [BERKELEY_DB]: [same], [NDB]: [same], [SQLITE]: [same] })).toEqual({
      names: ['a 1-1'],
      problems: [],
    });
    expect(resolve({ [NDB]: [database(found('b', '1-1'))], [SQLITE]: [same] })).toMatchObject({
      names: ['a 1-1'],
      problems: [{ code: 'unreadable', path: NDB }],
    });
  });

  it('of which the newer is empty: the one with packages counts', () => {
    expect(resolve({ [BERKELEY_DB]: [database(found('a', '1-1'))], [SQLITE]: [null, database()] })).toEqual({
      names: ['a 1-1'],
      problems: [],
    });
  });

  it('of several folders add up', () => {
    const elsewhere = 'usr/lib/sysimage/rpm/Packages.db';
    expect(
      resolve({ [SQLITE]: [database(found('a', '1-1'))], [elsewhere]: [database(found('b', '1-1'))] }).names,
    ).toEqual(['b 1-1', 'a 1-1'].toReversed());
  });

  it('that all are empty are a problem, never an image without packages', () => {
    expect(resolve({ [SQLITE]: [database()] })).toEqual({
      names: [],
      problems: [expect.objectContaining({ code: 'unreadable', path: SQLITE })],
    });
  });
});

describe('content sets', () => {
  const path = (layer: number): string => `root/buildinfo/content_manifests/image-${layer}.json`;

  it('are read from the manifest of a build; other documents beside it are none', () => {
    expect(analyze(path(0), sample('ubi8-container-8.5-204.json'))).toEqual({
      evidence: sets('rhel-8-for-x86_64-appstream-rpms', 'rhel-8-for-x86_64-baseos-rpms'),
      problems: [],
    });
    // https://github.com/aquasecurity/trivy/issues/7911
    for (const other of [
      '{"bomFormat": "CycloneDX"}',
      '{"content_sets": "x"}',
      '{"content_sets": [1, ""]}',
      '[]',
      'x',
      '',
    ]) {
      expect(analyze('usr/share/buildinfo/sbom-cyclonedx.json', other)).toEqual({ evidence: null, problems: [] });
    }
  });

  it('go to packages by the build that brought them', () => {
    const [a, b, c] = [found('a', '1-1'), found('b', '1-1'), found('c', '1-1')];
    const { packages } = rpm.resolve(
      viewOf<RpmEvidence>({
        [SQLITE]: [database(a), null, database(a, b), null, database(a, b, c)].map(
          (evidence) => evidence ?? database(a, b),
        ),
        [path(0)]: [null, sets('base')],
        [path(1)]: [null, null, null, sets('application')],
      }),
    );
    expect(packages.map(({ name, contentSets }) => [name, contentSets])).toEqual([
      ['a', ['base']],
      ['b', ['base']],
      ['c', ['application']],
    ]);
  });
});
