import { describe, expect, it } from 'vitest';
import type { Advisory, AdvisoryLookup, DatabaseSource, VulnerabilityFacts } from './advisory.ts';
import type { IgnoreRule } from './assess/ignore-rule.ts';
import { type AssessmentInputs, assess } from './assess.ts';
import type { AssessmentState } from './assessment.ts';
import type { Inventory, OperatingSystem, Package } from './package.ts';
import type { Problem } from './problem.ts';
import type { VexStatement } from './vex/index.ts';

const now = Date.parse('2026-08-23T12:00:00Z');

const debian: OperatingSystem = {
  id: 'debian',
  version: '11',
  name: 'Debian GNU/Linux 11 (bullseye)',
  idLike: [],
  codename: 'bullseye',
};

function pkg(more: Partial<Package> & Pick<Package, 'type' | 'name' | 'version'>): Package {
  return {
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
  };
}

const openssl = pkg({
  type: 'deb',
  name: 'openssl',
  version: '1.1.1k-1',
  distribution: { id: 'debian', release: '11' },
  layer: 'sha256:base',
});
const lodash = pkg({ type: 'npm', name: 'lodash', version: '4.17.4', paths: ['app/node_modules/lodash/package.json'] });
const goTool = pkg({ type: 'golang', name: 'example.org/tool', version: 'v1.2.3' });
const gem = pkg({ type: 'gem', name: 'rack', version: '2.0.0' });

const source = (more: Partial<DatabaseSource>): DatabaseSource => ({
  id: 'debian-tracker',
  updatedAt: '2026-08-22T00:00:00Z',
  extent: 'whole',
  records: 1,
  ecosystems: ['debian:11'],
  licence: null,
  ...more,
});

const advisoryOf = (
  id: string,
  ecosystem: string,
  name: string,
  fixed: string | null,
  more: Partial<Advisory> = {},
): Advisory => ({
  id,
  feed: ecosystem,
  aliases: [],
  published: null,
  modified: null,
  withdrawn: null,
  cvss: [],
  references: [],
  categories: [],
  affected: [
    {
      ecosystem,
      name,
      nameKind: ecosystem.includes(':') ? 'source' : 'package',
      scheme: ecosystem.startsWith('debian') ? 'deb' : 'npm',
      ranges: [{ introduced: null, fixed, lastAffected: null }],
      versions: [],
      expression: null,
      status: 'affected',
      urgency: null,
    },
  ],
  ...more,
});

const advisories: readonly Advisory[] = [
  advisoryOf('CVE-2022-0778', 'debian:11', 'openssl', '1.1.1k-1+deb11u2'),
  advisoryOf('CVE-2021-0001', 'debian:11', 'openssl', null),
  advisoryOf('CVE-2020-0001', 'debian:11', 'openssl', '1.1.1j-1'),
  advisoryOf('CVE-2026-0001', 'debian:11', 'linux', '6.1.1-1'),
  advisoryOf('GHSA-aaaa-bbbb-cccc', 'npm', 'lodash', '4.17.5', { aliases: ['CVE-2018-3721'] }),
];

const kev: VulnerabilityFacts = {
  id: 'CVE-2018-3721',
  published: '2018-06-07T00:00:00Z',
  cvss: { score: 9.8, vector: null, source: 'nvd' },
  epss: { probability: 0.001, date: '2026-08-22', model: null },
  kev: { addedAt: '2026-08-01', ransomware: false },
  exploit: 'none',
  categories: [],
};

function database(sources: readonly DatabaseSource[], calls: string[] = []): AdvisoryLookup {
  return {
    revision: 'r1',
    builtAt: '2026-08-22T06:00:00Z',
    sources,
    advisoriesFor(keys) {
      calls.push(`advisories ${keys.length}`);
      return advisories.filter((one) =>
        one.affected.some((entry) => keys.some((key) => key.ecosystem === entry.ecosystem && key.name === entry.name)),
      );
    },
    factsFor(ids) {
      calls.push(`facts ${ids.join(' ')}`);
      return new Map(ids.flatMap((id) => (id === kev.id ? [[id, kev]] : [])));
    },
    supportOf: (distribution, release) =>
      distribution === 'debian' && release === '11'
        ? { distribution, release, endOfLife: '2024-08-14', extendedEndOfLife: '2026-08-31' }
        : undefined,
  };
}

