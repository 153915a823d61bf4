import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { feedCatalogue } from './catalogue.ts';
import { memorySnapshot } from './snapshot.ts';
import { listOf, tarBytes } from './test-archives.ts';

/** Feeds that state facts of CVE ids or of releases, each with one small file: what is taken, and what is named as skipped. */
async function parse(id: string, path: string, content: string | Uint8Array) {
  const feed = feedCatalogue.find((one) => one.id === id);
  if (feed === undefined) throw new Error(`no feed ${id}`);
  const bytes = Buffer.from(content);
  const parts = [{ id, updatedAt: '2024-01-01T00:00:00Z', extent: 'whole' as const }];
  const items = await listOf(
    feed.parse(memorySnapshot(id, parts, { [path]: { part: id, bytes } }), new AbortController().signal),
  );
  return {
    facts: items.flatMap((item) => (item.kind === 'facts' ? [item.facts] : [])),
    support: items.flatMap((item) => (item.kind === 'support' ? [item.support] : [])),
    packageSupport: items.flatMap((item) => (item.kind === 'package-support' ? [item.support] : [])),
    dated: items.flatMap((item) => (item.kind === 'dated' ? [item.updatedAt] : [])),
    skipped: items.flatMap((item) => (item.kind === 'skipped' ? [item.record] : [])),
  };
}

test('cisa-kev: added when, ransomware, and the catalogue states its own date', async () => {
  const catalogue = {
    dateReleased: '2026-08-07T16:45:47.0648Z',
    vulnerabilities: [
      {
        cveID: 'CVE-2026-8037',
        dateAdded: '2026-08-07',
        knownRansomwareCampaignUse: 'Known',
        cwes: ['CWE-78'],
        shortDescription: 'prose',
      },
      { cveID: 'CVE-2026-8038', dateAdded: 'soon' },
      { nothing: true },
    ],
  };
  expect(await parse('cisa-kev', 'kev.json', JSON.stringify(catalogue))).toEqual({
    facts: [
      {
        id: 'CVE-2026-8037',
        kev: { addedAt: '2026-08-07', ransomware: true },
        exploit: 'attacked',
        categories: ['CWE-78'],
      },
    ],
    support: [],
    packageSupport: [],
    dated: ['2026-08-07T16:45:47Z'],
    skipped: ['CVE-2026-8038', 'vulnerabilities[2]'],
  });
  await expect(parse('cisa-kev', 'kev.json', '{}')).rejects.toMatchObject({ code: 'feed-invalid' });
  await expect(parse('cisa-kev', 'kev.json', '<html>')).rejects.toMatchObject({ code: 'feed-invalid' });
});

test('cisa-kev: the table says the same', async () => {
  const columns =
    'cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes';
  const { facts, skipped } = await parse(
    'cisa-kev',
    'kev.csv',
    `${columns}\nCVE-2026-8037,Git,Git,"Git, a",2026-08-07,"p\nq",r,2026-08-28,Known,n,"CWE-59, CWE-436"\nCVE-2026-8038,a,b,c,soon,d,e,f,Unknown,g,\nshort,row\n`,
  );
  expect(facts).toEqual([
    {
      id: 'CVE-2026-8037',
      kev: { addedAt: '2026-08-07', ransomware: true },
      exploit: 'attacked',
      categories: ['CWE-59', 'CWE-436'],
    },
  ]);
  expect(skipped).toEqual(['CVE-2026-8038', 'line 4']);
  await expect(parse('cisa-kev', 'kev.csv', 'a,b\n1,2\n')).rejects.toMatchObject({ code: 'feed-invalid' });
});

