import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Download } from '../fetching.ts';
import { itemsOf } from '../test-items.ts';
import { nvdCve } from './index.ts';

const V2 = 'AV:N/AC:L/Au:N/C:C/I:C/A:C';
const V30 = 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H';
const V31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const V4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
const given = (vectorString: string, source: string, type = 'Secondary') => ({
  source,
  type,
  cvssData: { vectorString },
});

const page = (...vulnerabilities: readonly unknown[]) =>
  JSON.stringify({
    resultsPerPage: vulnerabilities.length,
    format: 'NVD_CVE',
    version: '2.0',
    timestamp: '2026-08-20T03:00:01.123',
    vulnerabilities,
  });
const cve = (id: string, rest: object = {}) => ({
  cve: {
    id,
    published: '2024-01-02T03:04:05.678',
    lastModified: '2024-05-06T07:08:09.1',
    vulnStatus: 'Analyzed',
    ...rest,
  },
});
const nginx = (versionEndExcluding: string) => [
  {
    nodes: [
      {
        operator: 'OR',
        negate: false,
        cpeMatch: [
          {
            vulnerable: true,
            criteria: 'cpe:2.3:a:f5:nginx:*:*:*:*:*:*:*:*',
            versionEndExcluding,
            matchCriteriaId: 'x',
          },
        ],
      },
    ],
  },
];

async function read(...records: readonly unknown[]) {
  return await itemsOf(nvdCve, { 'nvdcve-2.0-2024.json.gz': gzipSync(page(...records)) });
}
const state = { is: 'published', asOf: '2024-05-06' };
const known = { published: '2024-01-02T03:04:05Z', state };

test.each<[string, object, object]>([
  ['what is only known by its dates', {}, {}],
  [
    "NVD's score before a newer one of others",
    { metrics: { cvssMetricV40: [given(V4, 'cna@x.org')], cvssMetricV31: [given(V31, 'nvd@nist.gov', 'Primary')] } },
    { cvss: { score: 9.8, vector: V31, source: 'NVD' } },
  ],
  [
    "another's score of version 3 before NVD's of version 2",
    { metrics: { cvssMetricV30: [given(V30, 'cna@x.org')], cvssMetricV2: [given(V2, 'nvd@nist.gov', 'Primary')] } },
    { cvss: { score: 7.5, vector: V30, source: 'cna@x.org' } },
  ],
  [
    'a score of version 2 where there is no other, and names CISA',
    {
      metrics: {
        cvssMetricV31: [given('CVSS:3.1/what', 'nvd@nist.gov', 'Primary')],
        cvssMetricV2: [given(V2, '134c704f-9b21-4f2e-91b3-4a467353bcc0')],
      },
    },
    { cvss: { score: 10, vector: V2, source: 'CISA-ADP' } },
  ],
  [
    'weaknesses, and not that there is no word for one',
    { weaknesses: [{ description: [{ value: 'NVD-CWE-noinfo' }] }, { description: [{ value: 'CWE-400' }] }] },
    { categories: ['CWE-400'] },
  ],
  ['a dispute', { cveTags: [{ tags: ['disputed'] }] }, { state: { ...state, is: 'disputed' } }],
])('takes %s', async (_name, rest, facts) => {
  expect(await read(cve('CVE-2024-1000', rest))).toEqual([
    { kind: 'facts', part: 'nvd-cve', facts: { id: 'CVE-2024-1000', ...known, ...facts } },
    { kind: 'dated', part: 'nvd-cve', updatedAt: '2026-08-20T03:00:01Z' },
  ]);
});

test('takes the ranges of applications, except of a rejected id', async () => {
  const items = await read(
    cve('CVE-2024-1000', { configurations: nginx('1.2') }),
    cve('CVE-2024-1001', { configurations: nginx('1.2'), vulnStatus: 'Rejected' }),
  );
  expect(items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []))).toMatchObject([
    {
      id: 'CVE-2024-1000',
      feed: 'nvd-cve',
      modified: '2024-05-06T07:08:09Z',
      affected: [
        { ecosystem: 'cpe', name: 'f5:nginx', ranges: [{ introduced: null, fixed: '1.2', lastAffected: null }] },
      ],
    },
  ]);
  expect(items.flatMap((item) => (item.kind === 'facts' ? [item.facts.state?.is] : []))).toEqual([
    'published',
    'rejected',
  ]);
});

test('takes a record of the last days instead of that of its year, whatever the order of the files', async () => {
  const items = await itemsOf(nvdCve, {
    'nvdcve-2.0-2024.json': page(cve('CVE-2024-1000', { configurations: nginx('1.1') }), cve('CVE-2024-1001')),
    'nvdcve-2.0-modified.json': page(cve('CVE-2024-1000', { configurations: nginx('1.2') })),
  });
  expect(items.map((item) => (item.kind === 'facts' ? item.facts.id : item.kind))).toEqual([
    'CVE-2024-1000',
    'advisory',
    'CVE-2024-1001',
    'dated',
  ]);
  expect(JSON.stringify(items)).not.toContain('1.1"');
});

test('names what it does not take, and refuses what is not a list', async () => {
  const items = await read({ cve: { id: 'CVE-2024-1000', metrics: 7 } }, cve('CVE-1900-1'), 'x');
  expect(
    items.flatMap((item) => (item.kind === 'skipped' ? [[item.record, item.problem.detail.split(':')[0]]] : [])),
  ).toEqual([
    ['CVE-2024-1000', 'no record of NVD'],
    ['CVE-1900-1', 'not a CVE id'],
    [null, 'no record of NVD'],
  ]);
  await expect(itemsOf(nvdCve, { 'a.json': '{"error":"busy"}' })).rejects.toMatchObject({ code: 'feed-invalid' });
});

test('asks for the file of each year up to this one, which may not be there yet, and for the last days', async () => {
  const asked: Download[] = [];
  const io = {
    now: '2027-01-01T00:00:00Z',
    download: async (files: readonly Download[]) => {
      asked.push(...files);
      return 'unchanged' as const;
    },
    pointer: async () => '',
  };
  expect(await nvdCve.fetch(io, undefined)).toBe('unchanged');
  expect(asked).toHaveLength(27);
  expect(asked.filter(({ optional }) => optional === true).map(({ path }) => path)).toEqual([
    'nvdcve-2.0-2027.json.gz',
  ]);
  expect(asked.at(-1)?.url).toBe('https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-modified.json.gz');
});