const npmSource = source({ id: 'ghsa', ecosystems: ['npm'] });
const goSource = source({ id: 'go-vulndb', ecosystems: ['golang'] });
const full = database([source({}), npmSource, goSource]);

function run(inventory: Partial<Inventory>, more: Partial<AssessmentInputs> = {}) {
  return assess({
    image: {
      name: 'app:1',
      id: null,
      source: 'docker-archive',
      digests: [],
      tags: [],
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      created: null,
      size: null,
      layers: [],
    },
    inventory: { operatingSystem: null, packages: [], problems: [], ...inventory },
    database: full,
    now,
    readBy: 'console',
    tool: { version: '0.1.0' },
    ...more,
  });
}

const codes = (problems: readonly Problem[]): string[] => problems.map((problem) => problem.code);
const unreadable: Problem = { code: 'unreadable', path: 'var/lib/dpkg/status', layer: null, detail: 'x' };

describe('the state of an assessment', () => {
  const cases: readonly [string, Partial<Inventory>, AdvisoryLookup | null, AssessmentState, readonly string[]][] = [
    ['all covered', { operatingSystem: debian, packages: [openssl, lodash] }, full, 'complete', []],
    ['a scratch image with one Go program', { packages: [goTool] }, full, 'complete', []],
    [
      'a scratch image with one Go program, whose reader says that there is no system',
      { packages: [goTool], problems: [{ code: 'no-operating-system', path: null, layer: null, detail: 'none' }] },
      full,
      'complete',
      ['no-operating-system'],
    ],
    ['nothing recognised', {}, full, 'not-assessable', ['no-operating-system']],
    ['no database', { operatingSystem: debian, packages: [openssl] }, null, 'not-assessable', ['advisories-missing']],
    [
      'a distribution without advisories',
      { operatingSystem: debian, packages: [openssl] },
      database([npmSource]),
      'not-assessable',
      ['advisories-missing'],
    ],
    [
      'a distribution without advisories beside a covered language',
      { operatingSystem: debian, packages: [openssl, lodash] },
      database([npmSource]),
      'partial',
      ['advisories-missing'],
    ],
    [
      'a language without advisories',
      { operatingSystem: debian, packages: [openssl, gem] },
      full,
      'partial',
      ['advisories-missing'],
    ],
    [
      'an excerpt',
      { operatingSystem: debian, packages: [openssl] },
      database([source({ extent: 'excerpt' })]),
      'partial',
      ['advisories-excerpt'],
    ],
    [
      'five days old',
      { operatingSystem: debian, packages: [openssl] },
      database([source({ updatedAt: '2026-08-18T12:00:00Z' })]),
      'complete',
      [],
    ],
    [
      'more than five days old',
      { operatingSystem: debian, packages: [openssl] },
      database([source({ updatedAt: '2026-08-18T11:59:59Z' })]),
      'partial',
      ['advisories-old'],
    ],
    [
      'of an unreadable date',
      { operatingSystem: debian, packages: [openssl] },
      database([source({ updatedAt: 'yesterday' })]),
      'partial',
      ['advisories-old'],
    ],
    [
      'an unreadable package database, whatever else was found',
      { operatingSystem: debian, packages: [lodash], problems: [unreadable] },
      full,
      'not-assessable',
      ['unreadable'],
    ],
    [
      'a package database of which one entry was unreadable',
      { operatingSystem: debian, packages: [openssl], problems: [unreadable] },
      full,
      'partial',
      ['unreadable'],
    ],
    [
      'a system whose packages are gone',
      { operatingSystem: debian, packages: [lodash] },
      full,
      'partial',
      ['unreadable'],
    ],
    ['a system without any package', { operatingSystem: debian }, full, 'not-assessable', ['unreadable']],
    [
      'one broken file',
      { operatingSystem: debian, packages: [openssl], problems: [{ ...unreadable, path: 'app/x.jar' }] },
      full,
      'partial',
      ['unreadable'],
    ],
    [
      'only packages that a distribution without advisories owns',
      { operatingSystem: debian, packages: [openssl, { ...lodash, ownedBy: 'node-lodash' }] },
      database([npmSource]),
      'not-assessable',
      ['advisories-missing'],
    ],
  ];

  it('is partial from the day after the last one of its release, long-term support included, and says which', () => {
    const stateOn = (day: string) => {
      const at = Date.parse(`${day}T12:00:00Z`);
      const sources = [source({ updatedAt: `${day}T00:00:00Z` })];
      const inventory = { operatingSystem: debian, packages: [openssl] };
      const { assessment } = run(inventory, { now: at, database: database(sources) });
      return [assessment.state, ...assessment.problems.map(({ code, detail }) => `${code}: ${detail}`)];
    };
    // Regular support ended in 2024.
    expect(stateOn('2026-08-31')).toEqual(['complete']);
    expect(stateOn('2026-09-01')).toEqual([
      'partial',
      expect.stringMatching(/^release-ended: The advisories of .* ended on 2026-08-31: .*silence proves nothing/),
    ]);
  });

  it.each(cases)('%s', (_name, inventory, lookup, state, expected) => {
    const report = run(inventory, { database: lookup });
    expect(report.assessment.state).toBe(state);
    expect(codes(report.assessment.problems)).toEqual(expected);
    if (state === 'not-assessable') expect(report.risk.score).toBeNull();
    else expect(report.risk.score).not.toBeNull();
  });

  it('names source, date and extent for each ecosystem that it needs, the better source first', () => {
    const lookup = database([
      source({ id: 'excerpt', extent: 'excerpt', updatedAt: '2026-08-23T00:00:00Z' }),
      source({ updatedAt: '2026-08-21T00:00:00Z' }),
      source({ id: 'younger' }),
    ]);
    const owned = { ...lodash, ownedBy: 'node-lodash' };
    expect(
      run({ operatingSystem: debian, packages: [openssl, gem, owned] }, { database: lookup }).assessment.coverage,
    ).toEqual([
      { ecosystem: 'debian:11', source: 'younger', updatedAt: '2026-08-22T00:00:00Z', extent: 'whole' },
      { ecosystem: 'gem', source: null, updatedAt: null, extent: 'none' },
    ]);
  });
});

