import { judgeSubject } from '@hullcheck/core';
import { expect, test } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { memorySnapshot } from '../snapshot.ts';
import { listOf } from '../test-archives.ts';
import { wolfiSecdb } from './index.ts';

/** In the shape of https://packages.wolfi.dev/os/security.json, with ids of it. */
const SECDB = {
  apkurl: '{{urlprefix}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk',
  archs: ['x86_64'],
  reponame: 'os',
  urlprefix: 'https://packages.wolfi.dev',
  packages: [
    { pkg: { name: 'binutils', secfixes: { '2.39-r2': ['CVE-2022-38533'], '0': ['CVE-2021-20197'] } } },
    { pkg: { name: 'go-x', secfixes: { '1.2.0-r3': ['GHSA-68w8-qjq3-2gfm'] } } },
    { pkg: { name: 'broken', secfixes: 7 } },
  ],
};

const signal = new AbortController().signal;

function itemsOf(document: unknown): Promise<readonly FeedItem[]> {
  const bytes = Buffer.from(JSON.stringify(document));
  return listOf(
    wolfiSecdb.parse(memorySnapshot('wolfi-secdb', [], { 'security.json': { part: 'wolfi-secdb', bytes } }), signal),
  );
}

test.each([
  ['2.39-r1', 'affected'],
  ['2.39-r2', 'fixed'],
  ['2.40-r0', 'fixed'],
])('judges binutils %s by origin: %s; a fix in 0 clears every version', async (version, verdict) => {
  const items = await itemsOf(SECDB);
  const advisories = items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
  const subject = {
    type: 'apk',
    name: 'libbfd',
    version,
    source: { name: 'binutils', version },
    distribution: { id: 'wolfi', release: '20230201' },
  };
  const judged = judgeSubject(subject, advisories, new Map());
  expect(judged.map(({ id, verdict: said, evidence }) => [id, said, evidence.via])).toEqual([
    ['CVE-2021-20197', 'not-affected', 'binutils'],
    ['CVE-2022-38533', verdict, 'binutils'],
  ]);
  const chainguard = judgeSubject(
    { ...subject, distribution: { id: 'chainguard', release: '20230214' } },
    advisories,
    new Map(),
  );
  expect(chainguard.map(({ verdict: said }) => said)).toEqual(['not-affected', verdict]);
  expect(judgeSubject({ ...subject, distribution: { id: 'alpine', release: '3.20' } }, advisories, new Map())).toEqual(
    [],
  );
});

test('names what is broken, and refuses a repository of a release as another distribution’s', async () => {
  const skips = (await itemsOf(SECDB)).flatMap((item) => (item.kind === 'skipped' ? [item.record] : []));
  expect(skips).toEqual(['packages[2]']);
  const foreign = await itemsOf({ ...SECDB, distroversion: 'v3.20' });
  expect(foreign.map(({ kind }) => kind)).toEqual(['skipped']);
});
