import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage, VulnerabilityFacts } from '../advisory.ts';
import { ecosystemOf, findMatcher, lookupsOf, MATCHERS } from './catalogue.ts';
import { judgeSubject } from './judgement.ts';
import type { Matchable, VerdictKind } from './matcher.ts';

const noFacts: ReadonlyMap<string, VulnerabilityFacts> = new Map();

function advisory(id: string, affected: Partial<AffectedPackage>, rest: Partial<Advisory> = {}): Advisory {
  const entry: AffectedPackage = {
    ecosystem: 'npm',
    name: 'lodash',
    nameKind: 'package',
    scheme: 'npm',
    ranges: [],
    versions: [],
    expression: null,
    status: 'affected',
    urgency: null,
    ...affected,
  };
  return {
    id,
    feed: 'test',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [entry],
    ...rest,
  };
}

const below = (fixed: string, introduced: string | null = null): AffectedPackage['ranges'] => [
  { introduced, fixed, lastAffected: null },
];

const lodash: Matchable = { type: 'npm', name: 'lodash', version: '4.17.4', source: null, distribution: null };
const libssl: Matchable = {
  type: 'deb',
  name: 'libssl1.1',
  version: '1.1.1k-1+b1',
  source: { name: 'openssl', version: '1.1.1k-1' },
  distribution: { id: 'debian', release: '11' },
};
const libcrypto: Matchable = {
  type: 'apk',
  name: 'libcrypto3',
  version: '3.3.0-r2',
  source: { name: 'openssl', version: '3.3.0-r2' },
  distribution: { id: 'alpine', release: '3.20' },
};

function only(pkg: Matchable, ...advisories: Advisory[]) {
  const judgements = judgeSubject(pkg, advisories, noFacts);
  expect(judgements).toHaveLength(1);
  const [judgement] = judgements;
  if (judgement === undefined) throw new Error('no judgement');
  return judgement;
}

