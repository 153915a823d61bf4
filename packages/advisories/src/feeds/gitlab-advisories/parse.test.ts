import { findMatcher, type Matchable } from '@hullcheck/core';
import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { memorySnapshot } from '../snapshot.ts';
import { listOf, tarBytes } from '../test-archives.ts';
import { gitlabAdvisories } from './index.ts';
import { gitlabItem } from './parse.ts';

const read = (slug: string, range: string, more = ''): FeedItem =>
  gitlabItem(
    `identifier: "CVE-2024-1000"\npackage_slug: "${slug}"\naffected_range: "${range}"\n${more}`,
    'a.yml',
    'gitlab',
  );

it('reads the facts of a record and no prose', () => {
  const more = `
identifiers: ["CVE-2024-1000", "GHSA-aaaa-bbbb-cccc", "GMS-2024-1"]
title: "Prose"
description: "Prose that must not be kept"
date: "2024-02-03"
pubdate: "2024-01-02"
urls: ["https://example.org/a", "javascript:alert(1)"]
cvss_v2: "AV:N/AC:L/Au:N/C:P/I:N/A:N"
cvss_v3: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
cwe_ids: ["CWE-1035", "CWE-200", "CWE-937"]
`;
  expect(read('maven/org.example/core', '[1.0,1.2),[2.0]', more)).toEqual({
    kind: 'advisory',
    part: 'gitlab',
    advisory: {
      id: 'CVE-2024-1000',
      feed: 'gitlab',
      aliases: ['GHSA-aaaa-bbbb-cccc', 'GMS-2024-1'],
      published: '2024-01-02T00:00:00Z',
      modified: '2024-02-03T00:00:00Z',
      withdrawn: null,
      cvss: [
        { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', source: 'gitlab' },
        { vector: 'AV:N/AC:L/Au:N/C:P/I:N/A:N', source: 'gitlab' },
      ],
      references: [{ source: 'gitlab', url: 'https://example.org/a' }],
      categories: ['CWE-200'],
      affected: [
        {
          ecosystem: 'maven',
          name: 'org.example:core',
          nameKind: 'package',
          scheme: 'maven',
          ranges: [{ introduced: '1.0', fixed: '1.2', lastAffected: null }],
          versions: ['2.0'],
          expression: null,
          status: 'affected',
          urgency: null,
        },
      ],
    },
  });
});

it.each<[string, string, string, string, Readonly<Record<string, string>>]>([
  ['maven/a.b/c', '(,1.2]', 'maven', 'a.b:c', { '1.2': 'affected', '1.2.1': 'not-affected' }],
  ['maven/a.b/c', '(1.0,1.2)', 'maven', 'a.b:c', { '1.0': 'not-affected', '1.1': 'affected', '1.2': 'not-affected' }],
  [
    'maven/a.b/c',
    '[8.0,8.2),[,4.1)',
    'maven',
    'a.b:c',
    { '4.0': 'affected', '5': 'fixed', '8.1': 'affected', '8.2': 'fixed' },
  ],
  ['maven/a.b/c', '(,)', 'maven', 'a.b:c', { '0': 'affected', '99': 'affected' }],
  ['maven/a.b/c', '(0)', 'maven', 'a.b:c', { '1': 'not-affected' }],
  ['nuget/A.B', '[3.0.1]', 'nuget', 'a.b', { '3.0.1': 'affected', '3.0.2': 'not-affected' }],
  [
    'npm/@s/n',
    '<1.2.3||>=2.0.0 <2.1.0||=3.0.0',
    'npm',
    '@s/n',
    { '1.2.2': 'affected', '1.2.3': 'fixed', '2.0.0': 'affected', '3.0.0': 'affected' },
  ],
  ['npm/n', '>1.0.0 <=1.2.0', 'npm', 'n', { '1.0.0': 'not-affected', '1.2.0': 'affected', '1.2.1': 'not-affected' }],
  ['pypi/Foo.Bar', '>=1.0,<1.5||==2.0', 'pypi', 'foo_bar', { '1.4': 'affected', '1.5': 'fixed', '2.0.0': 'affected' }],
  ['pypi/foo', '>1.0,<1.5', 'pypi', 'foo', { '1.0': 'not-affected', '1.1': 'affected' }],
  [
    'gem/rack',
    '>2.0.0 <2.0.5',
    'gem',
    'rack',
    { '2.0.0': 'not-affected', '2.0.4': 'affected', '2.0.5': 'not-affected' },
  ],
  ['packagist/A/B', '<2.5.9||', 'composer', 'a/b', { 'v2.5.8': 'affected', '2.5.9': 'fixed' }],
  [
    'conan/openssl',
    '=1.1.1a||>=3.0.0 <3.0.7',
    'conan',
    'openssl',
    { '1.1.1a': 'affected', '1.1.1b': 'not-affected', '3.0.6': 'affected', '3.0.7': 'fixed' },
  ],
  ['conan/openssl', '>3.0.0 <3.0.7', 'conan', 'openssl', { '3.0.0': 'not-affected', '3.0.6': 'affected' }],
  [
    'swift/github.com/Apple/swift-nio',
    '<2.39.1',
    'swift',
    'github.com/apple/swift-nio',
    { '2.39.0': 'affected', '2.39.1': 'fixed' },
  ],
])('judges %s in %s', (slug, range, type, name, verdicts) => {
  const item = read(slug, range);
  if (item.kind !== 'advisory') throw new Error(JSON.stringify(item));
  const judged = Object.keys(verdicts).map((version) => {
    const pkg: Matchable = { type, name, version, source: null, distribution: null };
    return [version, findMatcher(pkg)?.judge(pkg, item.advisory)?.kind];
  });
  expect(Object.fromEntries(judged)).toEqual(verdicts);
});

it.each([
  ['npm/n', 'soon', 'a range that can not be read'],
  ['npm/n', '>=1 >=2', 'a range that can not be read'],
  ['npm/n', '', 'a range that can not be read'],
  ['maven/a/b', '[1.0,2.0', 'a range that can not be read'],
  ['maven/a/b', '[1,2,3]', 'a range that can not be read'],
  ['cobol/n', '<1', 'a package of no known kind'],
])('names what it can not read: %s %s', (slug, range, reason) => {
  const item = read(slug, range);
  expect(item.kind === 'skipped' && item.problem.detail).toContain(reason);
});

it('takes the advisories of an archive, and of Go none', async () => {
  const text = 'identifier: "GMS-2024-1"\npackage_slug: "conan/zlib"\naffected_range: "<1.3"\n';
  const bytes = tarBytes([
    { path: 'main/conan/zlib/GMS-2024-1.yml', text },
    { path: 'main/go/example.org/m/GMS-2024-2.yml', text },
    { path: 'main/ci/schema.yml', text: 'x: 1' },
    { path: 'main/npm/n/CVE-2024-1.yml', text: '[' },
  ]);
  const part = { id: 'gitlab-advisories', extent: 'whole', updatedAt: '2026-01-01T00:00:00Z' } as const;
  const snapshot = memorySnapshot(part.id, [part], { 'a.tar': { part: part.id, bytes } });
  const items = await listOf(gitlabAdvisories.parse(snapshot, new AbortController().signal));
  expect(items.map((item) => (item.kind === 'advisory' ? item.advisory.id : item.kind))).toEqual([
    'GMS-2024-1',
    'skipped',
  ]);
});

it.each(['||', '>', '>=1 ', '[', '[1,2),', '(', ' ', ','])(
  'reads a range of nothing but %j in a time that grows with it',
  async (piece) => {
    const work = (length: number) => read('npm/n', piece.repeat(length / piece.length));
    expect(await growthOf(work, 9_000)).toBeLessThan(LINEAR_GROWTH);
  },
);
