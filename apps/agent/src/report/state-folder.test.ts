import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStateFolder } from './state-folder.ts';

const identity = { server: 'https://console.example', agentId: 'a', key: 'k', pin: null };
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-state-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('remembers who it is and what is unsent', async () => {
  const state = await openStateFolder(dir);
  await state.writeIdentity(identity);
  await state.keepUnsent(7, ['{"x"', ':1}']);
  const again = await openStateFolder(dir);
  expect(await again.readIdentity()).toEqual(identity);
  expect(await again.readSequence()).toBe(7);
  const unsent = await again.findUnsent();
  expect(await json(Readable.from(unsent?.() ?? []))).toEqual({ x: 1 });
});

it('follows no link, waits for no pipe and reads no endless file in its folder', async () => {
  const state = await openStateFolder(dir);
  await writeFile(join(dir, 'elsewhere'), JSON.stringify(identity));
  await symlink(join(dir, 'elsewhere'), join(dir, 'identity.json'));
  expect(await state.readIdentity()).toBeUndefined();
  await rm(join(dir, 'identity.json'));
  execFileSync('mkfifo', [join(dir, 'identity.json')]);
  expect(await state.readIdentity()).toBeUndefined();
  await writeFile(join(dir, 'unsent.json'), '{}');
  await truncate(join(dir, 'unsent.json'), 8 * 1024 ** 3);
  expect(await state.findUnsent()).toBeUndefined();
});
