import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAgentDownloads } from './downloads.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-downloads-'));
});
afterEach(() => rm(dir, { recursive: true }));

const reach = { url: 'https://console.test', pin: null, publicKeyPin: null };

it('packs once for all who ask, and after a failure again only when a while has passed', async () => {
  let packed = 0;
  let isFull = true;
  let nowMs = 0;
  const program = {
    version: '1',
    runtime: null,
    pack: async () => {
      packed += 1;
      if (isFull) throw new Error('no space left on device');
      return Buffer.from('archive');
    },
  };
  const downloads = createAgentDownloads(program, join(dir, 'packed'), join(dir, 'runtimes'), () => nowMs);
  const ask = () => downloads(reach);
  // Anybody may ask for the script, so each failure must not be seconds of work for the next.
  for (let times = 0; times < 3; times += 1) await expect(ask()).rejects.toMatchObject({ code: 'storage-full' });
  expect(packed).toBe(1);
  isFull = false;
  nowMs += 59_000;
  await expect(ask()).rejects.toMatchObject({ code: 'storage-full' });
  nowMs += 2_000;
  const both = await Promise.all([ask(), ask()]);
  expect(packed).toBe(2);
  expect(both.map(({ files }) => [...files.keys()])).toEqual([['hullcheck.tar.gz'], ['hullcheck.tar.gz']]);
  nowMs += 3_600_000;
  await ask();
  expect(packed).toBe(2);
});
