import { readdirSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { advise } from '../advice/advise.ts';
import type { Report } from '../assessment.ts';
import { parseDigest } from '../digest.ts';
import type { Finding } from '../finding.ts';
import type { Package } from '../package.ts';
import { REPORT_FORMATS } from './catalogue.ts';
import { cyclonedx } from './cyclonedx/index.ts';
import type { RenderOptions, ReportFormat } from './format.ts';
import { json } from './json/index.ts';
import { shareWords } from './share.ts';
import { table } from './table/index.ts';

const plain: RenderOptions = { color: false, today: '2026-08-23' };

function digest(letter: string) {
  const found = parseDigest(`sha256:${letter.repeat(64)}`);
  if (found === undefined) throw new Error(letter);
  return found;
}

const openssl: Package = {
  purl: 'pkg:deb/debian/libssl1.1@1.1.1k-1?arch=amd64&distro=debian-11',
  type: 'deb',
  name: 'libssl1.1',
  version: '1.1.1k-1',
  architecture: 'amd64',
  source: { name: 'openssl', version: '1.1.1k-1' },
  distribution: { id: 'debian', release: '11' },
  licenses: ['OpenSSL', 'custom: see file'],
  layer: digest('a'),
  paths: ['var/lib/dpkg/status'],
  direct: null,
  ownedBy: null,
  analyzer: 'dpkg',
};
const lodash: Package = {
  ...openssl,
  purl: 'pkg:npm/%40evil/lodash@4.17.4',
  type: 'npm',
  name: '@evil/lodash\u001b[2J\u202e',
  version: '4.17.4',
  architecture: null,
  source: null,
  distribution: null,
  licenses: [],
  layer: digest('b'),
  paths: ['app/node_modules/@evil/lodash/package.json'],
  direct: true,
  analyzer: 'npm',
};

const first: Finding = {
  id: 'CVE-2018-3721',
  aliases: ['GHSA-fvqr-27wr-82fm'],
  title: 'Prototype pollution in lodash',
  categories: ['CWE-1321'],
  references: [{ source: 'web', url: 'https://example.org/CVE-2018-3721' }],
  severity: 'critical',
  rating: 'critical',
  cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', source: 'nvd' },
  status: 'fixed-available',
  fixedIn: ['4.17.5'],
  package: { purl: lodash.purl, name: lodash.name, version: lodash.version },
  layer: digest('b'),
  published: '2018-06-07T00:00:00Z',
  kev: true,
  epss: 0.001,
  exploit: 'weaponized',
  risk: 898,
  explanation: '9.8 CVSS (impact 0.97) × likelihood 0.93 because CISA KEV lists it',
  evidence: {
    rule: 'npm-range',
    range: '< 4.17.5',
    compared: '4.17.4',
    via: null,
    advisories: [{ feed: 'ghsa', id: 'GHSA-fvqr-27wr-82fm' }],
    disagreeing: [{ feed: 'other', id: 'CVE-2018-3721', says: 'not-affected' }],
  },
};
const second: Finding = {
  ...first,
  id: 'CVE-2022-0778',
  aliases: [],
  title: 'Endless loop in libssl1.1',
  categories: ['CWE-835'],
  references: [],
  severity: 'unknown',
  rating: 'severe',
  cvss: null,
  fixedIn: ['1.1.1n-0+deb11u2'],
  package: { purl: openssl.purl, name: openssl.name, version: openssl.version },
  layer: digest('a'),
  published: '2022-03-15',
  kev: false,
  epss: null,
  exploit: 'none',
  risk: 131,
  evidence: {
    rule: 'debian-source',
    range: '< 1.1.1n-0+deb11u2',
    compared: '1.1.1k-1',
    via: 'openssl',
    advisories: [],
  },
};
const third: Finding = {
  ...second,
  id: 'CVE-2021-0001',
  severity: 'negligible',
  rating: 'moderate',
  status: 'will-not-fix',
  fixedIn: [],
  risk: 4,
};

const withoutAdvice: Report = {
  schemaVersion: 1,
  tool: { name: 'hullcheck', version: '0.1.0' },
  database: {
    revision: 'r1',
    builtAt: '2026-08-22T06:00:00Z',
    sources: [{ id: 'debian-tracker', updatedAt: '2026-08-21T00:00:00Z' }],
  },
  image: {
    id: digest('c'),
    name: 'registry.example/app:1',
    source: 'docker-archive',
    digests: [{ kind: 'manifest', digest: digest('d'), repository: 'registry.example/app' }],
    tags: ['registry.example/app:1'],
    platform: 'linux/amd64',
    created: '2026-08-01T00:00:00Z',
    size: 67_300_000,
    os: {
      id: 'debian',
      version: '11',
      name: 'Debian GNU/Linux 11 (bullseye)',
      endOfLife: '2024-08-14',
      extendedEndOfLife: '2026-08-31',
    },
    layers: [
      { diffId: digest('a'), digest: digest('e'), size: 60_000_000, createdBy: 'ADD file:… in /', empty: false },
      { diffId: null, digest: null, size: null, createdBy: 'CMD ["bash"]', empty: true },
      { diffId: digest('b'), digest: digest('f'), size: 7_300_000, createdBy: 'COPY . /app', empty: false },
    ],
  },
  assessment: {
    state: 'partial',
    problems: [
      {
        code: 'advisories-excerpt',
        path: null,
        layer: null,
        detail: 'debian-tracker holds only an excerpt for debian:11; what it does not name may still be affected.',
      },
      { code: 'unreadable', path: 'app/broken.json', layer: digest('b'), detail: 'Not JSON.' },
    ],
    coverage: [
      { ecosystem: 'debian:11', source: 'debian-tracker', updatedAt: '2026-08-21T00:00:00Z', extent: 'excerpt' },
      { ecosystem: 'gem', source: null, updatedAt: null, extent: 'none' },
    ],
    readBy: 'console',
  },
  packages: [openssl, lodash, { ...lodash, paths: ['app/other/node_modules/@evil/lodash/package.json'] }],
  findings: [first, second, third],
  ignored: [{ finding: { ...third, id: 'CVE-2021-0002' }, reason: 'not reachable', source: '.trivyignore:1' }],
  summary: {
    critical: 1,
    severe: 1,
    moderate: 1,
    total: 3,
    fixable: 2,
    exploitable: 1,
    ignored: 1,
    severity: { critical: 1, high: 0, medium: 0, low: 0, negligible: 1, unknown: 1 },
  },
  risk: { score: 899, total: 1033, model: 'open-1' },
};

/** No advisories are asked: the findings name their fixes. */
const withAdvice = (report: Report): Report => ({
  ...report,
  advice: advise({ ...report, advisoriesOf: () => [], releaseEnded: null }),
});
const sample = withAdvice(withoutAdvice);

const empty: Report = withAdvice({
  ...sample,
  database: null,
  image: { ...sample.image, id: null, os: null, size: null, platform: null, digests: [], tags: [], layers: [] },
  assessment: {
    state: 'not-assessable',
    problems: [{ code: 'no-operating-system', path: null, layer: null, detail: 'Nothing was found.' }],
    coverage: [],
    readBy: 'console',
  },
  packages: [],
  findings: [],
  ignored: [],
  summary: { ...sample.summary, critical: 0, severe: 0, moderate: 0, total: 0, ignored: 0 },
  risk: { score: null, total: 0, model: 'open-1' },
});

const render = (format: ReportFormat, report: Report, options = plain): string =>
  [...format.render(report, options)].join('');

describe('the table', () => {
  it('shows what it is, how far it could be judged, what to do first, and every finding', async () => {
    await expect(render(table, sample)).toMatchFileSnapshot('testdata/sample.txt');
  });

  it('never calls an image clean that could not be judged', async () => {
    await expect(render(table, empty)).toMatchFileSnapshot('testdata/not-assessable.txt');
    expect(render(table, empty)).not.toMatch(/clean(?!, it is unknown)|none\b(?! found)/);
  });

  it('gives one row to one flaw in the packages of one source, in the numbers of its fix', () => {
    const binary = (name: string, layer = openssl.layer): Package => ({
      ...openssl,
      name,
      version: '1:9.9',
      purl: `pkg:deb/debian/${name}@1:9.9`,
      layer,
    });
    const of = (pkg: Package, more: Partial<Finding> = {}): Finding => ({
      ...second,
      package: { purl: pkg.purl, name: pkg.name, version: pkg.version },
      layer: pkg.layer,
      ...more,
    });
    const rowsOf = (packages: readonly Package[], findings: readonly Finding[]): readonly string[] => {
      const lines = render(table, { ...sample, packages, findings }).split('\n');
      return lines.slice(lines.findIndex((line) => line.startsWith('RISK')) + 1);
    };
    const [libssl, devel] = [binary('libssl1.1'), binary('libssl-dev')];
    const shared = rowsOf([libssl, devel], [of(libssl), of(devel)]);
    expect(shared[0]).toMatch(/ openssl \(libssl-dev, libssl1\.1\) +1\.1\.1k-1 +1\.1\.1n-0\+deb11u2 /);
    expect(shared.slice(1)).toEqual(['', '2 findings in 1 row: packages built from one source share a row.', '']);
    const many = Array.from({ length: 9 }, (_, at) => binary(`libssl-part${at}`));
    expect(
      rowsOf(
        many,
        many.map((pkg) => of(pkg)),
      )[0],
    ).toContain(' openssl (9 packages) ');
    // Another fix, another layer or another flaw is another row.
    expect(rowsOf([libssl, devel], [of(libssl), of(devel, { fixedIn: ['2'] })])).toHaveLength(3);
    expect(rowsOf([libssl, devel], [of(libssl), of(devel, { layer: 'sha256:other' })])).toHaveLength(3);
    expect(rowsOf([libssl], [of(libssl), of(libssl, { id: 'CVE-2000-0001' })])).toHaveLength(3);
  });

  it('is written for more findings than the stack holds arguments', () => {
    const findings = Array.from({ length: 130_000 }, (_, at): Finding => ({ ...second, id: `CVE-2000-${at}` }));
    const text = render(table, withAdvice({ ...sample, packages: [openssl], findings }));
    expect(text).toContain('ends 130000 findings');
    expect(text).toContain(' CVE-2000-129999 ');
  });

  it('cuts a problem that would fill the screen', () => {
    const detail = `Version "${'9'.repeat(5000)}" can't be read.`;
    const problems = [{ code: 'undetermined-version', path: null, layer: null, detail }] as const;
    const text = render(table, { ...sample, assessment: { ...sample.assessment, problems } });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(300);
  });

  it('colours only when asked, and then says the same', () => {
    const colored = render(table, sample, { ...plain, color: true });
    expect(render(table, sample)).not.toContain('\u001b');
    expect(colored).toContain('\u001b[1;31mcritical\u001b[0m');
    expect(colored.replace(/\u001b\[[0-9;]*m/g, '')).toBe(render(table, sample));
  });

  it('passes nothing foreign on that could move the cursor', () => {
    const evil = '\u001b]0;x\u0007\r\n\u009b2J\u202e';
    const hostile: unknown = JSON.parse(
      JSON.stringify(sample, (key, value: unknown) =>
        typeof value === 'string' && !['state', 'extent', 'severity', 'rating', 'status', 'exploit'].includes(key)
          ? `${value}${evil}`
          : value,
      ),
    );
    const text = render(table, hostile as Report);
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text)).toBe(false);
    expect(text.split('\n')).toHaveLength(render(table, sample).split('\n').length);
  });
});