describe('Debian', () => {
  const entry = (more: Partial<AffectedPackage>): Partial<AffectedPackage> => ({
    ecosystem: 'debian:11',
    name: 'openssl',
    nameKind: 'source',
    scheme: 'deb',
    ...more,
  });

  it.each<[string, Partial<AffectedPackage>, VerdictKind, readonly string[]]>([
    ['a fix above', { ranges: below('1.1.1n-0+deb11u2') }, 'affected', ['1.1.1n-0+deb11u2']],
    ['the fix itself, as a binNMU', { ranges: below('1.1.1k-1') }, 'fixed', []],
    ['an epoch above', { ranges: below('1:0.1-1') }, 'affected', ['1:0.1-1']],
    ['never affected (fixed in 0)', { ranges: below('0') }, 'not-affected', []],
    ['open without a fix', {}, 'affected', []],
    ['open, no bounds', { ranges: [{ introduced: null, fixed: null, lastAffected: null }] }, 'affected', []],
    ['ignored by the security team', { status: 'will-not-fix' }, 'will-not-fix', []],
    ['not affected', { status: 'not-affected' }, 'not-affected', []],
    ['undetermined', { status: 'undetermined' }, 'undetermined', []],
    ['end of life', { urgency: 'end-of-life' }, 'affected', []],
  ])('%s', (_name, more, verdict, fixedIn) => {
    expect(only(libssl, advisory('CVE-2022-0778', entry(more)))).toMatchObject({
      verdict,
      fixedIn,
      evidence: { rule: 'debian-source', compared: '1.1.1k-1', via: 'openssl' },
    });
  });

  it('compares the source version where dpkg names none: without +bN', () => {
    const pkg: Matchable = { ...libssl, name: 'openssl', source: null };
    const judged = only(pkg, advisory('CVE-2022-0778', entry({ ranges: below('1.1.1k-1') })));
    expect(judged).toMatchObject({ verdict: 'fixed', evidence: { compared: '1.1.1k-1', via: null } });
  });

  it('never judges a derivative or another release', () => {
    const found = advisory('CVE-2022-0778', entry({}));
    expect(lookupsOf({ ...libssl, distribution: { id: 'raspbian', release: '11' } })).toEqual([]);
    expect(judgeSubject({ ...libssl, distribution: { id: 'debian', release: '12' } }, [found], noFacts)).toEqual([]);
    expect(judgeSubject({ ...libssl, source: null }, [found], noFacts)).toEqual([]);
  });

  it('takes "unimportant" for negligible above any score, and other urgencies only without a score', () => {
    const cvss = [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', source: 'nvd' }];
    expect(only(libssl, advisory('CVE-2022-0001', entry({ urgency: 'unimportant' }), { cvss }))).toMatchObject({
      severity: 'negligible',
      rating: 'moderate',
      risk: 4,
      cvss: { score: 9.8, source: 'nvd' },
    });
    expect(only(libssl, advisory('CVE-2022-0001', entry({ urgency: 'low**' }), { cvss }))).toMatchObject({
      severity: 'critical',
    });
    expect(only(libssl, advisory('CVE-2022-0001', entry({ urgency: 'low**' })))).toMatchObject({
      severity: 'low',
      cvss: null,
    });
    expect(only(libssl, advisory('CVE-2022-0001', entry({ urgency: 'not yet assigned' })))).toMatchObject({
      severity: 'unknown',
      risk: 131,
    });
  });

  it('reads a notice about several CVEs as word on each of them, below the record of the CVE itself', () => {
    const notice = advisory('DSA-5103-1', entry({ ranges: below('1.1.1k-1+deb11u2') }), {
      feed: 'dsa',
      aliases: ['CVE-2022-0778', 'CVE-2022-9999'],
    });
    const record = advisory('CVE-2022-0778', entry({ ranges: below('1.1.1k-1') }));
    const judged = judgeSubject(libssl, [notice, record], noFacts);
    expect(judged.map(({ id, verdict, aliases }) => [id, verdict, aliases])).toEqual([
      ['CVE-2022-0778', 'fixed', []],
      ['CVE-2022-9999', 'affected', []],
    ]);
    expect(judged[0]?.evidence.disagreeing).toEqual([{ feed: 'dsa', id: 'DSA-5103-1', says: 'affected' }]);
  });
});

describe('Alpine', () => {
  const entry = (more: Partial<AffectedPackage>): Partial<AffectedPackage> => ({
    ecosystem: 'alpine:3.20',
    name: 'openssl',
    nameKind: 'source',
    scheme: 'apk',
    ...more,
  });

  it.each<[string, Partial<AffectedPackage>, VerdictKind | undefined]>([
    ['a fix above, through the origin', { ranges: below('3.3.0-r3') }, 'affected'],
    ['the fix itself', { ranges: below('3.3.0-r2') }, 'fixed'],
    ['never affected', { ranges: below('0') }, 'not-affected'],
    [
      'a source that names the binary',
      { name: 'libcrypto3', nameKind: 'binary', ranges: below('3.3.1-r0') },
      'affected',
    ],
    [
      'a source package that is only called like the binary',
      { name: 'libcrypto3', ranges: below('3.3.1-r0') },
      undefined,
    ],
    ['another branch', { ecosystem: 'alpine:3.19', ranges: below('3.3.1-r0') }, undefined],
  ])('%s', (_name, more, verdict) => {
    expect(judgeSubject(libcrypto, [advisory('CVE-2024-5535', entry(more))], noFacts)[0]?.verdict).toBe(verdict);
  });
});

describe('language ecosystems', () => {
  it.each<[string, Matchable, string, string]>([
    ['npm', { ...lodash, name: '@Scope/x' }, 'npm', '@Scope/x'],
    ['PEP 503', { ...lodash, type: 'pypi', name: 'Zope.Interface__X' }, 'pypi', 'zope-interface-x'],
    ['a Go module', { ...lodash, type: 'golang', name: 'github.com/A/b' }, 'golang', 'github.com/A/b'],
    ['the standard library', { ...lodash, type: 'golang', name: 'std' }, 'golang', 'stdlib'],
    ['the go command', { ...lodash, type: 'golang', name: 'cmd' }, 'golang', 'toolchain'],
    ['Node.js itself', { ...lodash, type: 'generic', name: 'node' }, 'nodejs', 'node'],
  ])('%s', (_name, pkg, ecosystem, name) => {
    expect(lookupsOf(pkg)).toEqual([{ ecosystem, name }]);
    expect(ecosystemOf(pkg)).toBe(ecosystem);
  });

  it('name the ecosystem of a package that no matcher knows', () => {
    expect(ecosystemOf({ ...lodash, type: 'gem' })).toBe('gem');
    expect(ecosystemOf({ ...libssl, distribution: { id: 'ubuntu', release: '24.04' } })).toBe('ubuntu:24.04');
    expect(findMatcher({ ...lodash, type: 'generic', name: 'busybox' })).toBeUndefined();
  });

  it('name as fix the smallest version above that is not itself affected', () => {
    const ranges = [...below('2.0.0', '1.0.0'), ...below('1.2.0', '1.1.0'), ...below('2.3.0', '2.2.0')];
    expect(only({ ...lodash, version: '1.1.5' }, advisory('CVE-2020-0001', { ranges }))).toMatchObject({
      verdict: 'affected',
      fixedIn: ['2.0.0'],
      evidence: { range: '>= 1.0.0, < 2.0.0' },
    });
    expect(only({ ...lodash, version: '2.1.0' }, advisory('CVE-2020-0001', { ranges })).verdict).toBe('fixed');
    expect(only({ ...lodash, version: '0.9.0' }, advisory('CVE-2020-0001', { ranges })).verdict).toBe('not-affected');
  });

  it('read exact versions, last affected versions and expressions', () => {
    const lastAffected = [{ introduced: '4.0.0', fixed: null, lastAffected: '4.17.4' }];
    expect(only(lodash, advisory('CVE-2020-0001', { ranges: lastAffected })).evidence.range).toBe(
      '>= 4.0.0, <= 4.17.4',
    );
    expect(only(lodash, advisory('CVE-2020-0001', { versions: ['4.17.3', '4.17.4'] })).verdict).toBe('affected');
    expect(only(lodash, advisory('CVE-2020-0001', { versions: ['4.17.3'] })).verdict).toBe('not-affected');
    expect(only(lodash, advisory('CVE-2020-0001', { expression: '<4.17.5 || >=5 <5.1' })).verdict).toBe('affected');
    expect(only(lodash, advisory('CVE-2020-0001', { expression: '<4.17.4' })).verdict).toBe('not-affected');
  });

  it('leave a version undetermined that can not be parsed: neither clean nor dropped', () => {
    const odd: Matchable = { ...lodash, version: '(devel)' };
    expect(only(odd, advisory('CVE-2020-0001', { ranges: below('5.0.0') }))).toMatchObject({
      verdict: 'undetermined',
      unparsable: '(devel)',
    });
    const vague = only(lodash, advisory('CVE-2020-0001', { ranges: below('soon') }));
    expect(vague).toMatchObject({ verdict: 'undetermined', unparsable: '< soon' });
    // What needs no version needs no parsable one.
    expect(only(odd, advisory('CVE-2020-0001', {})).verdict).toBe('affected');
    expect(only(odd, advisory('CVE-2020-0001', { ranges: below('0') })).verdict).toBe('not-affected');
  });
});

describe('what an advisory says in words', () => {
  it.each<[string, Partial<Matchable>, string, Readonly<Record<string, VerdictKind>>]>([
    ['npm', {}, '>1.0.0 <2.0.0', { '1.0.0': 'not-affected', '1.5.0-rc.1': 'affected', '2.0.0-rc.1': 'affected' }],
    ['composer', { type: 'composer' }, '>8.7.3,<8.7.5', { '8.7.3': 'not-affected', '8.7.5-beta1': 'affected' }],
    ['pep440', { type: 'pypi' }, '>1.0,<2.0', { '1.0': 'not-affected', '1.0.post1': 'affected', '2.0rc1': 'affected' }],
    // No plain comparisons.
    ['npm', {}, '^1.2.0', { '1.3.0': 'affected', '2.0.0': 'not-affected' }],
  ])('in plain comparisons means the plain order: %s %j %s', (scheme, more, expression, verdicts) => {
    const pkg = { ...lodash, ...more };
    const entry = { ecosystem: ecosystemOf(pkg), scheme: scheme as AffectedPackage['scheme'], expression };
    const judged = Object.keys(verdicts).map((version) => [
      version,
      only({ ...pkg, version }, advisory('CVE-2024-1', entry)).verdict,
    ]);
    expect(Object.fromEntries(judged)).toEqual(verdicts);
  });
});

describe('one flaw is one finding', () => {
  it('over the aliases of several sources, named by its CVE', () => {
    const judged = only(
      lodash,
      advisory('GHSA-aaaa-bbbb-cccc', { ranges: below('4.17.5') }, { feed: 'ghsa', aliases: ['CVE-2018-3721'] }),
      advisory('PYSEC-2018-1', { ranges: below('4.17.6') }, { feed: 'pysec', aliases: ['GHSA-aaaa-bbbb-cccc'] }),
      advisory('GO-2018-1', { ranges: below('4.17.5') }, { feed: 'go', aliases: ['CVE-2018-3721'] }),
    );
    expect(judged.id).toBe('CVE-2018-3721');
    expect(judged.aliases).toEqual(['GHSA-aaaa-bbbb-cccc', 'GO-2018-1', 'PYSEC-2018-1']);
    // 4.17.5 would leave what PYSEC says.
    expect(judged.fixedIn).toEqual(['4.17.6']);
    expect(judged.evidence.advisories.map((one) => one.feed)).toEqual(['ghsa', 'go', 'pysec']);
  });

  it('with a fix that ends it for every source, or with what each names where they leave none', () => {
    const other = [...below('4.17.9', '4.17.5')];
    const first = advisory('CVE-2018-3721', { ranges: below('4.17.5') }, { feed: 'a' });
    const second = advisory('CVE-2018-3721', { ranges: [...below('4.17.5'), ...other] }, { feed: 'b' });
    expect(only(lodash, first, second).fixedIn).toEqual(['4.17.9']);
    expect(only(lodash, first, advisory('CVE-2018-3721', {}, { feed: 'c' })).fixedIn).toEqual(['4.17.5']);
  });

  it('without a fix where the same advisory still calls the fixed version affected', () => {
    // GO-2026-5148 has one entry from 3.6.5 on without an end, and one that ends in 3.7.14; PYSEC-2023-177 lists its own fix.
    const endless = advisory('CVE-2026-40886', { ranges: below('4.17.14', '4.0.0') });
    const [entry] = endless.affected;
    if (entry === undefined) throw new Error('no entry');
    const open = { ...entry, ranges: [{ introduced: '3.6.5', fixed: null, lastAffected: null }] };
    expect(only(lodash, { ...endless, affected: [open, entry] })).toMatchObject({ verdict: 'affected', fixedIn: [] });
    const listed = advisory('CVE-2023-41419', { ranges: below('4.17.14'), versions: ['4.17.4', '4.17.14'] });
    expect(only(lodash, listed)).toMatchObject({ verdict: 'affected', fixedIn: [] });
    // Fixed in 4.17.14, opened anew by that, fixed in 4.17.15.
    const again = { ...entry, ranges: [...below('4.17.15', '4.17.14'), ...below('4.18.2', '4.18.0')] };
    expect(only(lodash, { ...endless, affected: [entry, again] }).fixedIn).toEqual(['4.17.15']);
    const elsewhere = { ...entry, ranges: below('3.9.9', '3.0.0') };
    expect(only(lodash, { ...endless, affected: [elsewhere, entry] }).fixedIn).toEqual(['4.17.14']);
  });

  it('that is gone at the version named as fix', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3)).map(([minor, patch]) => `1.${minor}.${patch}`);
    const range = fc
      .tuple(version, version)
      .map(([a, b]) => (a < b ? below(b, a) : below(a, b))[0])
      .map((one) => one ?? { introduced: null, fixed: null, lastAffected: null });
    const ranges = fc.array(range, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(version, fc.array(ranges, { minLength: 1, maxLength: 3 }), (installed, sources) => {
        const advisories = sources.map((some, at) =>
          advisory('CVE-2020-0001', { ranges: some }, { feed: `feed-${at}` }),
        );
        const judged = only({ ...lodash, version: installed }, ...advisories);
        for (const fix of judged.fixedIn) {
          const upgraded = only({ ...lodash, version: fix }, ...advisories);
          // Several sources may leave no common fix; then each is an upgrade for its own source at least.
          if (sources.length === 1) expect(upgraded.verdict).not.toBe('affected');
          expect(fix > installed).toBe(true);
        }
      }),
    );
  });

  it('believes the source that says affected, and keeps who said otherwise', () => {
    const judged = only(
      lodash,
      advisory('CVE-2018-3721', { status: 'not-affected' }, { feed: 'a' }),
      advisory('GHSA-aaaa-bbbb-cccc', { ranges: below('4.17.5') }, { feed: 'b', aliases: ['CVE-2018-3721'] }),
    );
    expect(judged.verdict).toBe('affected');
    expect(judged.evidence.disagreeing).toEqual([{ feed: 'a', id: 'CVE-2018-3721', says: 'not-affected' }]);
  });

  it('never takes two CVEs for one', () => {
    const both = advisory('NSWG-12', { ranges: below('5.0.0') }, { aliases: ['CVE-2018-0001', 'CVE-2018-0002'] });
    expect(judgeSubject(lodash, [both], noFacts).map((one) => one.id)).toEqual(['CVE-2018-0001', 'CVE-2018-0002']);
  });

  it('is silent about what was withdrawn', () => {
    const withdrawn = advisory('CVE-2018-3721', {}, { withdrawn: '2020-01-01T00:00:00Z' });
    expect(judgeSubject(lodash, [withdrawn], noFacts)).toEqual([]);
  });

  const names = fc.constantFrom('CVE-2020-0001', 'CVE-2020-0002', 'GHSA-a', 'GHSA-b', 'GO-1', 'GO-2', 'PYSEC-1');
  const some = fc.uniqueArray(
    fc.record({ id: names, feed: fc.constantFrom('a', 'b'), aliases: fc.uniqueArray(names, { maxLength: 3 }) }),
    { selector: ({ id, feed }) => `${feed}${id}`, maxLength: 7 },
  );

  it('whatever the order in which sources come', () => {
    fc.assert(
      fc.property(some, fc.infiniteStream(fc.nat()), (records, keys) => {
        const advisories = records.map(({ id, ...rest }) => advisory(id, { ranges: below('5.0.0') }, rest));
        const weights = new Map(advisories.map((one) => [one, keys.next().value ?? 0]));
        const shuffled = [...advisories].sort((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
        const judged = judgeSubject(lodash, advisories, noFacts);
        expect(judgeSubject(lodash, shuffled, noFacts)).toEqual(judged);
        // Every CVE named is found, every advisory is evidence somewhere, and no id comes twice.
        const named = new Set(
          advisories.flatMap((one) => [one.id, ...one.aliases]).filter((id) => id.startsWith('CVE-')),
        );
        const ids = judged.map((one) => one.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.filter((id) => id.startsWith('CVE-')).sort()).toEqual([...named].sort());
        const heard = new Set(
          judged.flatMap((one) => one.evidence.advisories.map((source) => source.feed + source.id)),
        );
        expect(heard.size).toBe(advisories.length);
      }),
    );
  });
});