describe('the findings of an assessment', () => {
  const inventory = { operatingSystem: debian, packages: [openssl, lodash] };

  it('stand by risk, with summary, image risk and end of life', () => {
    const report = run(inventory);
    expect(
      report.findings.map(({ id, status, risk, fixedIn, layer }) => ({ id, status, risk, fixedIn, layer })),
    ).toEqual([
      { id: 'CVE-2018-3721', status: 'fixed-available', risk: 898, fixedIn: ['4.17.5'], layer: null },
      { id: 'CVE-2021-0001', status: 'affected', risk: 131, fixedIn: [], layer: 'sha256:base' },
      {
        id: 'CVE-2022-0778',
        status: 'fixed-available',
        risk: 131,
        fixedIn: ['1.1.1k-1+deb11u2'],
        layer: 'sha256:base',
      },
    ]);
    expect(report.summary).toEqual({
      critical: 1,
      severe: 2,
      moderate: 0,
      total: 3,
      fixable: 2,
      exploitable: 1,
      ignored: 0,
      severity: { critical: 1, high: 0, medium: 0, low: 0, negligible: 0, unknown: 2 },
    });
    expect(report.risk).toEqual({ score: 899, total: 1160, model: 'open-1' });
    expect(report.image).toMatchObject({
      platform: 'linux/arm64/v8',
      os: { id: 'debian', version: '11', endOfLife: '2024-08-14' },
    });
  });

  it('take one look-up for all advisories and one for the facts of what is open', () => {
    const calls: string[] = [];
    run(inventory, { database: database([source({}), npmSource], calls) });
    expect(calls).toEqual(['advisories 2', 'facts CVE-2018-3721 CVE-2021-0001 CVE-2022-0778']);
  });

  it('do not depend on the order of packages, and count a package at two places once', () => {
    const twice = { ...lodash, paths: ['other/node_modules/lodash/package.json'] };
    const report = run({ operatingSystem: debian, packages: [openssl, lodash, twice] });
    expect(run({ operatingSystem: debian, packages: [twice, lodash, openssl] })).toEqual(report);
    expect(report.packages).toHaveLength(3);
    expect(report.findings).toHaveLength(3);
  });

  it('leave a package that the distribution owns to the distribution', () => {
    const report = run({ operatingSystem: debian, packages: [openssl, { ...lodash, ownedBy: 'node-lodash' }] });
    expect(report.findings.map((finding) => finding.package.name)).toEqual(['openssl', 'openssl']);
  });

  it('show an unreadable version as undetermined, and say so', () => {
    const report = run({ packages: [{ ...lodash, version: 'final\u001b[2J' }] });
    expect(report.assessment.state).toBe('partial');
    expect(report.findings.map((finding) => finding.status)).toEqual(['undetermined']);
    expect(report.assessment.problems).toEqual([
      {
        code: 'undetermined-version',
        path: 'app/node_modules/lodash/package.json',
        layer: null,
        detail: `Version "final\\x1b[2J" of lodash can't be read: one advisory about it can neither be confirmed nor ruled out.`,
      },
    ]);
  });
});

