import { describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import type { Package } from '../package.ts';
import { findingOf, judgeSubject } from './judgement.ts';

const pkg = (more: Pick<Package, 'type' | 'name' | 'version'> & Partial<Package>): Package => ({
  purl: `pkg:${more.type}/${more.name}@${more.version}`,
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

const advisory = (feed: string, affected: Partial<AffectedPackage>, more: Partial<Advisory> = {}): Advisory => ({
  id: 'CVE-2024-0001',
  feed,
  aliases: [],
  published: null,
  modified: null,
  withdrawn: null,
  cvss: [],
  references: [],
  categories: [],
  affected: [
    {
      ecosystem: 'npm',
      name: 'lodash',
      nameKind: 'package',
      scheme: 'npm',
      ranges: [{ introduced: null, fixed: '2.0.0', lastAffected: null }],
      versions: [],
      expression: null,
      status: 'affected',
      urgency: null,
      ...affected,
    },
  ],
  ...more,
});

const find = (subject: Package, ...advisories: Advisory[]) =>
  judgeSubject(subject, advisories, new Map()).flatMap((judgement) => findingOf(judgement, subject) ?? []);
const sureOf = (subject: Package, ...advisories: Advisory[]) => find(subject, ...advisories)[0]?.evidence.confidence;

const lodash = pkg({ type: 'npm', name: 'lodash', version: '1.0.0' });
const openssl = pkg({
  type: 'deb',
  name: 'openssl',
  version: '1.0-1',
  distribution: { id: 'debian', release: '12' },
});
const ofDebian = { ecosystem: 'debian:12', name: 'openssl', nameKind: 'source', scheme: 'deb' } as const;

describe('how sure a finding is', () => {
  it.each<[string, Package, Partial<AffectedPackage>, string, RegExp]>([
    ['its distribution says so', openssl, ofDebian, 'high', /who builds the package/],
    ['its ecosystem names it', lodash, {}, 'high', /ecosystem/],
    [
      'a distribution that has not made up its mind',
      openssl,
      { ...ofDebian, status: 'undetermined' },
      'low',
      /not determined/,
    ],
    ['a vendor that looks into it', openssl, { ...ofDebian, status: 'under-investigation' }, 'medium', /looking into/],
    ['a version that no scheme reads', { ...lodash, version: 'main' }, {}, 'low', /can not be compared/],
    [
      'a Go module, whose functions nobody looked for',
      pkg({ type: 'golang', name: 'stdlib', version: '1.22.3' }),
      { ecosystem: 'golang', name: 'stdlib', scheme: 'golang' },
      'medium',
      /not checked/,
    ],
    [
      'a program that tells its own version',
      pkg({ type: 'generic', name: 'node', version: '1.2.0' }),
      { ecosystem: 'nodejs', name: 'node' },
      'medium',
      /of itself/,
    ],
    [
      'a name and bounds of NVD',
      pkg({ type: 'generic', name: 'nginx', version: '1.2.0', cpes: ['cpe:2.3:a:f5:nginx:1.2.0:*:*:*:*:*:*:*'] }),
      { ecosystem: 'cpe', name: 'f5:nginx', scheme: 'generic' },
      'low',
      /NVD/,
    ],
    [
      'a program beside the kernel, for a flaw of the whole source',
      { ...openssl, name: 'bpftool', source: { name: 'linux', version: '1.0-1' } },
      { ...ofDebian, name: 'linux' },
      'low',
      /whole source/,
    ],
    ['what only an SBOM states', { ...lodash, analyzer: 'embedded-sbom' }, {}, 'medium', /SBOM/],
  ])('%s', (_name, subject, affected, level, reason) => {
    const confidence = sureOf(subject, advisory('feed', affected));
    expect(confidence).toMatchObject({ level });
    expect(confidence?.reason).toMatch(reason);
  });

  it('sinks where a source of equal weight says otherwise, and both are named', () => {
    const fixed = advisory('b-feed', { ranges: [{ introduced: null, fixed: '0.9.0', lastAffected: null }] });
    const [finding] = find(lodash, advisory('a-feed', {}), fixed);
    expect(finding?.evidence).toMatchObject({
      advisories: [{ feed: 'a-feed' }],
      disagreeing: [{ feed: 'b-feed', id: 'CVE-2024-0001', says: 'fixed' }],
      confidence: { level: 'medium', reason: 'sources differ: b-feed says fixed' },
    });
  });

  it("stays where a distribution's record overrules its notice, who is still named", () => {
    const record = advisory('tracker', {
      ...ofDebian,
      ranges: [{ introduced: null, fixed: '2.0-1', lastAffected: null }],
    });
    const notice = advisory(
      'notices',
      { ...ofDebian, ranges: [{ introduced: null, fixed: '0.5-1', lastAffected: null }] },
      { id: 'DSA-1', aliases: ['CVE-2024-0001', 'CVE-2024-0002'] },
    );
    const finding = find(openssl, record, notice).find(({ id }) => id === 'CVE-2024-0001');
    expect(finding?.evidence).toMatchObject({
      confidence: { level: 'high' },
      disagreeing: [{ feed: 'notices', says: 'fixed' }],
    });
  });
});

describe('what a source tells of a project', () => {
  const crate = pkg({ type: 'cargo', name: 'old', version: '1.0.0' });
  const ofCrate = { ecosystem: 'cargo', name: 'old', scheme: 'cargo', ranges: [] } as const;

  it.each(['unmaintained', 'unsound', 'notice'] as const)('is set aside and counts nothing: %s', (urgency) => {
    const [finding] = find(crate, advisory('rust-rustsec', { ...ofCrate, urgency }));
    expect(finding).toMatchObject({
      status: 'not-affected',
      setAside: { kind: urgency },
      risk: 0,
      explanation: finding?.setAside?.reason,
    });
  });

  it('is a flaw where another source sees one', () => {
    const rated = advisory('osv-crates', { ...ofCrate, urgency: 'high' });
    const [finding] = find(crate, advisory('rust-rustsec', { ...ofCrate, urgency: 'unsound' }), rated);
    expect(finding?.setAside).toBeUndefined();
    expect(finding?.risk).toBeGreaterThan(0);
  });
});

describe('severity', () => {
  const cvss = [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', source: 'nvd' }];
  const rated = (subject: Package, urgency: string | null, affected: Partial<AffectedPackage>, scored = true) =>
    find(subject, advisory('feed', { ...affected, urgency }, { cvss: scored ? cvss : [] }))[0];

  it.each<[string, Package, string | null, Partial<AffectedPackage>, boolean, object]>([
    ["is the vendor's word first", openssl, 'medium', ofDebian, true, ['medium', 'feed', 'severe']],
    ["keeps the score in the vendor's band", openssl, 'critical', ofDebian, true, ['critical', 'feed', 'critical']],
    ['is not what a tracker guessed', openssl, 'low**', ofDebian, true, ['critical', 'nvd', 'critical']],
    [
      'is of the score where the vendor rates nothing',
      openssl,
      'not yet assigned',
      ofDebian,
      true,
      ['critical', 'nvd', 'critical'],
    ],
    ["is of the score before a stranger's word", lodash, 'low', {}, true, ['critical', 'nvd', 'critical']],
    ["is a stranger's word where there is no score", lodash, 'low', {}, false, ['low', 'feed', 'moderate']],
    ['is unknown where nobody rates it', lodash, null, {}, false, ['unknown', null, 'severe']],
  ])('%s', (_name, subject, urgency, affected, scored, expected) => {
    const finding = rated(subject, urgency, affected, scored);
    expect([finding?.severity, finding?.severitySource, finding?.rating]).toEqual(expected);
  });

  it('leaves the risk to the score, so that it compares over vendors', () => {
    expect(rated(openssl, 'low', ofDebian)?.risk).toBe(rated(openssl, null, ofDebian)?.risk);
    expect(rated(openssl, 'unimportant', ofDebian)?.risk).toBeLessThan(50);
  });
});
