import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Settings } from '../settings.ts';
import { takesFrom, tokenFor } from './db-distribution.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sentTo(flags: object, environment: Readonly<Record<string, string>>) {
  const settings = await Settings.read(
    { ...flags },
    {
      environment: { XDG_CONFIG_HOME: join(folder, 'home'), ...environment },
      args: [],
      cwd: folder,
      uid: 1000,
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      now: () => 0,
      installation: { starter: folder, pages: folder, program: folder, built: folder },
      version: '0',
    },
  );
  const origin = takesFrom(settings);
  if (origin?.kind !== 'console') throw new Error('no console is named');
  return [origin.url, tokenFor(origin.url, settings)];
}

const secret = { HULLCHECK_TOKEN: 'CANARY' };

it('the token goes to the console that was named with it', async () => {
  const server = 'https://ours.example.com';
  expect(await sentTo({ server }, secret)).toEqual([server, 'CANARY']);
  expect(await sentTo({ databaseSource: server }, secret)).toEqual([server, 'CANARY']);
  expect(await sentTo({}, { ...secret, HULLCHECK_SERVER: server })).toEqual([server, 'CANARY']);
  expect(await sentTo({ server: `${server}/`, databaseSource: server }, secret)).toEqual([server, 'CANARY']);
});

it('the token of one console does not go to another that databases come from', async () => {
  const environment = { ...secret, HULLCHECK_DATABASE_SOURCE: 'https://other.example.com' };
  expect(await sentTo({ server: 'https://ours.example.com' }, environment)).toEqual([
    'https://other.example.com',
    null,
  ]);
});

it.each(['server', 'database-source'])(
  'the token of the environment goes to no %s that a checkout names',
  async (key) => {
    const theirs = join(folder, '.hullcheck.yaml');
    writeFileSync(theirs, `${key}: https://theirs.example.com\n`);
    await expect(sentTo({}, secret)).rejects.toMatchObject({ code: 'invalid-input', place: theirs });
    expect(await sentTo({}, {})).toEqual(['https://theirs.example.com', null]);
    expect(await sentTo({ config: theirs }, secret)).toEqual(['https://theirs.example.com', 'CANARY']);
    expect(await sentTo({}, { ...secret, HULLCHECK_CONFIG: theirs })).toEqual(['https://theirs.example.com', 'CANARY']);
    writeFileSync(theirs, `${key}: https://theirs.example.com\ntoken: own\n`);
    expect(await sentTo({}, {})).toEqual(['https://theirs.example.com', 'own']);
  },
);
