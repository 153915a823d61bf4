import { type Advisory, findMatcher, type Matchable } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { feedCatalogue } from './catalogue.ts';
import type { Feed, FeedItem } from './feed.ts';
import type { DownloadPart } from './fetching.ts';
import { memorySnapshot } from './snapshot.ts';
import { listOf, zipBytes } from './test-archives.ts';

interface OsvRecord {
  readonly id: string;
  readonly affected: readonly unknown[];
  readonly [member: string]: unknown;
}

const feedOf = (id: string): Feed => {
  const feed = feedCatalogue.find((one) => one.id === id);
  if (feed === undefined) throw new Error(`no feed ${id}`);
  return feed;
};

async function itemsOf(id: string, records: readonly OsvRecord[], form: 'zip' | 'zip64' = 'zip') {
  const files = records.map((record) => ({ path: `${record.id}.json`, text: JSON.stringify(record) }));
  const part = { id, extent: 'whole', updatedAt: '2026-08-01T00:00:00Z' } as const;
  const snapshot = memorySnapshot(id, [part], { [`${id}.zip`]: { part: id, bytes: zipBytes(files, form) } });
  return await listOf<FeedItem>(feedOf(id).parse(snapshot, new AbortController().signal));
}

async function advisoryOf(id: string, record: OsvRecord): Promise<Advisory> {
  const [item, ...others] = await itemsOf(id, [record]);
  if (item?.kind !== 'advisory' || others.length > 0) throw new Error(JSON.stringify(item));
  return item.advisory;
}

const ghsa = (ecosystem: string, name: string, more: object): OsvRecord => ({
  id: 'GHSA-aaaa-bbbb-cccc',
  aliases: ['CVE-2024-1000'],
  affected: [{ package: { ecosystem, name }, ...more }],
});
const events = (...list: readonly object[]): object => ({ ranges: [{ type: 'ECOSYSTEM', events: list }] });
const verdictOf = (advisory: Advisory, pkg: Pick<Matchable, 'type' | 'name' | 'version'>): string | undefined => {
  const whole: Matchable = { ...pkg, source: null, distribution: null };
  return findMatcher(whole)?.judge(whole, advisory)?.kind;
};

const FIRST = { introduced: '0' };

