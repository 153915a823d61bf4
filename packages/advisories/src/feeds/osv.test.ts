import { expect, test } from 'vitest';
import { type OsvEcosystem, osvRecordItems, rangesOf } from './osv.ts';
import { normalizePypiName } from './osv-ecosystems.ts';

const PYPI: OsvEcosystem = {
  feed: 'pypi-pypa',
  part: 'pypi-pypa',
  osvName: 'PyPI',
  ecosystem: 'pypi',
  scheme: 'pep440',
  normalize: normalizePypiName,
};

function advisoryOf(text: string) {
  const [item] = osvRecordItems(text, 'yaml', 'f', PYPI);
  return item?.kind === 'advisory' ? item.advisory : undefined;
}

test('keeps the facts of a record and no prose', () => {
  const advisory = advisoryOf(`
id: PYSEC-2021-98
details: Prose that must not be kept
affected:
- package: {name: Django_Extra.Pkg, ecosystem: PyPI}
  ranges:
  - type: GIT
    repo: https://example.org
    events: [{introduced: '0'}, {fixed: abcdef}]
  - type: ECOSYSTEM
    events: [{introduced: '0'}, {fixed: 2.2.24}, {introduced: '3.0'}, {last_affected: 3.1.11}]
  versions: [1.10, '1.1']
references:
- {type: WEB, url: https://example.org/web}
- {type: FIX, url: https://example.org/fix}
- {type: FIX, url: 'javascript:alert(1)'}
aliases: [GHSA-68w8-qjq3-2gfm, CVE-2021-33203, CVE-2021-33203]
modified: '2021-06-22T04:54:55.381670Z'
published: 0001-01-01T00:00:00Z
severity: [{type: CVSS_V3, score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'}]
`);
  expect(advisory).toEqual({
    id: 'PYSEC-2021-98',
    feed: 'pypi-pypa',
    aliases: ['CVE-2021-33203', 'GHSA-68w8-qjq3-2gfm'],
    published: null,
    modified: '2021-06-22T04:54:55Z',
    withdrawn: null,
    cvss: [{ vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', source: 'pypi-pypa' }],
    references: [{ source: 'fix', url: 'https://example.org/fix' }],
    categories: [],
    affected: [
      {
        ecosystem: 'pypi',
        name: 'django-extra-pkg',
        nameKind: 'package',
        scheme: 'pep440',
        ranges: [
          { introduced: null, fixed: '2.2.24', lastAffected: null },
          { introduced: '3.0', fixed: null, lastAffected: '3.1.11' },
        ],
        // 1.10 is not the number 1.1.
        versions: ['1.10', '1.1'],
        expression: null,
        status: 'affected',
        urgency: null,
      },
    ],
  });
});

test.each([
  ['only commits', 'ranges: [{type: GIT, events: [{introduced: "0"}]}]', 'undetermined'],
  ['no range at all', 'ranges: []', 'undetermined'],
  [
    'events out of order',
    'ranges: [{type: ECOSYSTEM, events: [{introduced: "2"}, {introduced: "1"}]}]',
    'undetermined',
  ],
  [
    'all versions in place of numbers that the ecosystem does not have',
    'ranges: [{type: SEMVER, events: [{introduced: "0"}]}], ecosystem_specific: {custom_ranges: [{type: ECOSYSTEM}]}',
    'undetermined',
  ],
  ['all versions', 'ranges: [{type: SEMVER, events: [{introduced: "0"}]}]', 'affected'],
  ['listed versions', 'versions: ["1"]', 'affected'],
])('%s is not more certain than it is', (_name, body, status) => {
  const advisory = advisoryOf(`{id: X-1, affected: [{package: {name: a, ecosystem: PyPI}, ${body}}]}`);
  expect(advisory?.affected[0]?.status).toBe(status);
});

test.each([
  ['{id: X, affected: [{package: {name: a, ecosystem: npm}}]}', 'names no package'],
  ['{id: X}', 'names no package'],
  ['{affected: []}', 'not an OSV record'],
  ['[', 'not valid YAML'],
  ['', 'not an OSV record'],
  [`a: &a [x,x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]`, 'not valid YAML'],
])('skips %j and says why', (text, reason) => {
  const items = [...osvRecordItems(text, 'yaml', 'dir/f.yaml', PYPI)];
  expect(items).toHaveLength(1);
  const [item] = items;
  expect(item?.kind === 'skipped' && item.problem.path === 'dir/f.yaml' && item.problem.detail).toContain(reason);
});

test('a second end without a start adds nothing', () => {
  expect(rangesOf([{ introduced: '0' }, { fixed: '1' }, { fixed: '2' }, { limit: '3' }])).toEqual([
    { introduced: null, fixed: '1', lastAffected: null },
  ]);
});