describe('what no package explains', () => {
  const weighed = (files: number, bytes: number): Report => ({
    ...sample,
    assessment: {
      ...sample.assessment,
      confidence: {
        executables: {
          files: 320,
          bytes: 50_000_000,
          unclaimed: {
            files,
            bytes,
            largest: Array.from({ length: Math.min(10, files) }, (_, at) => ({
              path: `app/b${at}\u001b[2J`,
              bytes: 9,
            })),
          },
        },
      },
    },
  });
  const unknown: Report = { ...sample, assessment: { ...sample.assessment, confidence: { executables: null } } };

  it('stands in the head of the table, with the largest by name', () => {
    const head = render(table, weighed(4, 6_000_000));
    expect(head).toContain(
      '  Programs    320 executables, 50.0 MB; 12 % of their bytes are not explained by any package:\n',
    );
    expect(head).toContain('\n              app/b0\\x1b[2J, app/b1\\x1b[2J, app/b2\\x1b[2J and 1 more\n');
    expect(render(table, weighed(0, 0))).toContain('320 executables, 50.0 MB, each explained by a package');
  });

  it.each([
    [0, 10, '0 %'],
    [1, 1000, 'less than 1 %'],
    [6, 50, '12 %'],
    [999, 1000, '99 %'],
    [10, 10, '100 %'],
    [0, 0, '0 %'],
  ])('%d of %d bytes are %s', (part, whole, words) => {
    expect(shareWords(part, whole)).toBe(words);
  });

  it('is null where it is not known, and nobody is shown a zero', () => {
    expect(render(table, unknown)).not.toContain('Programs');
    expect(JSON.parse(render(json, unknown)).assessment.confidence).toEqual({ executables: null });
    expect(render(cyclonedx, unknown)).not.toContain('executables');
    expect(JSON.parse(render(json, weighed(2, 5))).assessment.confidence.executables).toMatchObject({
      files: 320,
      unclaimed: { files: 2, bytes: 5, largest: [{ bytes: 9 }, { bytes: 9 }] },
    });
    expect(JSON.parse(render(cyclonedx, weighed(2, 5))).metadata.component.properties).toContainEqual({
      name: 'hullcheck:executables:unclaimed:bytes',
      value: '5',
    });
  });
});

