import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseVexDocument } from '@hullcheck/core';
import { feedsFolder } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { almalinuxOsv } from './almalinux-osv/index.ts';
import { alpineSecdb } from './alpine-secdb/index.ts';
import { archAvg } from './arch-avg/index.ts';
import { azurelinuxOval } from './azurelinux-oval/index.ts';
import { bitnamiVulndb } from './bitnami-vulndb/index.ts';
import { feedCatalogue } from './catalogue.ts';
import { chainguardSecdb } from './chainguard-secdb/index.ts';
import { cisaKev } from './cisa-kev/index.ts';
import { debianTracker } from './debian-tracker/index.ts';
import { epss } from './epss/index.ts';
import type { Feed, FeedItem } from './feed.ts';
import { goVulndb } from './go-vulndb/index.ts';
import { photonCve } from './photon-cve/index.ts';
import { redhatCsafVex } from './redhat-csaf-vex/index.ts';
import { rockyOsv } from './rocky-osv/index.ts';
import { suseOval } from './suse-oval/index.ts';
import { tarBytes } from './test-archives.ts';
import { itemsOf } from './test-items.ts';
import { ubuntuCveTracker } from './ubuntu-cve-tracker/index.ts';
import { ubuntuOsv } from './ubuntu-osv/index.ts';
import { wolfiSecdb } from './wolfi-secdb/index.ts';

const archive = path.join(feedsFolder ?? 'absent', 'upstream-format-samples/upstream-format-samples.tar.zst');

/** A sample that a feed reads: under which name the feed gets it, and advisories, facts and skipped records that it makes of it. */
type Sample = readonly [file: string, feed: Feed, as: string, made: readonly [number, number, number]];

const tracker = (id: string): Sample => [
  `vunnel/ubuntu/normalized-cve-data/${id}`,
  ubuntuCveTracker,
  `a.tar/u/active/${id}`,
  [0, 0, 1],
];
const ubuntu = (file: string): Sample => [
  `vunnel/ubuntu/${file}`,
  ubuntuOsv,
  `a.tar/${path.basename(file)}`,
  [1, 0, 0],
];
const alma = (file: string, made: readonly [number, number, number] = [1, 0, 0]): Sample => [
  `vunnel/alma/osv-database/advisories/${file}`,
  almalinuxOsv,
  `a.tar/${path.basename(file)}`,
  made,
];
const rocky = (id: string): Sample => [
  `vunnel/rocky/osv/${id.replace(':', '_')}.json`,
  rockyOsv,
  `a.tar/${id}.json`,
  [1, 0, 0],
];
/** What says only "not affected", and products of which no image is built, make no advisory of a Red Hat document. */
const redHat = (file: string, advisories: 0 | 1): Sample => [
  `claircore/${file}`,
  redhatCsafVex,
  `a.tar/2024/${path.basename(file)}`,
  [advisories, 0, 0],
];