describe('what is no vulnerability of the image', () => {
  const libcDev = pkg({
    type: 'deb',
    name: 'linux-libc-dev',
    version: '5.10.1-1',
    source: { name: 'linux', version: '5.10.1-1' },
    distribution: { id: 'debian', release: '11' },
  });
  const kernel = { ...libcDev, name: 'linux-image-5.10.0-1-amd64', purl: 'pkg:deb/linux-image@5.10.1-1' };

  it('is listed with its reason and counts nowhere: headers of the kernel', () => {
    const report = run({ operatingSystem: debian, packages: [libcDev] });
    expect(report.findings).toEqual([]);
    expect(report.ignored).toMatchObject([
      {
        finding: { id: 'CVE-2026-0001', status: 'not-affected', risk: 0, setAside: { kind: 'kernel-headers' } },
        reason: 'only headers of the kernel are installed; a container runs the kernel of its host',
        source: 'hullcheck kernel-headers',
      },
    ]);
    expect(report.risk).toMatchObject({ score: 0, total: 0 });
    expect(report.summary).toMatchObject({ total: 0, ignored: 1 });
  });

  it('leaves the kernel itself, and yields to a rule that answers it', () => {
    const rule = { id: 'CVE-2026-0001', package: libcDev.purl, reason: 'ours', source: 'file', expiresAt: null };
    const report = run({ operatingSystem: debian, packages: [kernel, libcDev] }, { ignore: [rule] });
    expect(report.findings.map((finding) => finding.package.name)).toEqual([kernel.name]);
    expect(report.findings[0]?.risk).toBeGreaterThan(0);
    expect(report.ignored.map(({ reason }) => reason)).toEqual(['ours']);
  });
});

