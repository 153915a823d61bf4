import type { Json, LayerReport, Problem } from '@hullcheck/core';
import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { analyzers } from '../analyzers/catalogue.ts';
import { layerId } from '../analyzers/samples.testing.ts';
import { type ComposedLayer, composeInventory } from './index.ts';

type Evidence = { readonly [path: string]: readonly [analyzer: string, data: Json] };

interface LayerParts {
  readonly evidence?: Evidence;
  readonly whiteouts?: readonly string[];
  readonly opaque?: readonly string[];
  readonly links?: { readonly [path: string]: string };
  readonly problems?: readonly Problem[];
}

function compose(...parts: readonly (LayerParts | null)[]): ReturnType<typeof composeInventory> {
  return composeInventory(parts.map((part, index) => layer(index, part)));
}

function layer(index: number, parts: LayerParts | null): ComposedLayer {
  const diffId = layerId(index);
  if (parts === null) return { diffId, report: null };
  const report: LayerReport = {
    schemaVersion: 1,
    diffId,
    blobDigest: diffId,
    compression: 'none',
    blobBytes: 0,
    tarBytes: 0,
    entries: 0,
    readers: Object.fromEntries(analyzers.map(({ id, version }) => [id, version])),
    whiteouts: parts.whiteouts ?? [],
    opaque: parts.opaque ?? [],
    links: parts.links ?? {},
    evidence: Object.entries(parts.evidence ?? {}).map(([path, [analyzer, data]]) => ({ analyzer, path, data })),
    problems: parts.problems ?? [],
  };
  return { diffId, report };
}

const npm = (name: string, version = '1.0.0'): readonly [string, Json] => [
  'npm',
  { kind: 'package', name, version, licenses: [] },
];
const go = (module: string): readonly [string, Json] => [
  'golang',
  { kind: 'program', goVersion: '1.21.3', modules: [{ path: module, version: 'v1.0.0', main: false }] },
];
const debian: Evidence = {
  'usr/lib/os-release': [
    'os-release',
    { id: 'debian', versionId: '12', name: 'Debian', prettyName: 'Debian 12', codename: 'bookworm', idLike: [] },
  ],
};
const deb = (...names: readonly string[]): readonly [string, Json] => [
  'dpkg',
  {
    kind: 'status',
    packages: names.map((name) => ({
      name,
      version: '1',
      architecture: 'amd64',
      source: { name, version: '1' },
      state: 'present',
    })),
  },
];
const owns = (name: string, ...files: readonly string[]): readonly [string, Json] => [
  'dpkg',
  { kind: 'owned', package: name, files },
];

const names = ({ packages }: ReturnType<typeof compose>): readonly string[] =>
  packages.filter(({ name }) => name !== 'stdlib').map(({ name, version }) => `${name}@${version}`);

const A = 'app/node_modules/a/package.json';
const B = 'app/node_modules/b/package.json';

describe('deletions', () => {
  it('a whiteout removes the path and what is below it, and nothing with a like name', () => {
    const base = { evidence: { [A]: npm('a'), 'app/node_modules/ab/package.json': npm('ab') } };
    expect(names(compose(base, { whiteouts: ['app/node_modules/a'] }))).toEqual(['ab@1.0.0']);
  });

  it('concern lower layers only, wherever they stand in their own', () => {
    const added = { whiteouts: ['app'], opaque: ['app'], evidence: { [B]: npm('b') } };
    expect(names(compose({ evidence: { [A]: npm('a') } }, added))).toEqual(['b@1.0.0']);
  });

  it('an opaque folder hides what lower layers have in it', () => {
    expect(
      names(compose({ evidence: { [A]: npm('a'), 'opt/node_modules/c/package.json': npm('c') } }, { opaque: ['app'] })),
    ).toEqual(['c@1.0.0']);
  });

  it('an opaque root hides everything', () => {
    expect(names(compose({ evidence: { [A]: npm('a') } }, { opaque: [''] }))).toEqual([]);
  });

  it('of what was never there do nothing', () => {
    expect(names(compose({ whiteouts: ['x', ''], opaque: ['y'] }, { evidence: { [A]: npm('a') } }))).toEqual([
      'a@1.0.0',
    ]);
  });
});

