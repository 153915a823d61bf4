import { beforeAll, expect, it } from 'vitest';
import { type Case, cveOf, differencesIn, osvZip, type Pair, type WrittenFeed } from './written-bounds.testing.ts';

// Feeds of distributions of which no snapshot lies in the mirror, at their bounds: records in the form of each, with versions
// that rpm, apk, dpkg and pacman themselves have put in order.

const erratum = (prefix: string) => (one: Case) => `${prefix}-2024:${one.number}`;
const fixedIn = ({ ranges }: Case): string => ranges[0]?.fixed ?? '';

/** Builds as repositories name them, by epoch, version and release. */
const BUILD = /^(?:(\d{1,9}):)?([\w.+~^]+)-([\w.+~^]+)$/;
const areBuilds = ({ a, b, sign }: Pair): boolean => sign !== '?' && [a, b].every((text) => BUILD.test(text));

const rpmFeed = (
  feed: string,
  id: string,
  release: string,
  more: Pick<WrittenFeed, 'idOf' | 'write'> & Partial<WrittenFeed>,
): WrittenFeed => ({
  feed,
  tables: ['rpm-generated.txt'],
  takes: areBuilds,
  kinds: ['fixed'],
  subject: ({ key, version }) => ({
    type: 'rpm',
    name: key,
    source: { name: key, version },
    distribution: { id, release },
  }),
  ...more,
});

function updateinfo(prefix: string, cases: readonly Case[]): string {
  const updates = cases.map((one) => {
    const [, epoch = '0', version = '', release = ''] = BUILD.exec(fixedIn(one)) ?? [];
    const cve = cveOf(one);
    return `<update type="security" status="final"><id>${prefix}-2024-${one.number}</id><title>${cve}</title>
<issued date="2024-01-02 12:00:00"/><severity>medium</severity>
<references><reference id="${cve}" type="cve" href="https://example.com/${cve}" title="${cve}"/></references>
<pkglist><collection><package name="${one.key}" epoch="${epoch}" version="${version}" release="${release}" arch="x86_64"/></collection></pkglist></update>`;
  });
  return `<updates>${updates.join('\n')}</updates>`;
}

interface OvalForm {
  readonly metadata: (one: Case) => string;
  readonly release: { readonly name: string; readonly state: string; readonly comment: string };
}

function oval(cases: readonly Case[], { metadata, release }: OvalForm): string {
  const each = (write: (one: Case) => string) => cases.map(write).join('\n');
  const evr = (text: string) => (/^\d+:/.test(text) ? text : `0:${text}`);
  return `<?xml version="1.0"?><oval_definitions xmlns:red="x"><definitions>
${each(
  (
    one,
  ) => `<definition id="d:${one.number}" class="patch"><metadata>${metadata(one)}</metadata><criteria operator="AND">
<criterion test_ref="t:0" comment="${release.comment}"/><criterion test_ref="t:${one.number}" comment="${one.key} is earlier"/></criteria></definition>`,
)}</definitions><tests>
<red:rpminfo_test id="t:0"><red:object object_ref="o:0"/><red:state state_ref="s:0"/></red:rpminfo_test>
${each(({ number }) => `<red:rpminfo_test id="t:${number}"><red:object object_ref="o:${number}"/><red:state state_ref="s:${number}"/></red:rpminfo_test>`)}
</tests><objects><red:rpminfo_object id="o:0"><red:name>${release.name}</red:name></red:rpminfo_object>
${each(({ number, key }) => `<red:rpminfo_object id="o:${number}"><red:name>${key}</red:name></red:rpminfo_object>`)}
</objects><states><red:rpminfo_state id="s:0">${release.state}</red:rpminfo_state>
${each((one) => `<red:rpminfo_state id="s:${one.number}"><red:evr datatype="evr_string" operation="less than">${evr(fixedIn(one))}</red:evr></red:rpminfo_state>`)}
</states></oval_definitions>`;
}

const elsa = ({ number }: Case) => `ELSA-2024-${number}`;
const oracle: OvalForm = {
  metadata: (one) => `<title>${elsa(one)}: ${one.key} security update</title>
<reference source="elsa" ref_id="${elsa(one)}" ref_url="https://linux.oracle.com/errata/${elsa(one)}.html"/>
<reference source="CVE" ref_id="${cveOf(one)}" ref_url="https://linux.oracle.com/cve/${cveOf(one)}.html"/>
<advisory><severity>MODERATE</severity><issued date="2024-01-02"/><cve>${cveOf(one)}</cve></advisory>`,
  release: {
    name: 'oraclelinux-release',
    state: '<red:version operation="pattern match">^8</red:version>',
    comment: 'Oracle Linux 8 is installed',
  },
};
const suse: OvalForm = {
  metadata: (one) => `<title>${cveOf(one)}</title>
<reference source="SUSE CVE" ref_id="SUSE ${cveOf(one)}" ref_url="https://www.suse.com/security/cve/${cveOf(one)}"/>
<advisory><issued date="2024-01-02"/><severity>Moderate</severity></advisory>`,
  release: {
    name: 'sles-release',
    state: '<red:version operation="equals">15.6</red:version>',
    comment: 'SUSE Linux Enterprise Server 15 SP6 is installed',
  },
};