const SAMPLES: readonly Sample[] = [
  // Two definitions say of a package only that it is not affected.
  ['vunnel/sles/suse_truncated.xml', suseOval, 'suse.linux.enterprise.server.15.xml', [2, 0, 2]],
  ['vunnel/wolfi/input/secdb/security.json', wolfiSecdb, 'security.json', [59, 0, 0]],
  ['vunnel/chainguard/input/secdb/security.json', chainguardSecdb, 'security.json', [197, 0, 0]],
  ['vunnel/arch/input/arch-advisories/all.json', archAvg, 'all.json', [5, 0, 0]],
  // A bug fix.
  alma('almalinux8/ALBA-2021:4378.json', [0, 0, 1]),
  alma('almalinux8/ALSA-2023:4520.json'),
  alma('almalinux8/ALSA-2023:5259.json'),
  alma('almalinux9/ALSA-2022:8194.json'),
  alma('almalinux9/ALSA-2024:2433.json'),
  [
    'vunnel/bitnami/vulndb/data/brotli/BIT-brotli-2020-8927.json',
    bitnamiVulndb,
    'a.tar/v/BIT-brotli-2020-8927.json',
    [1, 0, 0],
  ],
  [
    'vunnel/bitnami/vulndb/data/consul/BIT-consul-2021-37219.json',
    bitnamiVulndb,
    'a.tar/v/BIT-consul-2021-37219.json',
    [1, 0, 0],
  ],
  rocky('RLSA-2021:3891'),
  rocky('RLSA-2023:3220'),
  rocky('RLSA-2024:3671'),
  ['vunnel/govulndb/vulndb/ID/GO-2023-1989.json', goVulndb, 'a.tar/ID/GO-2023-1989.json', [1, 0, 0]],
  ['vunnel/govulndb/vulndb/ID/GO-2024-2611.json', goVulndb, 'a.tar/ID/GO-2024-2611.json', [1, 0, 0]],
  ['vunnel/mariner/azure-linux-truncated-3.0-oval.xml', azurelinuxOval, 'azurelinux-3.0-oval.xml', [3, 0, 0]],
  ['vunnel/mariner/mariner-truncated-2.0-oval.xml', azurelinuxOval, 'cbl-mariner-2.0-oval.xml', [5, 0, 0]],
  ['vunnel/photon/input/cve_data_photon1.0.json', photonCve, 'cve_data_photon1.0.json', [3, 0, 0]],
  // One is "fixed" in a version that it doesn't name.
  ['vunnel/photon/input/cve_data_photon4.0.json', photonCve, 'cve_data_photon4.0.json', [5, 0, 1]],
  ['vunnel/alpine/input/secdb/v3.15/community.yaml', alpineSecdb, 'a.tar/s/v3.15/community.yaml', [3, 0, 0]],
  ['vunnel/alpine/input/secdb/v3.15/main.yaml', alpineSecdb, 'a.tar/s/v3.15/main.yaml', [13, 0, 0]],
  ['claircore/alpine/testdata/fetch/v3.10/community.json', alpineSecdb, 'v3.10/community.json', [9, 0, 0]],
  ...['2014/UBUNTU-CVE-2014-2901', '2014/UBUNTU-CVE-2014-9913', '2022/UBUNTU-CVE-2022-24823'].map((one) =>
    ubuntu(`osv-esm-cases/cve/${one}.json`),
  ),
  ...[
    '2013/UBUNTU-CVE-2013-2208',
    '2016/UBUNTU-CVE-2016-20013',
    '2020/UBUNTU-CVE-2020-36325',
    '2021/UBUNTU-CVE-2021-3782',
    '2026/UBUNTU-CVE-2026-1403',
  ].map((one) => ubuntu(`osv/cve/${one}.json`)),
  // vunnel's own form of the tracker's files, in JSON.
  ...['CVE-2012-5124', 'CVE-2013-6627', 'CVE-2022-31258'].map(tracker),
  ['vunnel/kev/valid-catalog-1.json', cisaKev, 'k.json', [0, 3, 0]],
  ['claircore/enricher/kev/testdata/known_exploited_vulnerabilities.json', cisaKev, 'k.json', [0, 2, 0]],
  // Without a date of its own it has that of the snapshot.
  ['vunnel/epss/missing-date.csv', epss, 'e.csv', [0, 5, 0]],
  ['vunnel/epss/example-1.csv', epss, 'e.csv', [0, 5, 0]],
  ['claircore/enricher/epss/testdata/data.csv', epss, 'e.csv', [0, 29, 0]],
  redHat('rhel/vex/testdata/cve-2023-38545.json', 1),
  ...[
    '2022-38752',
    '2023-4154',
    '2023-42670',
    '2024-24786-bad-rpmmod',
    '2024-24786-illegal-module',
    '2024-24786-simple',
  ].map((id) => redHat(`rhel/vex/testdata/cve-${id}.json`, 0)),
  ...['2025-6176', '2026-0968', '2026-2297', '2026-2673', '2026-27142'].map((id) =>
    redHat(`test/acceptance/testdata/cve-${id}.json`, 1),
  ),
  ...['2024-0727-openssl', '2025-40907-perl', '2026-123', '2026-27142-go', '2026-456-python'].map((id) =>
    redHat(`test/acceptance/testdata/cve-${id}.json`, 0),
  ),
];

