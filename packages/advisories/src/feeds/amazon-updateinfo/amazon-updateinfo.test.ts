import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Fault } from '@hullcheck/core';
import { expect, test } from 'vitest';
import type { FeedIo } from '../fetching.ts';
import { itemsOf, linesOf } from '../test-items.ts';
import { amazonUpdateinfo, lineOf } from './index.ts';

// Amazon's own updates, from the tests of aquasecurity/vuln-list-update (Apache-2.0).
const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'testdata', name));

test('an update names the CVEs that it fixes, by binary package', async () => {
  const lines = linesOf(await itemsOf(amazonUpdateinfo, { 'amzn2/core.xml.gz': fixture('amzn2.xml.gz') }));
  expect(lines[0]).toBe('ALAS2-2018-942 CVE-2017-5715');
  expect(lines).toContain('amzn:2 binary qemu-img important ..10:1.5.3-141.amzn2.5.3');
  expect(lines.filter((line) => line.startsWith('ALAS2-'))).toHaveLength(2);
  const newer = linesOf(await itemsOf(amazonUpdateinfo, { 'amzn2023/core.xml.gz': fixture('amzn2023.xml.gz') }));
  expect(newer[0]).toBe('ALAS2023-2023-001 CVE-2014-3634 CVE-2022-24903');
  expect(newer).toContain('amzn:2023 binary rsyslog-mmaudit important ..8.2204.0-3.amzn2023.0.2');
});

test('a topic’s updates are about its line only', async () => {
  const extras = { 'amzn2/extras/qemu1.5.xml.gz': fixture('amzn2.xml.gz') };
  expect(linesOf(await itemsOf(amazonUpdateinfo, extras))).toContain(
    'amzn:2 binary qemu-img important 10:1.5..10:1.5.3-141.amzn2.5.3',
  );
  expect(linesOf(await itemsOf(amazonUpdateinfo, { 'other.xml': '<updates/>' }))).toEqual([
    'skipped null: of no release that is known',
  ]);
});

test.each([
  ['php8.2', '8.2.15-1.amzn2', '8.2'],
  ['kernel-5.10', '5.10.209-198.812.amzn2', '5.10'],
  ['java-openjdk11', '1:11.0.22-1', '1:11'],
  ['lamp-mariadb10.2-php7.2', '3:10.2.38-1.amzn2', '3:10'],
  ['docker', '20.10.25-1.amzn2', null],
  ['', '1-1', null],
])('what is of the line of %s begins with %s at %s', (topic, fixed, introduced) => {
  expect(lineOf(topic)(fixed)).toBe(introduced);
});

const INDEX =
  '<repomd><data type="primary"><location href="repodata/p.xml.gz"/></data><data type="updateinfo"><location href="repodata/ab-updateinfo.xml.gz"/></data></repomd>';

/** Downloads that a fetch asks for, where `pointers` answer by address and everything else is not there. */
async function asked(pointers: (url: string) => string | undefined): Promise<readonly string[]> {
  const urls: string[] = [];
  const io: FeedIo = {
    now: '2026-09-01T00:00:00Z',
    async download(files) {
      urls.push(...files.map(({ url, path: name }) => `${name} ${url}`));
      return 'unchanged';
    },
    async pointer(url) {
      const text = pointers(url);
      if (text === undefined) throw new Fault('not-found', 'not there');
      return text;
    },
  };
  await amazonUpdateinfo.fetch(io, undefined);
  return urls;
}

test('a fetch follows the lists of mirrors to the updates of each repository', async () => {
  const urls = await asked((url) => {
    if (url.endsWith('extras-catalog.json')) return '{"topics":[{"n":"nginx1"},{"n":"gone"}]}';
    if (url.endsWith('repomd.xml')) return INDEX;
    if (url.includes('gone') || url.includes('us-west-2')) return undefined;
    return `${url.replace('/mirror.list', '/0f3a')}\nhttps://second.example/`;
  });
  const host = 'https://cdn.amazonlinux.com';
  expect(urls).toEqual([
    `amzn2/core.xml.gz ${host}/2/core/latest/x86_64/0f3a/repodata/ab-updateinfo.xml.gz`,
    `amzn2023/core.xml.gz ${host}/al2023/core/mirrors/latest/x86_64/0f3a/repodata/ab-updateinfo.xml.gz`,
    `amzn2/extras/nginx1.xml.gz ${host}/2/extras/nginx1/latest/x86_64/0f3a/repodata/ab-updateinfo.xml.gz`,
  ]);
});

test.each([
  'https://evil.example/2/core',
  'https://cdn.amazonlinux.com.evil.example/',
  'https://cdn.amazonlinux.com/../../x',
  'https://cdn.amazonlinux.com/a?b',
  '',
])('a list of mirrors cannot send a fetch to %s', async (mirror) => {
  const answers = (url: string) => (url.endsWith('.json') ? '{"topics":[]}' : url.endsWith('.list') ? mirror : INDEX);
  await expect(asked(answers)).rejects.toMatchObject({ name: 'Fault', code: 'feed-invalid' });
});
