import { expect, it } from 'vitest';
import type { AdvisoryHit, AffectedPackage, VersionRange } from '../advisory.ts';
import { findMatcher } from './catalogue.ts';
import type { Matchable } from './matcher.ts';

const range = (introduced: string | null, end: Partial<VersionRange>): VersionRange => ({
  introduced,
  fixed: null,
  lastAffected: null,
  ...end,
});

function verdict(name: string, version: string, ranges: readonly VersionRange[]): string | undefined {
  const pkg: Matchable = { type: 'bitnami', name, version, source: null, distribution: null };
  const entry: AffectedPackage = {
    ecosystem: 'bitnami',
    name,
    nameKind: 'package',
    scheme: 'semver',
    ranges,
    versions: [],
    expression: null,
    status: 'affected',
    urgency: null,
  };
  const advisory: AdvisoryHit = {
    id: 'CVE-2024-0001',
    feed: 'bitnami-vulndb',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [entry],
  };
  return findMatcher(pkg)?.judge(pkg, advisory)?.kind;
}

it.each<[string, VersionRange, Readonly<Record<string, string>>]>([
  // No advisory of a program speaks of the packaging: every revision is of the release.
  [
    'redis',
    range('7.0.0', { fixed: '7.2.4' }),
    { '7.0.0-0': 'affected', '7.2.3-9': 'affected', '7.2.4-0': 'fixed', '7.2.4': 'fixed', '7.2.4-rc.1-2': 'affected' },
  ],
  ['redis', range(null, { lastAffected: '7.2.3' }), { '7.2.3-14': 'affected', '7.2.4-0': 'not-affected' }],
  // CVE-2025-22248 and CVE-2025-41240 were in the packaging.
  [
    'pgpool',
    range(null, { fixed: '4.6.0-1' }),
    { '4.5.9-12': 'affected', '4.6.0-0': 'affected', '4.6.0': 'affected', '4.6.0-1': 'fixed', '4.6.0-10': 'fixed' },
  ],
  [
    'wordpress',
    range('6.7.2-7', { fixed: '6.8.2-1' }),
    {
      '6.7.2-6': 'not-affected',
      '6.7.2-7': 'affected',
      '6.7.2-11': 'affected',
      '6.8.2-0': 'affected',
      '6.8.2-1': 'fixed',
    },
  ],
  [
    'golang',
    range('1.26.0-0', { fixed: '1.26.1' }),
    { '1.26.0-0': 'affected', '1.25.9-0': 'not-affected', '1.26.1-0': 'fixed' },
  ],
  [
    'cassandra',
    range('4.0.0', { fixed: '4.0.20-0' }),
    { '4.0.0-0': 'affected', '4.0.19-8': 'affected', '4.0.20-0': 'fixed' },
  ],
  [
    'minio',
    range('2022.07.24', { fixed: '2023.03.20' }),
    { '2022.7.23-0': 'not-affected', '2023.3.13-4': 'affected', '2023.3.20-0': 'fixed' },
  ],
  // Java's builds stand before the revision.
  ['jre', range('9.0.0', { fixed: '11.0.15' }), { '11.0.14-1-3': 'affected', '11.0.15-10-0': 'fixed' }],
  [
    'jre',
    range('11.0.15-1', { lastAffected: '11.0.15-1' }),
    { '11.0.15-1-0': 'affected', '11.0.15-1': 'affected', '11.0.15-2-0': 'not-affected', '11.0.15-0': 'not-affected' },
  ],
  [
    'java',
    range('1.9.0', { fixed: '8.0.401' }),
    { '1.8.391-6': 'affected', '1.8.402-7-0': 'fixed', '8.0.392-9-1': 'affected' },
  ],
  [
    'java',
    range('1.8.0-333', { lastAffected: '1.8.0-333' }),
    { '1.8.333-151': 'affected', '1.8.332-0': 'not-affected' },
  ],
])('%s %j', (name, stated, verdicts) => {
  const judged = Object.keys(verdicts).map((version) => [version, verdict(name, version, [stated])]);
  expect(Object.fromEntries(judged)).toEqual(verdicts);
});