describe('Ubuntu', () => {
  const bash: Matchable = { ...libssl, name: 'bash', source: null, distribution: { id: 'ubuntu', release: '16.04' } };
  const said = (feed: string, more: Partial<AffectedPackage>): Advisory =>
    advisory(
      'CVE-2016-1',
      { ecosystem: 'ubuntu:16.04', name: 'bash', nameKind: 'source', scheme: 'deb', ...more },
      { feed },
    );
  const open: Partial<AffectedPackage> = { ranges: [{ introduced: null, fixed: null, lastAffected: null }] };

  it.each<[VerdictKind, Partial<AffectedPackage>]>([
    ['will-not-fix', { ...open, status: 'will-not-fix' }],
    ['under-investigation', { ...open, status: 'under-investigation' }],
    ['undetermined', { ...open, status: 'undetermined' }],
    ['affected', open],
  ])('says why a flaw is open as the tracker does, whatever its form in OSV leaves out: %s', (verdict, tracker) => {
    const [first, second] = [said('ubuntu-cve-tracker', tracker), said('ubuntu-osv', open)];
    expect(only(bash, first, second).verdict).toBe(verdict);
    expect(only(bash, second, first).verdict).toBe(verdict);
    expect(only(bash, second).verdict).toBe('affected');
  });

  it('takes a fix from either of the two', () => {
    const tracker = said('ubuntu-cve-tracker', { ...open, status: 'will-not-fix' });
    const osv = said('ubuntu-osv', { ranges: below('2.0-1') });
    expect(only(bash, tracker, osv)).toMatchObject({ verdict: 'affected', fixedIn: ['2.0-1'] });
  });
});

