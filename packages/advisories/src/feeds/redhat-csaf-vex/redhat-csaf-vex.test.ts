import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Download, FeedIo } from '../fetching.ts';
import { tarBytes } from '../test-archives.ts';
import { itemsOf } from '../test-items.ts';
import { redhatCsafVex } from './index.ts';

const text = readFileSync(path.join(import.meta.dirname, 'testdata/cve-2024-0727.json'), 'utf8');

test('reads each document of the archive and skips a broken one with its name', async () => {
  const archive = tarBytes([
    { path: '2024/cve-2024-0727.json', text },
    { path: '2024/cve-2024-0728.json', text: '{' },
    { path: '2024/rhsa-2024_0001.json', text: '{' },
  ]);
  const items = await itemsOf(redhatCsafVex, { 'csaf_vex.tar.zst': zstdCompressSync(archive) });
  expect(items).toMatchObject([
    { kind: 'advisory', advisory: { id: 'CVE-2024-0727' } },
    { kind: 'skipped', problem: { path: 'csaf_vex.tar.zst/2024/cve-2024-0728.json', detail: 'not valid JSON' } },
  ]);
});

test('a cut archive is a fault, so that the last good data stays', async () => {
  const archive = zstdCompressSync(tarBytes([{ path: '2024/cve-2024-0727.json', text }]).subarray(0, 20_000));
  await expect(itemsOf(redhatCsafVex, { 'csaf_vex.tar.zst': archive })).rejects.toMatchObject({ code: 'truncated' });
});

/** What the fetch asks for where Red Hat's pointer says this. */
async function asked(
  pointer: string,
): Promise<readonly (Pick<Download, 'url'> & { readonly updatedAt: string | undefined })[]> {
  const found: { url: string; updatedAt: string | undefined }[] = [];
  const io: FeedIo = {
    now: '2026-09-01T00:00:00Z',
    async download(files, parts) {
      for (const { url } of files) found.push({ url, updatedAt: parts[0]?.updatedAt });
      return 'unchanged';
    },
    pointer: () => Promise.resolve(pointer),
  };
  await redhatCsafVex.fetch(io, undefined);
  return found;
}

test('fetches the archive that Red Hat names, dated as it is', async () => {
  expect(await asked('csaf_vex_2026-08-21.tar.zst\n')).toEqual([
    {
      url: 'https://security.access.redhat.com/data/csaf/v2/vex/csaf_vex_2026-08-21.tar.zst',
      updatedAt: '2026-08-21T00:00:00Z',
    },
  ]);
});

test.each(['', '../../x.tar.zst', 'https://evil.example/csaf_vex_2026-08-21.tar.zst', '<html>'])(
  'does not follow the pointer %o',
  async (pointer) => {
    await expect(asked(pointer)).rejects.toMatchObject({ name: 'Fault', code: 'feed-invalid' });
  },
);