describe('replacements', () => {
  it('a later file at the same path is the visible one', () => {
    expect(names(compose({ evidence: { [A]: npm('a') } }, { evidence: { [A]: npm('a', '2.0.0') } }))).toEqual([
      'a@2.0.0',
    ]);
  });

  it('a program replaced by a script is gone: its record is null', () => {
    const script: Evidence = { 'usr/bin/app': ['golang', null] };
    expect(names(compose({ evidence: { 'usr/bin/app': go('m') } }, { evidence: script }))).toEqual([]);
  });

  it('a file replaced by a link, and a folder replaced by a link, are gone', () => {
    const base = { evidence: { 'usr/bin/app': go('m'), [A]: npm('a') } };
    expect(names(compose(base, { links: { 'usr/bin/app': 'sh', app: 'srv' } }))).toEqual([]);
  });

  it('a folder replaced by a file is gone', () => {
    expect(names(compose({ evidence: { [A]: npm('a') } }, { evidence: { app: go('m') } }))).toEqual(['m@v1.0.0']);
  });

  it('a file replaced by a folder is gone', () => {
    expect(names(compose({ evidence: { app: go('m') } }, { evidence: { [A]: npm('a') } }))).toEqual(['a@1.0.0']);
  });
});

describe('links', () => {
  it('make both spellings one path, so that neither is counted twice nor missed', () => {
    const base = { links: { lib: 'usr/lib' }, evidence: { 'usr/lib/node_modules/a/package.json': npm('a') } };
    const upgrade = { evidence: { 'lib/node_modules/a/package.json': npm('a', '2.0.0') } };
    const { packages } = compose(base, upgrade);
    expect(packages.map(({ version, paths }) => [version, paths])).toEqual([
      ['2.0.0', ['usr/lib/node_modules/a/package.json']],
    ]);
    expect(names(compose(base, { whiteouts: ['lib/node_modules/a'] }))).toEqual([]);
  });

  it('lead inside the image, whatever they say', () => {
    const base = { links: { lib: '/../../usr/lib' }, evidence: { 'lib/node_modules/a/package.json': npm('a') } };
    expect(compose(base).packages[0]?.paths).toEqual(['usr/lib/node_modules/a/package.json']);
  });

  it('in a circle end', () => {
    const evidence = { 'x/node_modules/a/package.json': npm('a') };
    expect(names(compose({ links: { x: 'y', y: 'x' }, evidence }))).toEqual(['a@1.0.0']);
    expect(names(compose({ links: { x: 'x/x/x/x' }, evidence }))).toEqual(['a@1.0.0']);
  });

  it('that multiply are followed within limits', () => {
    const links = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`l${index}`, `l${index + 1}/`.repeat(800)]),
    );
    // Without limits there are 800 to the power of 40 of them.
    expect(names(compose({ links, evidence: { 'l0/node_modules/a/package.json': npm('a') } }))).toEqual(['a@1.0.0']);
  });

  it('that are deleted lead nowhere any more', () => {
    const { packages } = compose(
      { links: { x: 'y' } },
      { whiteouts: ['x'] },
      { evidence: { 'x/node_modules/a/package.json': npm('a') } },
    );
    expect(packages[0]?.paths).toEqual(['x/node_modules/a/package.json']);
  });

  it('named __proto__ are links like any other', () => {
    const links = JSON.parse('{"__proto__": "usr"}') as { [path: string]: string };
    const { packages } = compose({ links, evidence: { '__proto__/node_modules/a/package.json': npm('a') } });
    expect(packages[0]?.paths).toEqual(['usr/node_modules/a/package.json']);
  });
});

