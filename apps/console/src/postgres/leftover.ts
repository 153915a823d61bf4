import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Fault } from '@hullcheck/core';
import pg from 'pg';
import { superuser } from './cluster.ts';

const run = promisify(execFile);

/** Session lock in the database `postgres` that the console holds as long as it lives: any other number would do. */
export const ownerLock = 8_480_001;

/**
 * Deals with what `kill -9` left behind. A PostgreSQL that outlived its console is stopped, unless a living console still
 * holds the owner's lock in it; a lock file whose process is gone, or is now another program, is removed.
 */
export async function clearLeftover(cluster: string, password: string): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid');
  const text = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const socketFolder = lines[4] ?? '';
  if (!Number.isSafeInteger(pid) || pid <= 1 || !isAlive(pid) || !(await isPostgres(pid, cluster))) {
    // In a container the number is soon another process's, and PostgreSQL would refuse to start because of it.
    await rm(lockFile, { force: true });
    return;
  }
  if (await isOwned(socketFolder, password)) {
    throw new Fault('conflict', 'another console runs on this data folder', {
      place: cluster,
      hint: 'Stop it first, or give this one another folder.',
    });
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signalQuietly(pid, signal);
    for (let waited = 0; waited < 10_000; waited += 50) {
      if (!isAlive(pid)) return;
      await sleep(50);
    }
  }
  throw new Fault('unavailable', `the PostgreSQL of an earlier run (process ${pid}) does not end`, { place: cluster });
}

async function isOwned(socketFolder: string, password: string): Promise<boolean> {
  const client = new pg.Client({
    host: socketFolder,
    port: 5432,
    user: superuser,
    password,
    database: 'postgres',
    connectionTimeoutMillis: 3_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [ownerLock]);
    return rows[0]?.free === false;
  } catch {
    // A server that answers nobody serves no console.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function isPostgres(pid: number, cluster: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    const { stdout } = await run('ps', ['-p', String(pid), '-o', 'args='], { timeout: 5_000 }).catch(() => ({
      stdout: '',
    }));
    return stdout;
  });
  return /postgres/.test(commandLine) && commandLine.includes(cluster);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself between the look and the signal.
  }
}