const secdb = (cases: readonly Case[]): string =>
  JSON.stringify({
    packages: cases.map((one) => ({ pkg: { name: one.key, secfixes: { [fixedIn(one)]: [cveOf(one)] } } })),
  });
const apkFeed = (feed: string, id: string): WrittenFeed => ({
  feed,
  tables: ['apk.txt', 'apk-generated.txt'],
  kinds: ['fixed'],
  idOf: cveOf,
  subject: ({ key, version }) => ({
    type: 'apk',
    name: `${key}-libs`,
    source: { name: key, version },
    distribution: { id, release: '' },
  }),
  write: (cases) => ({ 'security.json': secdb(cases) }),
});

const FEEDS: readonly WrittenFeed[] = [
  rpmFeed('rocky-osv', 'rocky', '9', {
    // Builds of module streams are judged by their stream, which an erratum's title names.
    takes: (pair) => areBuilds(pair) && !/\.module[_+]/.test(pair.b),
    idOf: erratum('RLSA'),
    write: (cases) => ({
      'rocky.zip': osvZip(cases, erratum('RLSA'), (one) => ({
        ecosystem: 'Rocky Linux:9',
        name: one.key,
        summary: `Moderate: ${one.key} security update`,
        related: [cveOf(one)],
      })),
    }),
  }),
  rpmFeed('amazon-updateinfo', 'amzn', '2023', {
    idOf: ({ number }) => `ALAS-2024-${number}`,
    write: (cases) => ({ 'amzn2023/core.xml': updateinfo('ALAS', cases) }),
  }),
  rpmFeed('fedora-updates', 'fedora', '42', {
    idOf: ({ number }) => `FEDORA-2024-${number}`,
    write: (cases) => ({ 'fedora-42.xml': updateinfo('FEDORA', cases) }),
  }),
  rpmFeed('oracle-oval', 'ol', '8', {
    idOf: elsa,
    write: (cases) => ({ 'com.oracle.elsa-2024.xml': oval(cases, oracle) }),
  }),
  rpmFeed('suse-oval', 'sles', '15.6', {
    idOf: cveOf,
    write: (cases) => ({ 'suse.linux.enterprise.server.15.xml': oval(cases, suse) }),
  }),
  rpmFeed('photon-cve', 'photon', '5.0', {
    takes: ({ a, b, sign }) => areBuilds({ a, b, sign }) && /^(?:\d+:)?\d/.test(b) && /-\w[^-]*$/.test(b),
    idOf: cveOf,
    write: (cases) => ({
      'cve_data_photon5.0.json': JSON.stringify(
        cases.map((one) => ({
          cve_id: cveOf(one),
          pkg: one.key,
          cve_score: 7.5,
          aff_ver: `all versions before ${fixedIn(one)} are vulnerable`,
          res_ver: fixedIn(one),
          status: 'Fixed',
        })),
      ),
    }),
  }),
  {
    feed: 'arch-avg',
    tables: ['alpm.txt', 'alpm-generated.txt'],
    kinds: ['fixed'],
    idOf: ({ number }) => `AVG-${number}`,
    subject: ({ key }) => ({ type: 'alpm', name: key, distribution: { id: 'arch', release: '' } }),
    write: (cases) => ({
      'all.json': JSON.stringify(
        cases.map((one) => ({
          name: `AVG-${one.number}`,
          packages: [one.key],
          status: 'Fixed',
          severity: 'Medium',
          type: 'unknown',
          affected: one.version,
          fixed: fixedIn(one),
          issues: [cveOf(one)],
          advisories: [],
        })),
      ),
    }),
  },
  apkFeed('wolfi-secdb', 'wolfi'),
  apkFeed('chainguard-secdb', 'chainguard'),
  {
    feed: 'ubuntu-osv',
    tables: ['deb.txt', 'deb-generated.txt'],
    idOf: cveOf,
    subject: ({ key, version }) => ({
      type: 'deb',
      name: `${key}-binary`,
      source: { name: key, version },
      distribution: { id: 'ubuntu', release: '24.04' },
    }),
    // The form has fixes alone, and what was withdrawn.
    kinds: ['fixed', 'withdrawn'],
    write: (cases) => ({
      'ubuntu-osv.zip': osvZip(
        cases,
        (one) => `UBUNTU-${cveOf(one)}`,
        ({ key }) => ({ ecosystem: 'Ubuntu:24.04:LTS', name: key }),
      ),
    }),
  },
];

let differences: Awaited<ReturnType<typeof differencesIn>>;
beforeAll(async () => {
  differences = await differencesIn(FEEDS, 250);
}, 120_000);

it.each(FEEDS.map(({ feed }) => feed))('%s', (feed) => {
  const { judged = 0, affected = 0, wrong } = differences.get(feed) ?? {};
  expect(wrong).toEqual([]);
  expect(judged).toBeGreaterThan(200);
  expect(affected).toBeGreaterThan(80);
});