test('epss: the upstream form with model and day, the mirror with a day a row', async () => {
  const upstream =
    '#model_version:v2025.03.14,score_date:2026-08-22T12:55:00Z\ncve,epss,percentile\nCVE-1999-0001,0.00383,0.73\nCVE-1999-0002,1.5,0.1\n';
  const { facts, dated, skipped } = await parse('epss', 'e.csv.gz', gzipSync(upstream));
  expect(facts).toEqual([
    { id: 'CVE-1999-0001', epss: { probability: 0.00383, date: '2026-08-22', model: 'v2025.03.14' } },
  ]);
  expect(dated).toEqual(['2026-08-22T12:55:00Z']);
  expect(skipped).toEqual(['CVE-1999-0002']);

  const partial = await parse('epss', 'e.csv', 'cve,epss,percentile,observed\nCVE-2005-2541,0.03992,0.90,2026-08-20\n');
  expect(partial.facts).toEqual([
    { id: 'CVE-2005-2541', epss: { probability: 0.03992, date: '2026-08-20', model: null } },
  ]);
  const undated = await parse(
    'epss',
    'e.csv',
    '#model_version:v2023.03.01\ncve,epss,percentile\nCVE-1999-0001,0.1,0.7\n',
  );
  expect(undated.facts).toEqual([
    { id: 'CVE-1999-0001', epss: { probability: 0.1, date: '2024-01-01', model: 'v2023.03.01' } },
  ]);
  expect(undated.dated).toEqual([]);
  await expect(parse('epss', 'e.csv', '#model_version:v1\ninvalid,header,format\n')).rejects.toMatchObject({
    code: 'feed-invalid',
  });
  await expect(parse('epss', 'e.csv', 'invalid,header,format\n')).rejects.toMatchObject({ code: 'feed-invalid' });
});

test('cve-metadata: version 3 before 4, no description, only what is known', async () => {
  const v3 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  const csv = `cve,published,cvss_v2_vector,cvss_v3_vector,cvss_v3_score,cvss_v4_vector,cvss_v4_score,severity,cwe,kev,ssvc_exploitation,description,sources
CVE-2024-1000,2024-01-02,,${v3},9.8,,8.1,CRITICAL,CWE-121 CWE-787,,poc,"prose, long",vulnrichment ubuntu
CVE-2024-1001,,,,,,7.5,,,1,Active,,
CVE-2024-1002,,,,N/A,,,,,,None,,x
CVE-2024-1003,1,2
`;
  const { facts, skipped } = await parse('cve-metadata', 'm.csv', csv);
  expect(facts).toEqual([
    {
      id: 'CVE-2024-1000',
      published: '2024-01-02T00:00:00Z',
      cvss: { score: 9.8, vector: v3, source: 'vulnrichment' },
      exploit: 'poc',
      categories: ['CWE-121', 'CWE-787'],
    },
    { id: 'CVE-2024-1001', cvss: { score: 7.5, vector: null, source: 'cve' }, exploit: 'attacked' },
    { id: 'CVE-2024-1002', exploit: 'none' },
  ]);
  expect(skipped).toEqual(['line 5']);
});

test('exploitdb-mapping: the mapping, and the upstream table', async () => {
  const mapping = await parse(
    'exploitdb-mapping',
    'm.json',
    '{"CVE-2003-0132":["9"],"CVE-2003-0133":[],"CVE-/2019":["1"]}',
  );
  expect(mapping.facts).toEqual([{ id: 'CVE-2003-0132', exploit: 'poc' }]);
  expect(mapping.skipped).toEqual(['CVE-2003-0133', 'CVE-/2019']);
  const columns =
    'id,file,description,date_published,author,type,platform,port,date_added,date_updated,verified,codes,tags,aliases,screenshot_url,application_url,source_url';
  const row = (id: number, codes: string) =>
    `${id},exploits/x.c,"a ""b"", c",2003-04-11,"A, B",remote,linux,80,,,1,${codes},,,,,`;
  const table = await parse(
    'exploitdb-mapping',
    'files_exploits.csv',
    [
      columns,
      row(9, 'CVE-2003-0132;OSVDB-1'),
      row(11, 'CVE-2003-0132'),
      row(12, ''),
      row(13, 'OSVDB-2;CVE-2024-1000'),
    ].join('\n'),
  );
  expect(table.facts).toEqual([
    { id: 'CVE-2003-0132', exploit: 'poc' },
    { id: 'CVE-2024-1000', exploit: 'poc' },
  ]);
  await expect(parse('exploitdb-mapping', 'm.csv', 'id,file\n1,a\n')).rejects.toMatchObject({ code: 'feed-invalid' });
});

