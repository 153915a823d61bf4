import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@hullcheck/core';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';

const run = promisify(execFile);

export const superuser = 'hullcheck';

/** The folder of a cluster, made by initdb where there is none yet; half a one, left by a crash, is made again. */
export async function prepareCluster(
  binaries: PostgresBinaries,
  folder: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) {
    if (version.trim() === binaries.major) return;
    throw new Fault(
      'unavailable',
      `the data is of PostgreSQL ${version.trim()}, the programs are of ${binaries.major}`,
      {
        place: folder,
        hint: 'Start with the programs of the older version (--pg-bin) and move the data to the newer one with pg_dumpall.',
      },
    );
  }
  const unfinished = `${folder}.unfinished`;
  const passwordFile = `${folder}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) {
    await chown(unfinished, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  try {
    // Locale C: text compares by code unit, as everywhere in this product. Checksums: a torn page is seen, not read.
    const settings = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--data-checksums'];
    const names = [`--username=${superuser}`, `--pwfile=${passwordFile}`, `--pgdata=${unfinished}`];
    await run(binaries.initdb, [...settings, ...names], {
      ...account,
      cwd: '/',
      env: childEnvironment,
      timeout: 300_000,
    });
  } catch (cause) {
    const said =
      cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim().split('\n').at(-1) : undefined;
    throw new Fault('unavailable', `initdb could not make the database${said === undefined ? '' : `: ${said}`}`, {
      cause,
      place: folder,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, folder);
}

/** Nothing of this process's environment reaches PostgreSQL: PGDATA or a library path in it would change what runs. */
export const childEnvironment: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The superuser's password: made once, kept beside the data in a file that only this process's account reads. */
export async function loadPassword(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => undefined);
  if (kept !== undefined && kept.length >= 32) return kept;
  const password = randomBytes(24).toString('base64url');
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o400);
  try {
    await file.writeFile(password);
    await file.sync();
  } finally {
    await file.close();
  }
  return password;
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
