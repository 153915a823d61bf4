import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advisory, AdvisoryLookup, AffectedPackage, VersionRange } from '../advisory.ts';
import { assess } from '../assess.ts';
import type { Report } from '../assessment.ts';
import type { Package } from '../package.ts';
import { remedyOf } from './advice.ts';

const affected = (ecosystem: string, name: string, ranges: readonly VersionRange[]): AffectedPackage => ({
  ecosystem,
  name,
  nameKind: ecosystem.includes(':') ? 'source' : 'package',
  scheme: ecosystem.startsWith('debian') ? 'deb' : 'npm',
  ranges,
  versions: [],
  expression: null,
  status: 'affected',
  urgency: null,
});
const advisory = (id: string, entry: AffectedPackage): Advisory => ({
  id,
  feed: 'feed',
  aliases: [],
  published: null,
  modified: null,
  withdrawn: null,
  cvss: [],
  references: [],
  categories: [],
  affected: [entry],
});
const range = (introduced: string | null, fixed: string | null): VersionRange => ({
  introduced,
  fixed,
  lastAffected: null,
});

const pkg = (type: string, name: string, version: string, more: Partial<Package> = {}): Package => ({
  purl: `pkg:${type}/${name}@${version}`,
  type,
  name,
  version,
  architecture: null,
  source: null,
  distribution: null,
  licenses: [],
  layer: null,
  paths: [],
  direct: null,
  ownedBy: null,
  analyzer: 'test',
  ...more,
});
const lodash = (version: string) => pkg('npm', 'lodash', version);
const ofOpenssl = (name: string, version: string) =>
  pkg('deb', name, version, { source: { name: 'openssl', version }, distribution: { id: 'debian', release: '11' } });

function report(
  packages: readonly Package[],
  advisories: readonly Advisory[],
  endOfLife: string | null = null,
): Report {
  const database: AdvisoryLookup = {
    revision: 'r',
    builtAt: '2026-08-01T00:00:00Z',
    sources: [],
    advisoriesFor: (keys) =>
      advisories.filter((one) =>
        one.affected.some(({ ecosystem, name }) =>
          keys.some((key) => key.ecosystem === ecosystem && key.name === name),
        ),
      ),
    factsFor: () => new Map(),
    supportOf: (distribution, release) => ({ distribution, release, endOfLife, extendedEndOfLife: null }),
  };
  return assess({
    image: {
      name: 'i',
      id: null,
      source: 'dir',
      digests: [],
      tags: [],
      platform: null,
      created: null,
      size: null,
      layers: [],
    },
    inventory: {
      operatingSystem: { id: 'debian', version: '11', name: 'Debian 11', idLike: [], codename: null },
      packages,
      problems: [],
    },
    database,
    now: Date.parse('2026-08-02'),
    readBy: 'console',
    tool: { version: '0' },
  });
}