/** Read by `--vex`, with the number of statements. */
const VEX: Readonly<Record<string, number>> = {
  'vunnel/ubuntu/vex/cve/2016/CVE-2016-20013.json': 2,
  'vunnel/ubuntu/vex/cve/2023/CVE-2023-38545.json': 3,
  'vunnel/chainguard_libraries/input/openvex/maven/spring-security-web.openvex.json': 1,
  'vunnel/chainguard_libraries/input/openvex/pypi/joblib.openvex.json': 1,
  'vunnel/chainguard_libraries/input/openvex/pypi/urllib3.openvex.json': 1,
  'vunnel/hummingbird/input/advisories/2026/cve-2026-12345.json': 3,
  'vunnel/hummingbird/input/advisories/2026/cve-2026-99999.json': 1,
  'vunnel/rhel/csaf/advisories/2024/rhsa-2024_6163.json': 1,
  'vunnel/rhel/csaf/advisories/2024/rhsa-2024_9371.json': 1,
  'vunnel/rhel/csaf/advisories/2025/rhsa-2025_23414.json': 4,
  'vunnel/rhel/csaf/advisories/rhsa-2023_3821.json': 3,
  'vunnel/rhel/csaf/advisories/rhsa-2023_7025.json': 4,
  'vunnel/rhel/csaf/advisories/rhsa-2024_0811.json': 3,
  'vunnel/rhel/csaf/advisories/rhsa-2024_1431.json': 4,
  'vunnel/rhel/csaf/server/2024/rhsa-2024_0010.json': 3,
  'claircore/toolkit/types/csaf/testdata/cve-2021-0084.json': 1,
  'claircore/toolkit/types/csaf/testdata/cve-2024-22047.json': 1,
  'claircore/toolkit/types/csaf/testdata/rhsa-2022-0011.json': 1,
};