test('metasploit-modules: an exploit is a weapon, a scanner is not, and the worse one counts', async () => {
  const modules = {
    scanner: { type: 'auxiliary', references: ['CVE-2024-1000', 'CVE-2024-1001', 'URL-x'] },
    exploit: { type: 'exploit', references: ['CVE-2024-1000'] },
    broken: 7,
    // As upstream has them.
    'exploit_linux/http/x': {
      name: 'X RCE',
      fullname: 'exploit/linux/http/x',
      aliases: [],
      rank: 600,
      disclosure_date: '2024-05-06',
      type: 'exploit',
      author: ['a'],
      description: 'prose',
      references: ['CVE-2024-1002', 'EDB-9', 'URL-https://x.example/CVE-2024-1003'],
      platform: 'Linux',
      arch: '',
      rport: 80,
      autofilter_ports: [80],
      targets: ['Automatic'],
      mod_time: '2024-05-06 07:08:09 +0000',
      path: '/modules/exploits/linux/http/x.rb',
      is_install_path: true,
      ref_name: 'linux/http/x',
      check: true,
      post_auth: false,
      default_credential: false,
      notes: { Stability: ['crash-safe'] },
      session_types: false,
      needs_cleanup: null,
    },
  };
  const { facts, skipped } = await parse('metasploit-modules', 'm.json', JSON.stringify(modules));
  expect(facts).toEqual([
    { id: 'CVE-2024-1000', exploit: 'weaponized' },
    { id: 'CVE-2024-1001', exploit: 'poc' },
    { id: 'CVE-2024-1002', exploit: 'weaponized' },
  ]);
  expect(skipped).toEqual(['broken']);
});

test('nuclei-cves: one object a line', async () => {
  const { facts, skipped } = await parse('nuclei-cves', 'c.json', '{"ID":"CVE-2024-1000"}\n\n{"ID":"x"}\n{broken\n');
  expect(facts).toEqual([{ id: 'CVE-2024-1000', exploit: 'poc' }]);
  expect(skipped).toEqual(['x', 'line 4']);
});