describe('the smallest update', () => {
  const npm = (id: string, ...ranges: readonly VersionRange[]) => advisory(id, affected('npm', 'lodash', ranges));

  it('ends all findings of a source, whichever package has them', () => {
    const deb = (id: string, fixed: string) => advisory(id, affected('debian:11', 'openssl', [range(null, fixed)]));
    const { advice } = report(
      [ofOpenssl('libssl1.1', '1.1.1k-1'), ofOpenssl('openssl', '1.1.1k-1')],
      [
        deb('CVE-2022-0001', '1.1.1n-1'),
        deb('CVE-2022-0002', '1.1.1w-0+deb11u10'),
        deb('CVE-2022-0003', '1.1.1w-0+deb11u2'),
      ],
    );
    expect(advice?.updates).toEqual([
      {
        name: 'openssl',
        type: 'deb',
        by: 'package-manager',
        packages: ['libssl1.1', 'openssl'],
        purls: ['pkg:deb/libssl1.1@1.1.1k-1', 'pkg:deb/openssl@1.1.1k-1'],
        from: '1.1.1k-1',
        to: '1.1.1w-0+deb11u10',
        findings: 6,
        worst: 131,
        leaves: 0,
      },
    ]);
  });

  it('stays on the branch where that ends all', () => {
    const both = [range(null, '1.2.5'), range('1.3.0', '1.3.4')];
    expect(report([lodash('1.2.0')], [npm('CVE-2022-0001', ...both)]).advice?.updates[0]?.to).toBe('1.2.5');
  });

  it('is not the highest single fix where that lies on a branch that still has another flaw', () => {
    const found = report(
      [lodash('1.2.0')],
      [npm('CVE-2022-0001', range(null, '1.2.5'), range('1.3.0', '1.3.4')), npm('CVE-2022-0002', range(null, '1.3.1'))],
    );
    expect(found.findings.map(({ fixedIn }) => fixedIn)).toEqual([['1.2.5'], ['1.3.1']]);
    expect(found.advice?.updates[0]).toMatchObject({ to: '1.3.4', leaves: 0 });
  });

  it('goes past a version that brings a flaw of its own', () => {
    const found = report(
      [lodash('1.0.0')],
      [npm('CVE-2022-0001', range(null, '1.1.0')), npm('CVE-2022-0002', range('1.1.0', '1.1.2'))],
    );
    expect(found.findings).toHaveLength(1);
    expect(found.advice?.updates[0]).toMatchObject({ from: '1.0.0', to: '1.1.2', findings: 1, leaves: 0 });
  });

  it('leaves no finding with a fix after it was made, and none smaller does: whatever the ranges', () => {
    const version = fc.integer({ min: 1, max: 12 }).map((minor) => `1.${minor}.0`);
    const span = fc.tuple(version, version).map(([a, b]) => {
      const [low, high] = [a, b].sort((x, y) => Number(x.split('.')[1]) - Number(y.split('.')[1]));
      return range(low === '1.1.0' ? null : (low ?? null), high === low ? null : (high ?? null));
    });
    const flaws = fc.array(fc.array(span, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    const fixable = (one: Report) => one.findings.filter(({ status }) => status === 'fixed-available');
    fc.assert(
      fc.property(version, flaws, (installed, spans) => {
        const advisories = spans.map((ranges, at) => npm(`CVE-2022-000${at}`, ...ranges));
        const before = report([lodash(installed)], advisories);
        const update = before.advice?.updates[0];
        if (update === undefined) return fixable(before).length === 0;
        const left = (to: string) => fixable(report([lodash(to)], advisories)).length;
        const above = Array.from({ length: 12 }, (_, at) => `1.${at + 1}.0`).filter(
          (to) => Number(to.split('.')[1]) > Number(installed.split('.')[1]),
        );
        const named = above.filter((to) => spans.flat().some(({ fixed }) => fixed === to));
        const fewest = Math.min(...named.map(left));
        expect(left(update.to)).toBe(update.leaves);
        expect(update.leaves).toBe(fewest);
        expect(named.find((to) => left(to) === fewest)).toBe(update.to);
        return true;
      }),
      { numRuns: 500 },
    );
  });
});

describe('remedies', () => {
  const deb = 'pkg:deb/debian/a@1';
  const npm = 'pkg:npm/a@1';
  it.each([
    ['fixed-available', deb, false, 'package-manager'],
    ['fixed-available', npm, false, 'update'],
    ['will-not-fix', deb, false, 'new-base'],
    ['will-not-fix', npm, false, 'no-fix'],
    ['affected', deb, false, 'no-fix'],
    ['affected', deb, true, 'new-base'],
    ['affected', npm, true, 'no-fix'],
    ['undetermined', deb, true, 'unclear'],
    ['under-investigation', deb, false, 'unclear'],
  ] as const)('%s %s, release ended: %s: %s', (status, purl, ended, remedy) => {
    expect(remedyOf({ status, package: { purl } }, ended)).toBe(remedy);
  });

  it('are counted for every finding, and name the day on which the release ended', () => {
    const advisories = [
      advisory('CVE-2022-0001', affected('debian:11', 'openssl', [range(null, '2')])),
      advisory('CVE-2022-0002', affected('debian:11', 'openssl', [])),
      advisory('CVE-2022-0003', affected('npm', 'lodash', [range(null, '2.0.0')])),
      advisory('CVE-2022-0004', affected('npm', 'lodash', [])),
    ];
    const packages = [ofOpenssl('openssl', '1'), lodash('1.0.0')];
    expect(report(packages, advisories).advice).toMatchObject({
      remedies: { packageManager: 1, update: 1, newBase: 0, noFix: 2, unclear: 0 },
      releaseEnded: null,
    });
    expect(report(packages, advisories, '2026-08-01').advice).toMatchObject({
      remedies: { packageManager: 1, update: 1, newBase: 1, noFix: 1, unclear: 0 },
      releaseEnded: '2026-08-01',
    });
  });
});