describe('a record of osv.dev is judged at its bounds', () => {
  it.each<[string, string, string, string, string, object, Readonly<Record<string, string>>]>([
    [
      'osv-maven',
      'Maven',
      'maven',
      'org.apache.logging.log4j:log4j-core',
      'org.apache.logging.log4j:log4j-core',
      events({ introduced: '2.13.0' }, { fixed: '2.15.0' }),
      {
        '2.12.1': 'not-affected',
        '2.13.0-rc1': 'not-affected',
        '2.13.0': 'affected',
        '2.13.0.Final': 'affected',
        '2.15.0-rc1': 'affected',
        '2.15.0': 'fixed',
        '2.15': 'fixed',
      },
    ],
    [
      'osv-nuget',
      'NuGet',
      'nuget',
      'Newtonsoft.Json',
      'newtonsoft.JSON',
      events(FIRST, { fixed: '13.0.1' }),
      {
        '9.0.1': 'affected',
        '13.0.1-beta2': 'affected',
        '13.0.1': 'fixed',
        '13.0.1.0': 'fixed',
        '13.0.1+abc': 'fixed',
      },
    ],
    [
      'osv-npm',
      'npm',
      'npm',
      '@babel/traverse',
      '@babel/traverse',
      events({ introduced: '8.0.0-alpha.0' }, { fixed: '8.0.0-alpha.4' }),
      { '7.23.2': 'not-affected', '8.0.0-alpha.0': 'affected', '8.0.0-alpha.4': 'fixed' },
    ],
    [
      'osv-packagist',
      'Packagist:https://packages.drupal.org/8',
      'composer',
      'drupal/Core',
      'drupal/core',
      events({ introduced: '8.0.0' }, { last_affected: '8.9.20' }),
      { '7.9.9': 'not-affected', '8.9.20': 'affected', '8.9.21': 'not-affected', 'v8.1.0': 'affected' },
    ],
    [
      'osv-hex',
      'Hex',
      'hex',
      'plug',
      'plug',
      events(FIRST, { fixed: '1.0.4' }, { introduced: '1.1.0' }, { fixed: '1.1.7' }),
      { '1.0.3': 'affected', '1.0.4': 'fixed', '1.1.0-rc.0': 'fixed', '1.1.6': 'affected', '1.1.7': 'fixed' },
    ],
    [
      'osv-pub',
      'Pub',
      'pub',
      'http',
      'http',
      events(FIRST, { fixed: '0.13.3' }),
      { '0.13.2': 'affected', '0.13.3': 'fixed' },
    ],
    [
      'osv-swift',
      'SwiftURL',
      'swift',
      'https://github.com/Vapor/vapor.git',
      'github.com/vapor/vapor',
      events(FIRST, { fixed: '4.84.2' }),
      { '4.84.1': 'affected', '4.84.2': 'fixed' },
    ],
    [
      'osv-rubygems',
      'RubyGems',
      'gem',
      'rack',
      'rack',
      events({ introduced: '3.0.0' }, { fixed: '3.0.9.1' }),
      { '3.0.0.beta1': 'not-affected', '3.0.9': 'affected', '3.0.9.1': 'fixed' },
    ],
    [
      'osv-cran',
      'CRAN',
      'cran',
      'readxl',
      'readxl',
      events(FIRST, { fixed: '1.4.1' }),
      { '1.4.0': 'affected', '1.4.1': 'fixed' },
    ],
    [
      'osv-julia',
      'Julia',
      'julia',
      'HTTP',
      'HTTP',
      events(FIRST, { fixed: '1.10.17' }),
      { '1.10.16': 'affected', '1.10.17': 'fixed' },
    ],
    [
      'osv-crates',
      'crates.io',
      'cargo',
      'openssl',
      'openssl',
      events({ introduced: '0.0.0-0' }, { fixed: '0.10.55' }),
      { '0.10.54': 'affected', '0.10.55': 'fixed' },
    ],
  ])('%s', async (id, ecosystem, type, name, installed, more, verdicts) => {
    const record = { ...ghsa(ecosystem, name, more), ...(id === 'osv-cran' ? { id: 'RSEC-2023-1' } : {}) };
    const advisory = await advisoryOf(id, id === 'osv-julia' ? { ...record, id: 'JLSEC-2025-1' } : record);
    const judged = Object.keys(verdicts).map((version) => [
      version,
      verdictOf(advisory, { type, name: installed, version }),
    ]);
    expect(Object.fromEntries(judged)).toEqual(verdicts);
  });
});