describe('ignore rules', () => {
  const inventory = { operatingSystem: debian, packages: [openssl, lodash] };
  const rule = (more: Partial<IgnoreRule>): IgnoreRule => ({
    id: null,
    package: null,
    reason: 'not reachable',
    source: '.trivyignore:1',
    expiresAt: null,
    ...more,
  });

  it.each<[string, Partial<IgnoreRule>, readonly string[]]>([
    ['by id', { id: 'cve-2018-3721' }, ['CVE-2018-3721']],
    ['by alias', { id: 'GHSA-aaaa-bbbb-cccc' }, ['CVE-2018-3721']],
    ['by package name', { package: 'openssl' }, ['CVE-2021-0001', 'CVE-2022-0778']],
    ['by purl', { package: 'pkg:npm/lodash@4.17.4' }, ['CVE-2018-3721']],
    ['by purl without version', { package: 'pkg:npm/lodash' }, ['CVE-2018-3721']],
    ['by another version', { package: 'pkg:npm/lodash@4.17' }, []],
    ['by both, where one does not fit', { id: 'CVE-2018-3721', package: 'openssl' }, []],
    ['that name nothing', {}, []],
    ['that have passed', { id: 'CVE-2018-3721', expiresAt: '2026-08-23' }, []],
    ['that will pass', { id: 'CVE-2018-3721', expiresAt: '2026-08-24' }, ['CVE-2018-3721']],
    ['whose end is unreadable', { id: 'CVE-2018-3721', expiresAt: 'soon' }, []],
  ])('%s', (_name, more, expected) => {
    const report = run(inventory, { ignore: [rule(more)] });
    expect(report.ignored.map((one) => one.finding.id)).toEqual(expected);
    expect(report.ignored.every((one) => one.reason === 'not reachable' && one.source === '.trivyignore:1')).toBe(true);
    expect(report.summary).toMatchObject({ total: 3 - expected.length, ignored: expected.length });
    expect(report.findings.some((finding) => expected.includes(finding.id))).toBe(false);
  });

  it('count once in both risks, however many packages of one source have the vulnerability', () => {
    const one = run({ operatingSystem: debian, packages: [openssl] });
    const second = { ...openssl, purl: `${openssl.purl}-second`, name: 'second' };
    const two = run({ operatingSystem: debian, packages: [openssl, second] });
    expect(one.findings.length).toBeGreaterThan(0);
    expect(two.findings).toHaveLength(2 * one.findings.length);
    expect(two.risk).toEqual(one.risk);
  });

  it('leave the risk to what is still open', () => {
    expect(run(inventory, { ignore: [rule({ id: 'CVE-2018-3721' })] }).risk).toMatchObject({ score: 132, total: 262 });
  });
});

describe("a vendor's statements on its own products", () => {
  const said = (status: VexStatement['status'], product: string): VexStatement => ({
    vulnerability: ['CVE-2022-0778'],
    products: [{ names: [product], parts: [[openssl.purl]] }],
    status,
    justification: 'vulnerable_code_not_present',
    note: null,
    at: '2026-08-01T00:00:00Z',
    source: 'hub app.json',
    place: 'statements[0]',
  });
  const name = 'pkg:oci/app?repository_url=example.org/app';
  const asked: (readonly string[])[] = [];
  const hub: AdvisoryLookup = {
    ...full,
    vendorStatements(products) {
      asked.push(products);
      return products.includes('oci:example.org/app') ? [said('not_affected', name)] : [];
    },
  };
  const inventory = { operatingSystem: debian, packages: [openssl] };
  const served = { image: { ...run({}).image, platform: null, name: 'example.org/app:1', source: 'registry' } };
  const idsOf = ({ findings, ignored }: ReturnType<typeof run>) => [
    findings.map(({ id }) => id).sort(),
    ignored.map(({ finding, reason, source: from }) => [finding.id, reason, from]),
  ];
  const both = [['CVE-2021-0001', 'CVE-2022-0778'], []];

  it('answer with their reason and source', () => {
    const answered = [
      ['CVE-2021-0001'],
      [['CVE-2022-0778', 'not_affected, vulnerable_code_not_present', 'hub app.json statements[0] of 2026-08-01']],
    ];
    expect(idsOf(run(inventory, { ...served, database: hub }))).toEqual(answered);
    expect(asked).toEqual([['oci:example.org/app']]);
  });

  it('answer nothing in an image that only calls itself so, nor where they are not wanted', () => {
    const archive = { ...served.image, source: 'docker-archive', tags: ['example.org/app:1'] };
    expect(idsOf(run(inventory, { image: archive, database: hub }))).toEqual(both);
    expect(idsOf(run(inventory, { ...served, database: hub, vendorStatements: false }))).toEqual(both);
  });

  it('yield to what the user states, even where that is older', () => {
    const own = { ...said('affected', name), at: '2020-01-01T00:00:00Z', source: 'mine.json' };
    const report = run(inventory, { ...served, database: hub, vex: [own] });
    expect(idsOf(report)).toEqual(both);
    const [finding] = report.findings.filter(({ id }) => id === 'CVE-2022-0778');
    expect(finding?.evidence.vex?.source).toContain('mine.json');
  });
});
