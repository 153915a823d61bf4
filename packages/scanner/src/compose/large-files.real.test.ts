import type { Json } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { layerId } from '../analyzers/samples.testing.ts';
import { composeInventory } from './index.ts';

/** Square time took half a minute at this number, and half an hour at `packagesPerFileMax`; linear time takes a tenth of a second. */
const PACKAGES = 12_000;

function compose(...records: readonly (readonly [path: string, analyzer: string, data: Json])[]) {
  const diffId = layerId(0);
  const report = {
    schemaVersion: 1,
    diffId,
    blobDigest: diffId,
    compression: 'none',
    blobBytes: 0,
    tarBytes: 0,
    entries: 0,
    readers: {},
    whiteouts: [],
    opaque: [],
    links: {},
    evidence: records.map(([path, analyzer, data]) => ({ analyzer, path, data })),
    problems: [],
  } as const;
  return composeInventory([{ diffId, report }]);
}

const many = <T>(make: (index: number) => T): readonly T[] => Array.from({ length: PACKAGES }, (_, at) => make(at));

describe('a file that states very many packages is composed in time linear in them', () => {
  it('where it is a snapshot of Perl distributions', () => {
    const distributions = many((at) => ({ name: `D${at}`, version: '1', author: null, provides: [], requires: [] }));
    const { packages } = compose(['app/cpanfile.snapshot', 'perl', { kind: 'lock', distributions }]);
    expect(packages).toHaveLength(PACKAGES);
  });

  it('where it is the status of vcpkg', () => {
    const ports = many((at) => ({
      name: `p${at}`,
      version: '1',
      portVersion: null,
      triplet: 'x64-linux',
      needs: [],
      licenses: [],
      installed: true,
    }));
    expect(compose(['opt/vcpkg/installed/vcpkg/status', 'vcpkg', { ports }]).packages).toHaveLength(PACKAGES);
  });

  it('where a distribution package owns it', () => {
    const locked = many((at) => ({ name: `n${at}`, version: '1.0.0', dev: false, direct: null }));
    const bash = { name: 'bash', version: '1', architecture: null, source: { name: 'bash', version: '1' } };
    const { packages } = compose(
      ['app/package-lock.json', 'npm', { kind: 'lock', packages: locked }],
      ['var/lib/dpkg/info/bash.list', 'dpkg', { kind: 'owned', package: 'bash', files: ['app/package-lock.json'] }],
      ['var/lib/dpkg/status', 'dpkg', { kind: 'status', packages: [{ ...bash, state: 'present' }] }],
    );
    expect(packages.filter(({ ownedBy }) => ownedBy === 'bash')).toHaveLength(PACKAGES);
  });
});

describe('names that each meet several packages', () => {
  it('make no more relations than relationsMax, and a problem that says so', () => {
    const offered = Array.from({ length: 400 }, (_, at) => `v${at}`);
    const packages = Array.from({ length: 400 }, (_, at) => ({
      name: `d${at}`,
      version: '1',
      architecture: null,
      source: { name: 'd', version: '1' },
      state: 'present',
      needs: offered,
      // Eight providers of each name, of 400 packages that need all: 1,280,000.
      provides: offered.filter((_, name) => name % 50 === at % 50),
    }));
    const { relations, problems } = compose(['var/lib/dpkg/status', 'dpkg', { kind: 'status', packages }]);
    expect(relations?.length).toBeLessThanOrEqual(1_000_000);
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'limit-exceeded', detail: expect.stringContaining('relationsMax') }),
    );
  });
});

describe('more relations than a call has arguments', () => {
  it.each(['package-lock.json', 'composer.lock'])('cost no package of a %s', (base) => {
    const names = Array.from({ length: 780 }, (_, at) => `v/n${at}`);
    const analyzer = base === 'composer.lock' ? 'composer' : 'npm';
    const needs = names.map((name) => (analyzer === 'composer' ? name : `${name}@1.0.0`));
    const packages = names.map((name) => ({ name, version: '1.0.0', dev: false, direct: null, needs }));
    const ofComposer = packages.map((locked) => ({ ...locked, licenses: [], replaces: [] }));
    const data = { kind: 'lock', packages: analyzer === 'composer' ? ofComposer : packages };
    const inventory = compose([`app/${base}`, analyzer, data]);
    expect(inventory.problems).toEqual([]);
    expect(inventory.packages).toHaveLength(780);
    expect(inventory.relations).toHaveLength(780 * 779);
  });
});