describe('what GitHub states beside the ranges', () => {
  it.each([
    ['<= 2.0.1', { '2.0.1': 'affected', '2.0.2': 'not-affected' }],
    ['< 2.0.1', { '2.0.0': 'affected', '2.0.1': 'fixed' }],
    ['soon', { '9.9.9': 'affected' }],
  ])('ends a range that no version fixes: %s', async (stated, verdicts) => {
    const record = ghsa('Maven', 'a:b', {
      ...events(FIRST),
      database_specific: { last_known_affected_version_range: stated },
    });
    const advisory = await advisoryOf('osv-maven', record);
    const judged = Object.keys(verdicts).map((version) => [
      version,
      verdictOf(advisory, { type: 'maven', name: 'a:b', version }),
    ]);
    expect(Object.fromEntries(judged)).toEqual(verdicts);
  });

  it('does not touch a range that has an end, or one of several', async () => {
    const known = { database_specific: { last_known_affected_version_range: '<= 1.0' } };
    const ended = await advisoryOf('osv-maven', ghsa('Maven', 'a:b', { ...events(FIRST, { fixed: '3' }), ...known }));
    expect(ended.affected[0]?.ranges).toEqual([{ introduced: null, fixed: '3', lastAffected: null }]);
    const ranges = [
      { type: 'ECOSYSTEM', events: [FIRST, { fixed: '1' }] },
      { type: 'ECOSYSTEM', events: [{ introduced: '2' }] },
    ];
    const several = await advisoryOf('osv-maven', ghsa('Maven', 'a:b', { ranges, ...known }));
    expect(several.affected[0]?.ranges[1]).toEqual({ introduced: '2', fixed: null, lastAffected: null });
  });

  it('keeps of the listed versions those that no range holds', async () => {
    const record = ghsa('Maven', 'a:b', {
      ...events(FIRST, { fixed: '2' }),
      versions: ['1.0', '1.1', '2.0-rc1', '2.5', '!'],
    });
    expect((await advisoryOf('osv-maven', record)).affected[0]?.versions).toEqual(['2.5', '!']);
  });

  it('takes the word for severity, vectors by package, and the withdrawal', async () => {
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
    const severity = [{ type: 'CVSS_V3', score: vector }];
    const advisory = await advisoryOf('osv-nuget', {
      ...ghsa('NuGet', 'A.B', { ...events(FIRST), severity }),
      severity,
      withdrawn: '2024-01-02T00:00:00Z',
      database_specific: { severity: 'MODERATE', cwe_ids: ['CWE-79', 'x'] },
    });
    expect(advisory).toMatchObject({
      cvss: [{ vector, source: 'osv-nuget' }],
      categories: ['CWE-79'],
      withdrawn: '2024-01-02T00:00:00Z',
      affected: [{ name: 'a.b', urgency: 'moderate' }],
    });
  });
});

it('takes known malware as such, from every ecosystem that has any', async () => {
  const record: OsvRecord = {
    id: 'MAL-2025-27840',
    affected: [{ package: { ecosystem: 'npm', name: 'npm-published-package' }, ...events(FIRST) }],
    database_specific: { 'malicious-packages-origins': null },
  };
  const advisory = await advisoryOf('osv-npm', record);
  expect(advisory.categories).toEqual(['CWE-506']);
  expect(verdictOf(advisory, { type: 'npm', name: 'npm-published-package', version: 'whatever' })).toBe('affected');
});

it('takes only the ids of the databases that it names, from archives of any number of records', async () => {
  const one = ghsa('Maven', 'a:b', events(FIRST));
  const items = await itemsOf('osv-maven', [one, { ...one, id: 'OSV-2024-1' }, { ...one, id: 'MAL-2024-1' }], 'zip64');
  expect(items.map((item) => (item.kind === 'advisory' ? item.advisory.id : item.kind))).toEqual([
    one.id,
    'MAL-2024-1',
  ]);
});

it('asks osv.dev for one file an ecosystem', async () => {
  const asked: string[] = [];
  for (const feed of feedCatalogue.filter(({ id }) => id.startsWith('osv-'))) {
    const download = async (files: readonly { readonly url: string }[], parts: readonly DownloadPart[]) => {
      asked.push(...files.map(({ url }) => url.split('/').slice(2).join('/')));
      // Known malware alone says nothing of vulnerabilities.
      expect(parts).toEqual([{ id: feed.id, extent: feed.id === 'osv-go' ? 'excerpt' : 'whole' }]);
      return 'unchanged' as const;
    };
    const pointer = () => Promise.reject(new Error('nothing to point at'));
    await feed.fetch({ now: '2026-09-01T00:00:00Z', download, pointer }, undefined);
  }
  const named = 'CRAN crates.io Go Hex Julia Maven npm NuGet Packagist Pub RubyGems SwiftURL'.split(' ');
  expect(asked).toEqual(named.map((name) => `osv-vulnerabilities.storage.googleapis.com/${name}/all.zip`));
});
