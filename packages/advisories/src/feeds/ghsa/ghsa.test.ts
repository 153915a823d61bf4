import { gzipSync } from 'node:zlib';
import { judgeSubject } from '@hullcheck/core';
import { expect, it, test } from 'vitest';
import { feedCatalogue } from '../catalogue.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { tarBytes, zipBytes } from '../test-archives.ts';
import { itemsOf, linesOf } from '../test-items.ts';
import { ghsa } from './index.ts';

// Records in the form of the repository: facts of real ones, the rest made up.
const range = (...events: readonly object[]) => ({ ranges: [{ type: 'ECOSYSTEM', events }] });
const record = (id: string, affected: readonly object[], more: object = {}) => ({
  schema_version: '1.4.0',
  id,
  modified: '2024-01-03T22:04:08Z',
  published: '2024-01-03T22:04:08Z',
  aliases: ['CVE-2024-21634'],
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }],
  affected,
  references: [{ type: 'WEB', url: 'https://github.com/amazon-ion/ion-java/security/advisories/GHSA-264p-99wq-f4j6' }],
  database_specific: { cwe_ids: ['CWE-770'], severity: 'HIGH', github_reviewed: true },
  ...more,
});
const ION = 'GHSA-264p-99wq-f4j6';
const ion = record(ION, [
  {
    package: { ecosystem: 'Maven', name: 'com.amazon.ion:ion-java' },
    ...range({ introduced: '0' }, { fixed: '1.10.5' }),
  },
]);
const place = (id: string, kind = 'github-reviewed', top = 'advisory-database-main/') =>
  `${top}advisories/${kind}/2024/01/${id}/${id}.json`;
const file = (id: string, content: object | string, where = place(id)) => ({
  path: where,
  text: typeof content === 'string' ? content : JSON.stringify(content),
});
type File = ReturnType<typeof file>;
/** The repository's paths have more than a hundred characters, so that each stands in a header of its own. */
const tarOf = (files: readonly File[]) =>
  tarBytes(
    files.flatMap(({ path, text }) => {
      const rest = ` path=${path}\n`;
      return [
        { path: 'pax', text: `${rest.length + String(rest.length + 2).length}${rest}`, type: 'x' },
        { path: path.slice(0, 100), text },
      ];
    }),
  );
const read = async (files: readonly File[]) =>
  await itemsOf(ghsa, { 'advisory-database.tar.gz': gzipSync(tarOf(files)) });

test('of the repository the reviewed records are read, each with the packages that a matcher asks for', async () => {
  const several = record('GHSA-aaaa-bbbb-cccc', [
    { package: { ecosystem: 'npm', name: 'Left' }, ...range({ introduced: '1.0.0' }, { fixed: '1.2.3' }) },
    { package: { ecosystem: 'NuGet', name: 'Left.Pad' }, ...range({ introduced: '0' }, { last_affected: '4.0.0' }) },
    { package: { ecosystem: 'PyPI', name: 'Left_Pad' }, ...range({ introduced: '0' }, { fixed: '2.0' }) },
    { package: { ecosystem: 'Go', name: 'example.org/left' }, ...range({ introduced: '0' }, { fixed: '1.2.3' }) },
    { package: { ecosystem: 'SwiftURL', name: 'https://github.com/Example/Left.git' }, ...range({ introduced: '0' }) },
  ]);
  const items = await read([
    file(ION, ion),
    file('GHSA-aaaa-bbbb-cccc', several),
    file(
      'GHSA-dddd-eeee-ffff',
      record('GHSA-dddd-eeee-ffff', [{ package: { ecosystem: 'GitHub Actions', name: 'a/b' } }]),
    ),
    file('GHSA-gggg-hhhh-jjjj', record('GHSA-gggg-hhhh-jjjj', [{ package: { ecosystem: 'Go', name: 'a' } }])),
    file('GHSA-mmmm-pppp-qqqq', '{"id":'),
    file('GHSA-rrrr-vvvv-wwww', '{"aliases":[]}'),
    // None of these is asked for.
    file('GHSA-xxxx-xxxx-xxxx', ion, place('GHSA-xxxx-xxxx-xxxx', 'unreviewed')),
    file(ION, ion, `advisory-database-main/advisories/github-reviewed/2024/01/${ION}/GHSA-9999-9999-9999.json`),
    file(ION, ion, 'advisory-database-main/README.json'),
  ]);
  expect(linesOf(items)).toEqual([
    'GHSA-264p-99wq-f4j6 CVE-2024-21634',
    'maven package com.amazon.ion:ion-java high ..1.10.5',
    'GHSA-aaaa-bbbb-cccc CVE-2024-21634',
    'npm package Left high 1.0.0..1.2.3',
    'nuget package left.pad high ..null',
    'pypi package left-pad high ..2.0',
    'swift package github.com/example/left high ..null',
    'skipped GHSA-dddd-eeee-ffff: names no package of an ecosystem that is read',
    'skipped GHSA-gggg-hhhh-jjjj: names no package of an ecosystem that is read',
    'skipped null: not valid JSON',
    'skipped null: not an OSV record: id Invalid input: expected string, received undefined',
  ]);
  expect(items[0]).toMatchObject({ advisory: { feed: 'ghsa', categories: ['CWE-770'], withdrawn: null } });
});