describe('the layer of a package', () => {
  it('is the lowest that has held this version without a break', () => {
    const same = { evidence: { [A]: npm('a') } };
    const layerOf = (...parts: readonly LayerParts[]): string | null | undefined =>
      compose(...parts).packages[0]?.layer;
    expect(layerOf(same, {}, same)).toBe(layerId(0));
    expect(layerOf(same, { whiteouts: [A] }, same)).toBe(layerId(2));
    expect(layerOf(same, { evidence: { [A]: npm('a', '2.0.0') } }, same)).toBe(layerId(2));
  });

  it('of several copies is the lowest, and all paths are named', () => {
    const { packages } = compose({ evidence: { [B]: npm('a') } }, { evidence: { [A]: npm('a') } });
    expect(packages).toMatchObject([{ layer: layerId(0), paths: [A, B] }]);
  });
});

describe('ownership', () => {
  const status = { 'var/lib/dpkg/status': deb('docker') };
  const list = { 'var/lib/dpkg/info/docker.list': owns('docker', 'bin/docker') };
  const base = { links: { bin: 'usr/bin' }, evidence: { ...debian, ...status, ...list, 'usr/bin/docker': go('m') } };
  const ownerOf = (inventory: ReturnType<typeof compose>): readonly (string | null)[] =>
    inventory.packages.filter(({ name }) => name === 'm').map(({ ownedBy }) => ownedBy);

  it('is seen through merged folders', () => {
    expect(ownerOf(compose(base))).toEqual(['docker']);
  });

  it('stays when a layer only copies the file up', () => {
    expect(ownerOf(compose(base, { evidence: { 'usr/bin/docker': go('m') } }))).toEqual(['docker']);
  });

  it('ends where a later layer puts something else in the place', () => {
    const other: Evidence = {
      'usr/bin/docker': [
        'golang',
        { kind: 'program', goVersion: '1.22.0', modules: [{ path: 'm', version: 'v1.0.0', main: false }] },
      ],
    };
    expect(ownerOf(compose(base, { evidence: other }))).toEqual([null]);
  });

  it('of a program ends where a later layer puts another in its place, which is then found by its own words', () => {
    const program = (bytes: number, version: string): readonly [string, Json] => [
      'programs',
      { executable: { bytes, head: 1 }, programs: [{ id: 'nginx', version, at: 5 }] },
    ];
    const owned: Evidence = {
      ...debian,
      'var/lib/dpkg/status': deb('nginx'),
      'var/lib/dpkg/info/nginx.list': owns('nginx', 'usr/sbin/nginx'),
      'usr/sbin/nginx': program(10, '1.22.1'),
    };
    const purls = ({ packages }: ReturnType<typeof compose>): readonly string[] =>
      packages.filter(({ type }) => type === 'generic').map(({ purl }) => purl);
    expect(purls(compose({ evidence: owned }))).toEqual([]);
    const replaced = compose({ evidence: owned }, { evidence: { 'usr/sbin/nginx': program(12, '1.27.2') } });
    expect(purls(replaced)).toEqual(['pkg:generic/nginx@1.27.2']);
    expect(replaced.executables).toEqual({
      files: 1,
      bytes: 12,
      unclaimed: { files: 0, bytes: 0, largest: [] },
    });
  });

  it('keeps an owned copy and one that nobody owns apart', () => {
    const { packages } = compose(base, { evidence: { 'opt/docker': go('m') } });
    const copies = packages.filter(({ name }) => name === 'm');
    expect(copies.map(({ ownedBy, paths }) => [ownedBy, paths])).toEqual([
      [null, ['opt/docker']],
      ['docker', ['usr/bin/docker']],
    ]);
  });

  it('goes with the package', () => {
    expect(ownerOf(compose(base, { evidence: { 'var/lib/dpkg/status': deb('other') } }))).toEqual([null]);
  });
});

