import { judgeSubject, type Matchable } from '@hullcheck/core';
import { expect, test } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { memorySnapshot } from '../snapshot.ts';
import { listOf } from '../test-archives.ts';
import { archAvg } from './index.ts';

/** In the shape of https://security.archlinux.org/all.json. */
const base = { packages: ['glibc', 'lib32-glibc'], affected: '2.38-1', severity: 'High', type: 'x', advisories: [] };
const GROUPS = [
  { ...base, name: 'AVG-1', status: 'Fixed', fixed: '1:2.38-2', issues: ['CVE-2023-4911', 'CVE-2023-4806'] },
  { ...base, name: 'AVG-2', status: 'Vulnerable', fixed: null, issues: ['CVE-2025-6020'] },
  { ...base, name: 'AVG-3', status: 'Not affected', fixed: null, issues: ['CVE-2025-0001'] },
  { ...base, name: 'AVG-4', status: 'Unknown', fixed: null, issues: [] },
  { ...base, name: 'AVG-5', status: 'Fixed', packages: [] },
];

function itemsOf(text: string): Promise<readonly FeedItem[]> {
  const snapshot = memorySnapshot(archAvg.id, [], { 'all.json': { part: archAvg.id, bytes: Buffer.from(text) } });
  return listOf(archAvg.parse(snapshot, new AbortController().signal));
}

test.each([
  ['2.38-9', 'affected'],
  ['1:2.38-1', 'affected'],
  ['1:2.38-2', 'fixed'],
])('judges glibc %s by Arch’s order, each CVE of a group for itself', async (version, verdict) => {
  const items = await itemsOf(JSON.stringify(GROUPS));
  const advisories = items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
  const distribution = { id: 'arch', release: '' };
  const pkg: Matchable = { type: 'alpm', name: 'lib32-glibc', version, source: null, distribution };
  expect(judgeSubject(pkg, advisories, new Map()).map((one) => [one.id, one.verdict])).toEqual([
    ['AVG-4', 'under-investigation'],
    ['CVE-2023-4806', verdict],
    ['CVE-2023-4911', verdict],
    ['CVE-2025-0001', 'not-affected'],
    ['CVE-2025-6020', 'affected'],
  ]);
  expect(judgeSubject({ ...pkg, distribution: null }, advisories, new Map())).toEqual([]);
  expect(items.flatMap((item) => (item.kind === 'skipped' ? [item.record] : []))).toEqual(['[4]']);
});

test.each(['<html>', '{}', ''])('takes "%s" for no list', async (text) => {
  expect((await itemsOf(text)).map(({ kind }) => kind)).toEqual(['skipped']);
});
