import { findMatcher, type Matchable } from '@hullcheck/core';
import { expect, it } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { memorySnapshot } from '../snapshot.ts';
import { listOf } from '../test-archives.ts';
import { cpanCpansa } from './index.ts';

const part = { id: 'cpan-cpansa', extent: 'whole', updatedAt: '2026-01-01T00:00:00Z' } as const;

async function itemsOf(document: unknown): Promise<readonly FeedItem[]> {
  const bytes = Buffer.from(JSON.stringify(document));
  const snapshot = memorySnapshot('cpan-cpansa', [part], { 'cpan-security-advisory.json': { part: part.id, bytes } });
  return await listOf(cpanCpansa.parse(snapshot, new AbortController().signal));
}

async function itemOf(more: object): Promise<FeedItem | undefined> {
  const advisory = { id: 'CPANSA-Foo-Bar-2024-1', affected_versions: ['<0.5'], ...more };
  return (await itemsOf({ dists: { 'Foo-Bar': { advisories: [advisory] } } }))[0];
}

it('reads the facts of an advisory, and the day of the file', async () => {
  const advisory = {
    id: 'CPANSA-Foo-Bar-2024-1',
    cves: ['CVE-2024-1000', 'none'],
    severity: 'High',
    reported: '2024-05-01',
    references: ['https://example.org/a', 'javascript:alert(1)'],
    affected_versions: ['>=1.0,<2.0'],
    fixed_versions: [],
    description: 'Prose that must not be kept',
  };
  const items = await itemsOf({ meta: { epoch: 1_786_890_660 }, dists: { 'Foo-Bar': { advisories: [advisory] } } });
  expect(items).toEqual([
    { kind: 'dated', part: 'cpan-cpansa', updatedAt: '2026-08-16T14:31:00Z' },
    {
      kind: 'advisory',
      part: 'cpan-cpansa',
      advisory: {
        id: 'CPANSA-Foo-Bar-2024-1',
        feed: 'cpan-cpansa',
        aliases: ['CVE-2024-1000'],
        published: '2024-05-01T00:00:00Z',
        modified: null,
        withdrawn: null,
        cvss: [],
        references: [{ source: 'cpansa', url: 'https://example.org/a' }],
        categories: [],
        affected: [
          {
            ecosystem: 'cpan',
            name: 'Foo-Bar',
            nameKind: 'package',
            scheme: 'cpan',
            urgency: 'high',
            ranges: [{ introduced: '1.0', fixed: '2.0', lastAffected: null }],
            versions: [],
            expression: null,
            status: 'affected',
          },
        ],
      },
    },
  ]);
});

it.each<[string, readonly string[], readonly string[], Readonly<Record<string, string>>]>([
  ['all versions', ['>0'], [], { '0.01': 'affected', '99': 'affected', '0': 'not-affected' }],
  ['a decimal end', ['<0.5'], [], { '0.49': 'affected', '0.4999': 'affected', '0.5': 'fixed', '0.50': 'fixed' }],
  ['a fix behind the last one', ['<=v0.5.2'], ['>=v0.5.3'], { 'v0.5.2': 'affected', 'v0.5.3': 'fixed' }],
  ['a last one without a fix', ['<=1.08'], [], { '1.08': 'affected', '1.09': 'not-affected' }],
  [
    'single versions',
    ['==1.08', '2.07'],
    [],
    { '1.08': 'affected', '1.080': 'affected', '2.07': 'affected', '2': 'not-affected' },
  ],
  [
    'several equalities',
    ['==0.9.13,==0.9.13.2'],
    [],
    { '0.9.13': 'affected', '0.9.13.2': 'affected', '0.9.13.1': 'not-affected' },
  ],
  ['an open start', ['>1.74,<8.65'], [], { '1.74': 'not-affected', '1.75': 'affected', '8.65': 'not-affected' }],
  [
    'several ranges',
    ['<5.28.3', '>=5.30.0,<5.30.3'],
    [],
    { '5.28.3': 'fixed', '5.30.1': 'affected', '5.30.3': 'fixed' },
  ],
  ['no range', [], [], { '1.0': 'undetermined' }],
])('judges %s', async (_name, affected_versions, fixed_versions, verdicts) => {
  const item = await itemOf({ affected_versions, fixed_versions });
  if (item?.kind !== 'advisory') throw new Error('no advisory');
  const judged = Object.keys(verdicts).map((version) => {
    const pkg: Matchable = { type: 'cpan', name: 'Foo-Bar', version, source: null, distribution: null };
    const kind = findMatcher(pkg)?.judge(pkg, item.advisory)?.kind;
    return [version, affected_versions.length === 0 ? item.advisory.affected[0]?.status : kind];
  });
  expect(Object.fromEntries(judged)).toEqual(verdicts);
});

it('takes no fix behind a release that nobody called affected', async () => {
  const advisories = [{ id: 'CPANSA-Foo-2024-1', affected_versions: ['<=1.0'], fixed_versions: ['>=1.2'] }];
  const rangeOf = async (released: readonly string[]) => {
    const versions = released.map((version) => ({ version }));
    const [item] = await itemsOf({ dists: { Foo: { advisories, versions } } });
    return item?.kind === 'advisory' ? item.advisory.affected[0]?.ranges : undefined;
  };
  expect(await rangeOf(['1.0', '1.2'])).toEqual([{ introduced: null, fixed: '1.2', lastAffected: null }]);
  expect(await rangeOf(['1.0', '1.1', '1.2'])).toEqual([{ introduced: null, fixed: null, lastAffected: '1.0' }]);
});

it('names what it can not read, and goes on', async () => {
  const fine = { id: 'CPANSA-Foo-Bar-2024-2', affected_versions: ['<1'] };
  const broken = [{ ...fine, affected_versions: ['soon'] }, { ...fine, id: 'x' }, null];
  const items = await itemsOf({ dists: { 'Foo-Bar': { advisories: [...broken, fine] } } });
  expect(items.map((item) => (item.kind === 'skipped' ? item.problem.detail.slice(0, 31) : item.kind))).toEqual([
    'a range of versions that can no',
    'no advisory on Foo-Bar: id Inva',
    'no advisory on Foo-Bar:  Invali',
    'advisory',
  ]);
  expect(await itemsOf({ dists: [] })).toMatchObject([{ kind: 'skipped' }]);
});