describe('problems', () => {
  const broken = (path: string): Problem => ({ code: 'unreadable', path, layer: null, detail: 'x' });
  const codes = ({ problems }: ReturnType<typeof compose>): readonly string[] => problems.map(({ code }) => code);

  it('of layers are carried along, with their layer', () => {
    const problem: Problem = { code: 'truncated', path: null, layer: null, detail: 'x' };
    expect(compose({ problems: [problem] }).problems).toEqual([{ ...problem, layer: layerId(0) }]);
  });

  it('of a missing layer say that it is missing', () => {
    expect(compose({ evidence: { [A]: npm('a') } }, null).problems).toMatchObject([
      { code: 'layer-missing', layer: layerId(1) },
    ]);
  });

  it('of an unreadable package database stay: no packages is not clean', () => {
    const evidence: Evidence = { ...debian, 'var/lib/dpkg/status': ['dpkg', null] };
    expect(codes(compose({ evidence, problems: [broken('var/lib/dpkg/status')] }))).toEqual(['unreadable']);
  });

  it('of a file that a later layer replaces or deletes are moot', () => {
    const evidence: Evidence = { [A]: ['npm', null] };
    const base = { evidence, problems: [broken(A)] };
    expect(codes(compose(base, { evidence: { [A]: npm('a') } }))).toEqual([]);
    expect(codes(compose(base, { whiteouts: ['app'] }))).toEqual([]);
    expect(codes(compose(base, { whiteouts: ['opt'] }))).toEqual(['unreadable']);
  });

  it('of a limit stay, whatever becomes of the file', () => {
    const problem: Problem = { ...broken(A), code: 'limit-exceeded' };
    expect(codes(compose({ evidence: { [A]: ['npm', null] }, problems: [problem] }, { whiteouts: ['app'] }))).toEqual([
      'limit-exceeded',
    ]);
  });

  it('name evidence that is not of its shape, which hides what lay below all the same', () => {
    const inventory = compose(
      { evidence: { [A]: npm('a') } },
      { evidence: { [A]: ['npm', { kind: 'package', name: 7 }] } },
    );
    expect(names(inventory)).toEqual([]);
    expect(inventory.problems).toMatchObject([{ code: 'unreadable', path: A, layer: layerId(1) }]);
  });

  it('name an analyzer that is not known', () => {
    expect(codes(compose({ evidence: { x: ['cobol', {}] } }))).toEqual(['unsupported']);
  });

  it('say when nobody knows the distribution of distribution packages', () => {
    expect(codes(compose({ evidence: { 'var/lib/dpkg/status': deb('a') } }))).toEqual(['no-operating-system']);
    expect(codes(compose({ evidence: { [A]: npm('a') } }))).toEqual([]);
  });
});

describe('composing', () => {
  it('does not depend on the order of evidence within a report', () => {
    const evidence = { ...debian, 'var/lib/dpkg/status': deb('b', 'a'), [A]: npm('a'), [B]: npm('b') };
    const reversed = Object.fromEntries(Object.entries(evidence).reverse());
    expect(compose({ evidence: reversed })).toEqual(compose({ evidence }));
  });

  it('is linear: a hundred layers that each delete and add a thousand packages', async () => {
    const evidence = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`app/node_modules/p${index}/package.json`, npm(`p${index}`)]),
    );
    const growth = await growthOf((length) => {
      const layers = Array.from({ length }, (_, index) => layer(index, { opaque: ['app'], evidence }));
      expect(composeInventory(layers).packages.length).toBe(1000);
    }, 96);
    expect(growth).toBeLessThan(LINEAR_GROWTH);
  });
});

describe('the weight of executables', () => {
  const tool: Evidence = { 'app/tool': ['programs', { executable: { bytes: 7, head: 1 } }] };

  it('is told where every layer was asked', () => {
    expect(compose({ evidence: tool }, {}).executables).toEqual({
      files: 1,
      bytes: 7,
      unclaimed: { files: 1, bytes: 7, largest: [{ path: 'app/tool', bytes: 7 }] },
    });
  });

  it('counts nothing that a later layer deletes', () => {
    expect(compose({ evidence: tool }, { whiteouts: ['app'] }).executables).toMatchObject({ files: 0, bytes: 0 });
  });

  it('is unknown, not zero, with a layer that is missing or was read by a version that did not ask', () => {
    expect(compose({ evidence: tool }, null).executables).toBeUndefined();
    const older = layer(1, {});
    const report = older.report === null ? null : { ...older.report, readers: { walker: 1, npm: 1 } };
    expect(composeInventory([layer(0, { evidence: tool }), { ...older, report }]).executables).toBeUndefined();
    expect(composeInventory([]).executables).toBeUndefined();
  });
});