describe('what a finding shows', () => {
  const facts: ReadonlyMap<string, VulnerabilityFacts> = new Map([
    [
      'CVE-2020-0001',
      {
        id: 'CVE-2020-0001',
        published: '2020-02-01T00:00:00Z',
        cvss: { score: 5, vector: null, source: 'nvd' },
        epss: { probability: 0.5, date: '2026-08-01', model: 'v5' },
        kev: { addedAt: '2021-01-01', ransomware: true },
        exploit: 'attacked',
        categories: ['CWE-119', 'CWE-787', 'NVD-CWE-noinfo'],
      },
    ],
  ]);

  it('comes from the advisories first and the facts then', () => {
    const [judged] = judgeSubject(
      lodash,
      [
        advisory(
          'CVE-2020-0001',
          { ranges: below('5.0.0') },
          {
            cvss: [
              { vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', source: 'a' },
              { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', source: 'b' },
              { vector: 'CVSS:3.1/nonsense', source: 'c' },
            ],
            references: [
              { source: 'x', url: 'javascript:alert(1)' },
              { source: 'x', url: 'https://example.org/b' },
              { source: 'y', url: 'https://example.org/a' },
              { source: 'z', url: 'https://example.org/b' },
            ],
          },
        ),
      ],
      facts,
    );
    expect(judged).toMatchObject({
      title: 'Out-of-bounds write in lodash',
      cvss: { score: 7.5, source: 'b' },
      severity: 'high',
      rating: 'critical',
      kev: true,
      epss: 0.5,
      exploit: 'attacked',
      risk: 638,
      published: '2020-02-01T00:00:00Z',
      references: [
        { source: 'cve', url: 'https://www.cve.org/CVERecord?id=CVE-2020-0001' },
        { source: 'y', url: 'https://example.org/a' },
        { source: 'x', url: 'https://example.org/b' },
      ],
    });
  });

  it('leads to the pages of the distribution and of each id first', () => {
    const entry = { ecosystem: 'debian:11', name: 'openssl', nameKind: 'source', scheme: 'deb' } as const;
    const judged = only(
      libssl,
      advisory('CVE-2022-0778', entry, { aliases: ['GHSA-x3mh-jvjw-3xwx', 'GO-2022-0001"><'] }),
    );
    expect(judged.references.map((one) => one.url)).toEqual([
      'https://security-tracker.debian.org/tracker/CVE-2022-0778',
      'https://www.cve.org/CVERecord?id=CVE-2022-0778',
      'https://github.com/advisories/GHSA-x3mh-jvjw-3xwx',
    ]);
  });

  it('falls back to the score of the facts', () => {
    const [judged] = judgeSubject(lodash, [advisory('CVE-2020-0001', {})], facts);
    expect(judged?.cvss).toEqual({ score: 5, vector: null, source: 'nvd' });
  });
});

describe('the catalogue', () => {
  it('has one matcher for each kind of package, each with its own id', () => {
    expect(new Set(MATCHERS.map((matcher) => matcher.id)).size).toBe(MATCHERS.length);
    for (const pkg of [lodash, libssl, libcrypto]) {
      expect(MATCHERS.filter((matcher) => matcher.lookups(pkg).length > 0)).toHaveLength(1);
    }
  });
});

describe('rpm packages', () => {
  const pkg = (more: Partial<Matchable> = {}): Matchable => ({
    type: 'rpm',
    name: 'nodejs-libs',
    version: '1:18.9.0-1',
    source: { name: 'nodejs', version: '1:18.9.0-1' },
    distribution: { id: 'almalinux', release: '8' },
    ...more,
  });
  const advisory = (entry: Partial<Advisory['affected'][number]>): Advisory => ({
    id: 'ALSA-2022:7821',
    feed: 'almalinux-osv',
    aliases: ['CVE-2022-35255'],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [
      {
        ecosystem: 'almalinux:8',
        name: 'nodejs-libs',
        nameKind: 'binary',
        scheme: 'rpm',
        ranges: [{ introduced: null, fixed: '1:18.9.1-1', lastAffected: null }],
        versions: [],
        expression: null,
        status: 'affected',
        urgency: null,
        ...entry,
      },
    ],
  });
  const module = 'nodejs:18:8070020220929142229:bd1311ed';

  it.each<[string, Partial<Matchable>, Partial<Advisory['affected'][number]>, string | undefined]>([
    ['by the binary package', {}, {}, 'affected'],
    ['the fix itself', { version: '1:18.9.1-1' }, {}, 'fixed'],
    ['an epoch outweighs a version', { version: '2:1.0-1' }, {}, 'fixed'],
    ['by the source package', {}, { name: 'nodejs', nameKind: 'source' }, 'affected'],
    ['of the same stream', { module }, { module: 'nodejs:18' }, 'affected'],
    ['of another stream', { module }, { module: 'nodejs:20' }, undefined],
    ['of a stream whose name begins alike', { module }, { module: 'nodejs:1' }, undefined],
    ['a module build by a plain advisory', { module }, {}, undefined],
    ['a plain build by a module advisory', {}, { module: 'nodejs:18' }, undefined],
    ['of another release', { distribution: { id: 'almalinux', release: '9' } }, {}, undefined],
  ])('are judged %s', (_, more, entry, expected) => {
    const subject = pkg(more);
    expect(findMatcher(subject)?.judge(subject, advisory(entry))?.kind).toBe(expected);
  });

  it('ask under the names of both the package and its source', () => {
    expect(lookupsOf(pkg())).toEqual([
      { ecosystem: 'almalinux:8', name: 'nodejs-libs' },
      { ecosystem: 'almalinux:8', name: 'nodejs' },
    ]);
    expect(lookupsOf(pkg({ distribution: null }))).toEqual([]);
  });
});
