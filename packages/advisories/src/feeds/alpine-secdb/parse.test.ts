import { expect, test } from 'vitest';
import { toAdvisories } from '../secdb.ts';
import { memorySnapshot } from '../snapshot.ts';
import { listOf, tarBytes } from '../test-archives.ts';
import { alpineSecdb } from './index.ts';

test.each([
  ['CVE-2019-14904', ['CVE-2019-14904'], []],
  ['CVE-2017-10920 XSA-224', ['CVE-2017-10920'], ['https://xenbits.xen.org/xsa/advisory-224.html']],
  [
    'CVE-2017-5753 CVE-2017-5715 XSA-254 XPTI',
    ['CVE-2017-5753', 'CVE-2017-5715'],
    ['https://xenbits.xen.org/xsa/advisory-254.html'],
  ],
  ['CVE-2017-8073.patch', ['CVE-2017-8073'], []],
  ['CVE-2017-17434-1', ['CVE-2017-17434'], []],
  ['CVE 2018-16859', ['CVE-2018-16859'], []],
  ['CVE_2019-2426', ['CVE-2019-2426'], []],
  ['CVE-????-?????  XSA-295', ['XSA-295'], ['https://xenbits.xen.org/xsa/advisory-295.html']],
  ['wnpa-sec-2017-18', ['wnpa-sec-2017-18'], []],
  ['GHSA-68w8-qjq3-2gfm', ['GHSA-68w8-qjq3-2gfm'], []],
  ['ZBX-11023', ['ZBX-11023'], []],
  ['CVE-2018-10103 (SMB - partially fixed)', ['CVE-2018-10103'], []],
  ['no id at all', [], []],
])('"%s" means %j', (words, ids, urls) => {
  const advisories = toAdvisories('alpine-secdb', 'alpine:3.11', 'xen', '1-r0', words);
  expect(advisories.map(({ id }) => id)).toEqual(ids);
  for (const { references, aliases } of advisories) {
    expect(references.map(({ url }) => url)).toEqual(urls);
    expect(aliases).toEqual([]);
  }
});

const YAML = `---
distroversion: v3.11
packages:
  - pkg:
      name: curl
      secfixes:
        7.10-r0:
          - CVE-2019-5435
        0:
          - CVE-2019-9999
  - pkg: {secfixes: {}}
  - pkg: {name: none, secfixes: }
`;
const JSON_FORM = {
  distroversion: 'edge',
  packages: [
    { pkg: { name: 'curl', secfixes: { '8.0-r1': ['CVE-2024-1000'] } } },
    { pkg: { name: 'x', secfixes: [] } },
  ],
};

test('reads both forms; version 0 is never affected; what is broken is named', async () => {
  const snapshot = memorySnapshot('alpine-secdb', [], {
    'secdb.tar': {
      part: 'alpine-secdb',
      bytes: tarBytes([
        { path: 'v3.11/main.yaml', text: YAML },
        { path: 'v3.11/empty.yaml', text: 'distroversion: v3.11\npackages:\n' },
        { path: 'v3.11/broken.yaml', text: 'packages: [' },
        { path: 'README.md', text: '' },
      ]),
    },
    'edge/main.json': { part: 'new', bytes: Buffer.from(JSON.stringify(JSON_FORM)) },
    'v1/html.json': { part: 'new', bytes: Buffer.from('<html>') },
  });
  const items = await listOf(alpineSecdb.parse(snapshot, new AbortController().signal));
  const taken = items.flatMap((item) =>
    item.kind === 'advisory'
      ? item.advisory.affected.map((one) => [
          item.part,
          item.advisory.id,
          one.ecosystem,
          one.name,
          one.status,
          one.ranges[0]?.fixed,
        ])
      : [],
  );
  // A key that looks like a number stands first in an object; versions of Alpine have a release and never do.
  expect(taken).toEqual([
    ['alpine-secdb', 'CVE-2019-9999', 'alpine:3.11', 'curl', 'not-affected', undefined],
    ['alpine-secdb', 'CVE-2019-5435', 'alpine:3.11', 'curl', 'affected', '7.10-r0'],
    ['new', 'CVE-2024-1000', 'alpine:edge', 'curl', 'affected', '8.0-r1'],
  ]);
  expect(items.flatMap((item) => (item.kind === 'skipped' ? [item.problem.path] : []))).toEqual([
    'secdb.tar/v3.11/main.yaml',
    'secdb.tar/v3.11/broken.yaml',
    'v1/html.json',
  ]);
});