describe('JSON', () => {
  it('has the fields of the interface in their order', async () => {
    await expect(render(json, sample)).toMatchFileSnapshot('testdata/sample.json');
    expect(JSON.parse(render(json, sample))).toEqual(sample);
  });

  it('is written in pieces, however long it gets', () => {
    const findings = Array.from({ length: 2000 }, () => ({ ...second, title: 'x'.repeat(1000) }));
    let longest = 0;
    for (const piece of json.render({ ...sample, findings }, plain)) longest = Math.max(longest, piece.length);
    expect(longest).toBeLessThan(10_000);
  });

  it('does not depend on the order in which a report was put together', () => {
    const backwards: unknown = JSON.parse(JSON.stringify(sample), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(render(json, backwards as Report)).toBe(render(json, sample));
  });
});

describe('CycloneDX', () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

  it.each<[string, Report]>([
    ['a whole report', sample],
    ['an image of which nothing is known', empty],
    ['only what is in it', { ...sample, findings: [] }],
    [
      'programs with their CPEs',
      {
        ...sample,
        packages: [{ ...lodash, type: 'generic', cpes: ['cpe:2.3:a:erlang:erlang\\/otp:26.1.2:*:*:*:*:*:*:*'] }],
        assessment: {
          ...sample.assessment,
          confidence: { executables: { files: 1, bytes: 2, unclaimed: { files: 0, bytes: 0, largest: [] } } },
        },
      },
    ],
  ])('is valid by the official schema: %s', async (_name, report) => {
    expect(await validator.validate(render(cyclonedx, report))).toBeNull();
  });

  it('is refused by that validator when it is not CycloneDX', async () => {
    expect(await validator.validate(render(cyclonedx, sample).replace('"library"', '"libary"'))).not.toBeNull();
  });

  it('names packages, layers and what hangs on what', async () => {
    await expect(render(cyclonedx, sample)).toMatchFileSnapshot('testdata/sample.cdx.json');
  });

  it('says which package needs which, from every place to the first', () => {
    const packages = [lodash, { ...openssl, paths: ['a'] }, { ...openssl, paths: ['b'] }];
    const relations = [
      { from: openssl.purl, to: lodash.purl },
      { from: lodash.purl, to: 'pkg:npm/gone@1' },
    ];
    const document: { readonly dependencies: readonly unknown[] } = JSON.parse(
      render(cyclonedx, { ...sample, packages, relations }),
    );
    expect(document.dependencies.slice(-3)).toEqual([
      { ref: lodash.purl },
      { ref: openssl.purl, dependsOn: [lodash.purl] },
      { ref: `${openssl.purl}#2`, dependsOn: [lodash.purl] },
    ]);
  });

  it('says that a release has ended, and which packages get no fixes', () => {
    const support = {
      purl: lodash.purl,
      name: lodash.name,
      version: lodash.version,
      status: 'ended' as const,
      since: '2024-01-01',
      subject: 'Lodash 4',
      extendedUntil: null,
      reference: null,
    };
    const ended = { code: 'release-ended' as const, path: null, layer: null, detail: 'It ended on 2026-08-31.' };
    const assessment = { ...sample.assessment, problems: [ended], support: [support] };
    const document: {
      readonly metadata: { readonly component: { readonly properties: readonly unknown[] } };
      readonly compositions?: unknown;
      readonly components: readonly { readonly purl?: string; readonly properties: readonly unknown[] }[];
    } = JSON.parse(render(cyclonedx, { ...sample, assessment }));
    expect(document.metadata.component.properties).toContainEqual({
      name: 'hullcheck:assessment:release-ended',
      value: 'It ended on 2026-08-31.',
    });
    // The list of packages lacks nothing.
    expect(document.compositions).toBeUndefined();
    const said = document.components.filter(({ properties }) => JSON.stringify(properties).includes('support:status'));
    expect(said.map(({ purl }) => purl)).toEqual([lodash.purl, lodash.purl]);
    expect(said[0]?.properties).toEqual(
      expect.arrayContaining([
        { name: 'hullcheck:support:status', value: 'ended' },
        { name: 'hullcheck:support:since', value: '2024-01-01' },
        { name: 'hullcheck:support:of', value: 'Lodash 4' },
      ]),
    );
  });

  it('has a serial number of its content', () => {
    const serial = (report: Report): unknown => JSON.parse(render(cyclonedx, report)).serialNumber;
    expect(serial(sample)).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(serial({ ...sample })).toBe(serial(sample));
    expect(serial({ ...sample, packages: [openssl] })).not.toBe(serial(sample));
  });
});

describe('the catalogue', () => {
  it('lists every format of the folder under the name of its folder', () => {
    const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
      .map((entry) => entry.name);
    expect(folders.length).toBeGreaterThan(0);
    expect(REPORT_FORMATS.map((format) => format.id).sort()).toEqual(folders.sort());
  });
});