test('endoflife: distro-info, product files and the API say the same of a release', async () => {
  const debian = await parse(
    'endoflife',
    'debian.csv',
    'version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,a,b,2026-07-11,2028-06-30,2033-06-30\n14,Forky,forky,c\n,Sid,sid,d\n',
  );
  expect(debian.support).toEqual([
    { distribution: 'debian', release: '12', endOfLife: '2026-07-11', extendedEndOfLife: '2028-06-30' },
    { distribution: 'debian', release: '14', endOfLife: null, extendedEndOfLife: null },
  ]);
  const ubuntu = await parse(
    'endoflife',
    'ubuntu.csv',
    'version,series,eol,eol-esm\n24.04 LTS,noble,2029-05-31,2034-04-25\n',
  );
  expect(ubuntu.support[0]).toEqual({
    distribution: 'ubuntu',
    release: '24.04',
    endOfLife: '2029-05-31',
    extendedEndOfLife: '2034-04-25',
  });

  const markdown =
    '---\ntitle: Alpine\nreleases:\n  - releaseCycle: "3.20"\n    eol: 2026-04-01\n  - releaseCycle: "edge"\n    eol: false\n---\nprose\n';
  const alpine = [
    { distribution: 'alpine', release: '3.20', endOfLife: '2026-04-01', extendedEndOfLife: null },
    { distribution: 'alpine', release: 'edge', endOfLife: null, extendedEndOfLife: null },
  ];
  // Packages that distributions build, and images, are not asked for under these names.
  const product =
    '---\ntitle: Node.js\npermalink: /nodejs\nidentifiers:\n  - purl: pkg:generic/node\n  - purl: pkg:docker/library/node\n  - purl: pkg:rpm/redhat/nodejs\n  - cpe: cpe:2.3:a:nodejs:node.js\n  - cpe: cpe:/a:nodejs:node.js\n  - repology: nodejs\nreleases:\n  - releaseCycle: "26"\n    eol: 2029-04-30\n  - releaseCycle: "16"\n    eol: 2023-09-11\n    eoes: 2027-01-01\n  - releaseCycle: "lts"\n    eol: true\n  - releaseCycle: "0.8"\n    eol: true\n  - releaseCycle: "27"\n    eol: false\n---\n';
  const claimed =
    '---\ntitle: Ansible\nidentifiers:\n  - cpe: cpe:/a:redhat:ansible\nreleases:\n  - releaseCycle: "2"\n    eol: true\n---\n';
  const reference = 'https://endoflife.date/nodejs';
  const node = ['pkg:generic/node', 'cpe:nodejs:node.js'].map((key) => ({
    key,
    title: 'Node.js',
    lines: [
      { covers: '26', status: 'ended', from: '2029-04-30', extended: null, reference },
      { covers: '16', status: 'ended', from: '2023-09-11', extended: '2027-01-01', reference },
      { covers: '0.8', status: 'ended', from: null, extended: null, reference },
      { covers: '27', status: 'supported', from: null, extended: null, reference },
    ],
  }));
  const tar = tarBytes([
    { path: 'x/products/alpine-linux.md', text: markdown },
    { path: 'x/products/nodejs.md', text: product },
    { path: 'x/products/a.md', text: claimed },
    { path: 'x/products/b.md', text: claimed },
    { path: 'x/products/rhel.md', text: 'no front matter' },
  ]);
  const files = await parse('endoflife', 'e.tar', tar);
  expect(files.support).toEqual(alpine);
  expect(files.packageSupport).toEqual(node);
  expect(files.skipped).toEqual(['rhel', 'cpe:redhat:ansible']);
  const api = {
    result: [
      {
        name: 'alpine-linux',
        releases: [
          { name: '3.20', eolFrom: '2026-04-01' },
          { name: 'edge', eolFrom: null },
        ],
      },
      {
        name: 'nodejs',
        label: 'Node.js',
        identifiers: [
          { type: 'purl', id: 'pkg:generic/node' },
          { type: 'purl', id: 'pkg:docker/library/node' },
          { type: 'cpe', id: 'cpe:2.3:a:nodejs:node.js' },
        ],
        releases: [
          { name: '26', isEol: false, eolFrom: '2029-04-30' },
          { name: '16', isEol: true, eolFrom: '2023-09-11', eoesFrom: '2027-01-01' },
          { name: '0.8', isEol: true, eolFrom: null },
          { name: '27', isEol: false, eolFrom: null },
        ],
      },
    ],
  };
  const said = await parse('endoflife', 'products.json', JSON.stringify(api));
  expect(said.support).toEqual(alpine);
  expect(said.packageSupport).toEqual(node);
});