/** What no reader takes, and why. */
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [/^(?:vunnel|claircore)\/LICENSE$/, 'no data'],
  [
    /^grype-provider-results\/|^vunnel\/[\w-]+\/snapshots\//,
    "results of vunnel in its own envelope, not a source's form",
  ],
  [/^vunnel\/debian\/input\/legacy\/|^vunnel\/ubuntu\/normalized/, 'a form that only vunnel keeps'],
  [/^vunnel\/debian\/input\//, 'read below, together with the table of releases'],
  [
    /^vunnel\/rhel\/csaf\/server\/(?:deletions|changes)\.csv$|archive_latest\.txt$|delete_|-deleted\.json$/,
    'says which documents changed or went: the archive of a day is taken whole',
  ],
  [
    /^vunnel\/rhel\/(?:oval\/input\/cve|csaf\/hydra|csaf\/input)\//,
    "Red Hat's older interface to single CVEs; CSAF VEX says the same in one archive",
  ],
  [/^claircore\/rhel\/rhcc\//, 'cvemap.xml and labels of images; CSAF VEX says the same by product'],
  [/\.txtar$|csaf_vex_2023-10-31\.tar\.zst$|empty_archive/, "claircore's own bundles of answers of a server"],
  [
    /^claircore\/test\/acceptance\/testdata\/cve.*\.csv$|^claircore\/internal\//,
    "results that claircore's own tests expect",
  ],
  [/^claircore\/photon\//, 'OVAL that VMware no longer publishes; photon-cve says the same'],
  [/^claircore\/aws\//, 'the list of files of a repository; amazon-updateinfo finds its one file in it'],
  [/^vunnel\/amazon\//, "web pages and news of Amazon's advisories; amazon-updateinfo reads their data"],
  [
    /^vunnel\/fedora\//,
    "Bodhi's interface to single updates; fedora-updates reads the repositories' updateinfo, that has them all",
  ],
  [/^vunnel\/ubuntu\/osv\/usn\//, 'notices: the records of the CVEs name the same fixes'],
  [
    /^vunnel\/chainguard\/input\/osv\/|openvex\/all\.json$/,
    "Chainguard's OSV form and list of its documents; chainguard-secdb has the same fixes by CVE",
  ],
  [/^vunnel\/(?:minimos|secureos|echo)\//, 'distributions that no analyzer knows yet: MinimOS, SecureOS, Echo'],
  [
    /^vunnel\/(?:nvd|kev\/single-entry)\/|^claircore\/enricher\/cvss\//,
    'facts, read by the tests of the feeds of facts',
  ],
  [/^vunnel\/epss\/invalid/, 'broken on purpose; refused below'],
  [/^vunnel\/eol\//, 'the interface of endoflife.date to one product at a time; its repository is read whole'],
];

/** Where the other importer takes more than the file says. */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  // "Fixed", in a version that is not named: unfixed there, skipped here.
  photon: ['CVE-2023-50447 python3 None'],
  // Not affected: no entry here, because silence says the same.
  sles: ['CVE-2026-34073 python3-cryptography 0'],
};

/** Entries of the mirror that no feed reads, and why. */
const UNREAD_ENTRIES: Readonly<Record<string, string>> = {
  'upstream-format-samples': 'read file by file below',
  'cve5-records-samples': 'single CVE records of a format, not a feed',
  'endoflife-release-data': "dates of single releases; a release's end is in endoflife-date",
  'cve-vulnrichment': "CISA's assessments are facts of CVE ids",
  retirejs: 'knows browser libraries by file names and contents; their npm packages have advisories in osv.dev',
};

it.skipIf(!existsSync(archive))('every entry of the mirror is read by a feed, or not for a reason', () => {
  const manifest: readonly { readonly id: string }[] = JSON.parse(
    readFileSync(path.join(feedsFolder ?? '', 'MANIFEST.json'), 'utf8'),
  );
  const read = new Set(feedCatalogue.flatMap(({ mirror }) => mirror.map(({ entry }) => entry)));
  expect(manifest.map(({ id }) => id).filter((id) => !read.has(id) && UNREAD_ENTRIES[id] === undefined)).toEqual([]);
});

describe.skipIf(!existsSync(archive))('samples of upstream formats', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-samples-'));
  const bytesOf = (file: string) => readFileSync(path.join(folder, file));
  const read = ([file, feed, as]: Sample): Promise<readonly FeedItem[]> => {
    const [, container, inside = ''] = /^(a\.tar)\/(.*)$/.exec(as) ?? [];
    if (container === undefined) return itemsOf(feed, { [as]: bytesOf(file) });
    return itemsOf(feed, { [container]: tarBytes([{ path: inside, text: bytesOf(file).toString('utf8') }]) });
  };
  beforeAll(() => {
    execFileSync('sh', ['-c', 'zstd --long=24 -dcq "$0" | tar -x --strip-components=1 -C "$1"', archive, folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are each read, or left unread for a reason', () => {
    const known = new Set([...SAMPLES.map(([file]) => file), ...Object.keys(VEX)]);
    const files = globSync('**', { cwd: folder, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => path.relative(folder, path.join(one.parentPath, one.name)));
    expect(files.length).toBeGreaterThan(1000);
    expect(files.filter((file) => !known.has(file) && !UNREAD.some(([names]) => names.test(file)))).toEqual([]);
    expect([...known].filter((file) => !files.includes(file))).toEqual([]);
    expect(UNREAD.filter(([names]) => !files.some((file) => names.test(file)))).toEqual([]);
  });

  it.each(SAMPLES)('%s is read whole', async (...sample) => {
    const items = await read(sample);
    const count = (kind: FeedItem['kind']) => items.filter((item) => item.kind === kind).length;
    expect([count('advisory'), count('facts'), count('skipped')]).toEqual(sample[3]);
  });

  it.each(Object.entries(VEX))('%s has %i statements', (file, statements) => {
    const document = parseVexDocument(bytesOf(file).toString('utf8'), file);
    expect('statements' in document ? [document.statements.length, document.flaws] : document).toEqual([
      statements,
      [],
    ]);
  });

  it('EPSS with another header is refused', async () => {
    const sample: Sample = ['vunnel/epss/invalid-header.csv', epss, 'e.csv', [0, 0, 0]];
    await expect(read(sample)).rejects.toMatchObject({ name: 'Fault' });
  });

  // vunnel's own results of the same files: `FixedIn` by CVE, release and package.
  it.each([
    ['wolfi', 'vunnel/wolfi/input/secdb/security.json'],
    ['chainguard/snapshots/secdb', 'vunnel/chainguard/input/secdb/security.json'],
    ['alpine', 'vunnel/alpine/input/secdb/v3.15/main.yaml', 'vunnel/alpine/input/secdb/v3.15/community.yaml'],
    ['photon', 'vunnel/photon/input/cve_data_photon1.0.json', 'vunnel/photon/input/cve_data_photon4.0.json'],
    ['sles', 'vunnel/sles/suse_truncated.xml'],
  ])('%s says of fixes what another importer takes from the same file', async (name, ...inputs) => {
    const theirs = new Set<string>();
    for (const one of globSync(`vunnel/${name}/**/*.json`, { cwd: folder })) {
      if (!one.includes('/snapshots/')) continue;
      const { Vulnerability: said } = (JSON.parse(bytesOf(one).toString('utf8')) as Envelope).item;
      for (const { Name, Version } of said.FixedIn) theirs.add(`${said.Name} ${Name} ${Version.replace(/^0:/, '')}`);
    }
    const ours = new Set<string>();
    for (const sample of SAMPLES.filter(([file]) => inputs.includes(file))) {
      for (const item of await read(sample)) {
        if (item.kind !== 'advisory') continue;
        for (const one of item.advisory.affected) {
          const fixes =
            one.status === 'not-affected' ? ['0'] : one.ranges.map(({ fixed }) => fixed?.replace(/^0:/, '') ?? 'None');
          for (const fix of fixes) ours.add(`${item.advisory.id} ${one.name} ${fix}`);
        }
      }
    }
    expect(theirs.size).toBeGreaterThan(3);
    expect([...theirs].filter((one) => !ours.has(one))).toEqual(EXPLAINED[name] ?? []);
    expect([...ours].filter((one) => !theirs.has(one) && one.startsWith('CVE-'))).toEqual([]);
  });

  it("Debian's table and announcements say what another importer takes from them", async () => {
    const named: Readonly<Record<string, Uint8Array>> = {
      'tracker.json': bytesOf('vunnel/debian/input/debian.json'),
      'debian.csv': readFileSync(path.join(feedsFolder ?? '', 'debian-support-status/debian.csv')),
    };
    const ours = new Set<string>();
    for (const item of await itemsOf(debianTracker, named)) {
      if (item.kind !== 'advisory') continue;
      for (const { ecosystem, name, status, ranges } of item.advisory.affected) {
        const fix = status === 'not-affected' ? '0' : (ranges[0]?.fixed ?? 'None');
        ours.add(`${ecosystem.replace('sid', 'unstable')} ${item.advisory.id} ${name} ${fix}`);
      }
    }
    const theirs = new Set<string>();
    for (const one of globSync('vunnel/debian/snapshots/**/*.json', { cwd: folder })) {
      const { Vulnerability: said } = (JSON.parse(bytesOf(one).toString('utf8')) as Envelope).item;
      for (const { Name, Version, NamespaceName } of said.FixedIn) {
        theirs.add(`${NamespaceName} ${said.Name} ${Name} ${Version}`);
      }
    }
    // The other importer keeps this one from a database of its own, of a time when the release was younger.
    expect([...theirs].filter((one) => !ours.has(one))).toEqual(['debian:10 CVE-2012-0833 389_directory_server 1.2.1']);
    expect([...ours].filter((one) => !theirs.has(one))).toEqual([]);
    expect(ours.size).toBeGreaterThan(20);
  });
});

interface Envelope {
  readonly item: {
    readonly Vulnerability: {
      readonly Name: string;
      readonly FixedIn: readonly { readonly Name: string; readonly Version: string; readonly NamespaceName: string }[];
    };
  };
}