it.each([
  ['a tar', 'a.tar', (bytes: Buffer) => bytes],
  ['a packed tar', 'a.tar.gz', gzipSync],
])('reads %s without a folder of its own on top', async (_, name, pack) => {
  const bytes = pack(tarOf([file(ION, ion, place(ION, 'github-reviewed', ''))]));
  expect(await itemsOf(ghsa, { [name]: bytes })).toHaveLength(1);
});

it('refuses an archive that is cut', async () => {
  const whole = tarOf([file(ION, ion)]);
  await expect(itemsOf(ghsa, { 'a.tar': whole.subarray(0, whole.length - 1024) })).rejects.toMatchObject({
    code: 'truncated',
  });
  await expect(itemsOf(ghsa, { 'a.tar.gz': gzipSync(whole).subarray(0, 200) })).rejects.toMatchObject({
    name: 'Fault',
  });
});

it('asks for the repository as one file, on condition that it changed', async () => {
  const asked: string[] = [];
  await ghsa.fetch(
    {
      now: '2026-09-01T00:00:00Z',
      pointer: () => Promise.reject(new Error('nothing to point at')),
      download: async (files, parts, previous) => {
        asked.push(...files.map(({ url }) => url));
        expect(parts).toEqual([{ id: 'ghsa', extent: 'whole' }]);
        expect(previous).toBe(undefined);
        return 'unchanged';
      },
    },
    undefined,
  );
  expect(asked).toEqual(['https://codeload.github.com/github/advisory-database/tar.gz/refs/heads/main']);
});

const feedOf = (id: string): Feed => {
  const feed = feedCatalogue.find((one) => one.id === id);
  if (feed === undefined) throw new Error(`no feed ${id}`);
  return feed;
};

it.each([
  ['npm', 'osv-npm', 'npm', 'left-pad', '1.2.2', '1.2.3'],
  ['Maven', 'osv-maven', 'maven', 'org.example:left', '1.2.2', '1.2.3'],
  ['crates.io', 'osv-crates', 'cargo', 'left', '1.2.2', '1.2.3'],
  ['RubyGems', 'osv-rubygems', 'gem', 'left', '1.2.2', '1.2.3'],
  ['Packagist', 'osv-packagist', 'composer', 'example/left', '1.2.2', '1.2.3'],
  ['NuGet', 'osv-nuget', 'nuget', 'left', '1.2.2', '1.2.3'],
])('one flaw of %s is one finding with %s beside it', async (ecosystem, osv, type, name, inside, fixed) => {
  const id = 'GHSA-aaaa-bbbb-cccc';
  const same = record(id, [{ package: { ecosystem, name }, ...range({ introduced: '0' }, { fixed }) }]);
  const items: readonly FeedItem[] = [
    ...(await read([file(id, same)])),
    ...(await itemsOf(feedOf(osv), { [`${osv}.zip`]: zipBytes([{ path: `${id}.json`, text: JSON.stringify(same) }]) })),
  ];
  const advisories = items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
  expect(advisories.map(({ feed }) => feed)).toEqual(['ghsa', osv]);
  const judged = (version: string) =>
    judgeSubject({ type, name, version, source: null, distribution: null }, advisories, new Map());
  expect(judged(inside)).toMatchObject([
    {
      id: 'CVE-2024-21634',
      aliases: [id],
      verdict: 'affected',
      fixedIn: [fixed],
      evidence: {
        advisories: [
          { feed: 'ghsa', id },
          { feed: osv, id },
        ],
      },
    },
  ]);
  expect(judged(fixed).map(({ verdict }) => verdict)).toEqual(['fixed']);
});