test('debian-security-support: sources by name or by a beginning, the limited list for the newest release, no prose', async () => {
  const files = {
    'x/security-support-ended.deb11': '# none yet\n',
    'x/security-support-ended.deb9': 'tor  0.2.9.16-1  2020-03-20  https://lists.debian.org/x.html; too old\n',
    'x/security-support-ended.deb12':
      '\n# comment\nphp-horde.*\t0\t\t2025-03-22\tprose\nckeditor3 3.6 2025-04-04\nno-day 1\nintel-(?=x) 1 2024-01-01\n',
    'x/security-support-limited':
      'golang.*        See https://www.debian.org/a.html#static\ncython   Only for building, #975058\nUPPER x\n',
  };
  const feed = feedCatalogue.find(({ id }) => id === 'debian-security-support');
  const part = 'debian-security-support';
  const snapshot = memorySnapshot(
    part,
    [],
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, { part, bytes: Buffer.from(text) }])),
  );
  const items = feed === undefined ? [] : await listOf(feed.parse(snapshot, new AbortController().signal));
  const ended = { status: 'ended', extended: null, reference: null };
  const limited = { status: 'limited', from: null, extended: null };
  expect(items.flatMap((item) => (item.kind === 'package-support' ? [item.support] : []))).toEqual([
    {
      key: 'debian:9',
      title: 'Debian 9',
      lines: [{ ...ended, covers: 'tor', from: '2020-03-20', reference: 'https://lists.debian.org/x.html' }],
    },
    {
      key: 'debian:12',
      title: 'Debian 12',
      lines: [
        { ...ended, covers: 'php-horde*', from: '2025-03-22' },
        { ...ended, covers: 'ckeditor3', from: '2025-04-04' },
        { ...limited, covers: 'golang*', reference: 'https://www.debian.org/a.html#static' },
        { ...limited, covers: 'cython', reference: 'https://bugs.debian.org/975058' },
      ],
    },
  ]);
  expect(items.flatMap((item) => (item.kind === 'skipped' ? [[item.problem.path, item.record]] : []))).toEqual([
    ['x/security-support-ended.deb12', 'line 5'],
    ['x/security-support-ended.deb12', 'line 6'],
    ['x/security-support-limited', 'line 3'],
  ]);
});

test('nodejs-security-wg: Node.js and npm, one advisory per CVE, each part with its own date', async () => {
  const core = {
    171: { cve: ['CVE-2026-21717', 'CVE-2026-21718'], vulnerable: '25.x', patched: '^25.8.2', severity: 'medium' },
    2: { vulnerable: 'x y' },
  };
  const npm = {
    id: 10,
    module_name: 'geddy',
    cves: ['CVE-2015-5688'],
    vulnerable_versions: '<13.0.8',
    patched_versions: '>=13.0.8',
    updated_at: '2016-04-20',
  };
  const tar = tarBytes([
    { path: 'r/vuln/core/index.json', text: JSON.stringify(core) },
    { path: 'r/vuln/npm/10.json', text: JSON.stringify(npm) },
    { path: 'r/vuln/npm/11.json', text: '{' },
    { path: 'r/vuln/deps/1.json', text: '{' },
  ]);
  const feed = feedCatalogue.find(({ id }) => id === 'nodejs-security-wg');
  const snapshot = memorySnapshot('nodejs-security-wg', [], { 'r.tar': { part: 'nodejs-security-wg', bytes: tar } });
  const items = feed === undefined ? [] : await listOf(feed.parse(snapshot, new AbortController().signal));
  expect(
    items.map((item) =>
      item.kind === 'advisory'
        ? [
            item.part,
            item.advisory.id,
            item.advisory.aliases,
            item.advisory.affected.map(({ name, ranges, expression, urgency }) => [
              name,
              ranges[0]?.fixed ?? expression,
              urgency,
            ]),
          ]
        : item.kind === 'skipped'
          ? [item.part, item.problem.path]
          : item,
    ),
  ).toEqual([
    ['nodejs-security-wg', 'r.tar/r/vuln/core/index.json'],
    ['nodejs-security-wg', 'CVE-2026-21717', [], [['node', '25.8.2', 'medium']]],
    ['nodejs-security-wg', 'CVE-2026-21718', [], [['node', '25.8.2', 'medium']]],
    ['nodejs-security-wg/npm', 'CVE-2015-5688', ['NSWG-ECO-10'], [['geddy', '13.0.8', null]]],
    ['nodejs-security-wg/npm', 'r.tar/r/vuln/npm/11.json'],
    { kind: 'dated', part: 'nodejs-security-wg/npm', updatedAt: '2016-04-20T00:00:00Z', extent: 'excerpt' },
  ]);
});
