import { describe, expect, it } from 'vitest';
import type { Finding } from '../finding.ts';
import type { Package } from '../package.ts';
import type { VexStatement } from '../vex/index.ts';
import { idleRules, siftIgnored } from './ignore.ts';
import type { IgnoreRule, IgnoreScope } from './ignore-rule.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const purl = 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12';
const pkg: Package = {
  purl,
  type: 'deb',
  name: 'libssl3',
  version: '3.0.11-1',
  architecture: 'amd64',
  source: { name: 'openssl', version: '3.0.11-1' },
  distribution: { id: 'debian', release: '12' },
  licenses: [],
  layer: null,
  paths: ['var/lib/dpkg/status'],
  direct: null,
  ownedBy: null,
  analyzer: 'dpkg',
};
const finding: Finding = {
  id: 'CVE-2023-1',
  aliases: ['DSA-1'],
  title: '',
  categories: [],
  references: [],
  severity: 'high',
  rating: 'severe',
  cvss: null,
  status: 'affected',
  fixedIn: [],
  package: { purl, name: 'libssl3', version: '3.0.11-1' },
  layer: null,
  published: null,
  kev: false,
  epss: null,
  exploit: 'none',
  risk: 500,
  explanation: '',
  evidence: { rule: '', range: '', compared: '', via: null, advisories: [] },
};
const rule = (more: Partial<IgnoreRule>): IgnoreRule => ({
  id: null,
  package: null,
  reason: 'accepted',
  source: '.trivyignore:1',
  expiresAt: null,
  ...more,
});
const statement = (more: Partial<VexStatement>): VexStatement => ({
  vulnerability: ['CVE-2023-1'],
  products: [],
  status: 'not_affected',
  justification: 'component_not_present',
  note: 'Removed.',
  at: '2026-05-01T00:00:00Z',
  source: 'a.json',
  place: 'statements[0]',
  ...more,
});
const sift = (rules: readonly IgnoreRule[], vex?: VexStatement, one = finding, packages: readonly Package[] = [pkg]) =>
  siftIgnored([one], rules, now, {
    packages,
    vexOf: () => (vex === undefined ? undefined : { statement: vex, through: null }),
  });

describe('a rule', () => {
  it.each<[IgnoreScope, boolean]>([
    [{ purls: ['pkg:deb/debian/libssl3'] }, true],
    [{ purls: ['pkg:deb/debian/other', 'pkg:deb/debian/libssl3@3.0.11-1'] }, true],
    [{ purls: ['pkg:deb/debian/libssl3@3.0.11-2'] }, false],
    [{ name: 'libssl*' }, true],
    [{ name: 'libss' }, false],
    [{ sourceName: 'openssl' }, true],
    [{ sourceName: 'nss' }, false],
    [{ version: '3.0.11-1' }, true],
    [{ version: '3.0.11' }, false],
    [{ types: ['deb', 'rpm'] }, true],
    [{ types: ['rpm'] }, false],
    [{ types: [] }, false],
    [{ paths: ['/var/lib/dpkg/**'] }, true],
    [{ paths: ['app/**'] }, false],
    [{ fixState: 'not-fixed' }, true],
    [{ fixState: 'unknown' }, true],
    [{ fixState: 'fixed' }, false],
    [{ fixState: 'wont-fix' }, false],
    [{ vexStatus: 'affected' }, false],
    [{ name: 'libssl3', version: '1' }, false],
  ])('with %j fits: %s', (scope, fits) => {
    expect(sift([rule({ scope })]).ignored).toHaveLength(fits ? 1 : 0);
  });

  it('that names nothing hides nothing', () => {
    expect(sift([rule({}), rule({ scope: {} })]).ignored).toEqual([]);
  });

  it('for one place of a package does not hide the others', () => {
    const places = [pkg, { ...pkg, paths: ['opt/status'] }];
    expect(sift([rule({ scope: { paths: ['var/**'] } })], undefined, finding, places).ignored).toEqual([]);
    expect(sift([rule({ scope: { paths: ['var/**', 'opt/*'] } })], undefined, finding, places).ignored).toHaveLength(1);
  });

  it('may ask for the answer of a VEX statement', () => {
    const open = statement({ status: 'under_investigation', justification: null });
    expect(sift([rule({ scope: { vexStatus: 'under_investigation' } })], open).ignored).toMatchObject([
      { reason: 'accepted', source: '.trivyignore:1' },
    ]);
    expect(sift([rule({ scope: { vexStatus: 'affected' } })], open).findings).toMatchObject([
      { status: 'under-investigation', evidence: { vex: { status: 'under_investigation' } } },
    ]);
  });
});

describe('a VEX statement', () => {
  it.each(['not_affected', 'fixed'] as const)('that says %s goes before every rule, with its reason', (status) => {
    expect(sift([rule({ id: 'CVE-2023-1' })], statement({ status })).ignored).toMatchObject([
      {
        reason: `${status}, component_not_present: Removed.`,
        source: 'a.json statements[0] of 2026-05-01',
        finding: { evidence: { vex: { status, justification: 'component_not_present', note: 'Removed.' } } },
      },
    ]);
  });

  it('that says affected leaves the finding, and says so on it', () => {
    const { findings, ignored } = sift([], statement({ status: 'affected', justification: null, at: null }));
    expect(ignored).toEqual([]);
    expect(findings).toMatchObject([{ status: 'affected', evidence: { vex: { source: 'a.json statements[0]' } } }]);
  });
});

describe('idle rules', () => {
  it('are those that have passed and those that fit nothing, also behind another that fits', () => {
    const first = rule({ id: 'CVE-2023-1' });
    const second = rule({ id: 'dsa-1' });
    const passed = rule({ id: 'CVE-2023-1', expiresAt: '2026-06-01' });
    const stray = rule({ id: 'CVE-2023-2' });
    const empty = rule({});
    const rules = [first, second, passed, stray, empty];
    const { findings, ignored } = sift(rules);
    expect(idleRules({ findings, ignored, packages: [pkg] }, rules, now)).toEqual({
      expired: [passed],
      unmatched: [stray, empty],
    });
  });
});
