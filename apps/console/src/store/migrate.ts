import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { runMigrations } from 'graphile-worker';
import type { Database } from './database.ts';

const folder = join(import.meta.dirname, 'migrations');
/** Any number, the same in every console: one migrates, the others wait. */
const migrationLock = 8_480_002;

export interface Migration {
  readonly name: string;
  readonly sha256: string;
  readonly sql: string;
}

/** The numbered files in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      // Two of one number were written side by side, and their order would be that of their names. Gaps do no harm.
      if (!/^\d{4}-/.test(name) || name.slice(0, 4) === names[index - 1]?.slice(0, 4))
        throw new Fault('internal', 'a migration has no number of its own', { place: name });
      const sql = await readFile(join(folder, name), 'utf8');
      return { name, sha256: createHash('sha256').update(sql).digest('hex'), sql };
    }),
  );
}

/** Brings the schema up to date, each file in its own transaction. Any number of consoles may start at once. */
export async function migrate(database: Database): Promise<readonly string[]> {
  const migrations = await readMigrations();
  const client = await database.pool.connect();
  try {
    // An index of ten million rows takes as long as the disk lets it; ended halfway it would be begun anew at every start.
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(
      'create table if not exists migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from migration');
    const applied = new Map(rows.map((row) => [row.name, row.sha256]));
    const unknown = rows.find((row) => !migrations.some(({ name }) => name === row.name));
    if (unknown !== undefined) {
      throw new Fault('conflict', 'the database was made by a newer version', {
        place: unknown.name,
        hint: 'Start that version.',
      });
    }
    const done: string[] = [];
    for (const { name, sha256, sql } of migrations) {
      const before = applied.get(name);
      if (before === sha256) continue;
      if (before !== undefined)
        throw new Fault('conflict', 'a migration changed after it was applied', { place: name });
      await client.query('begin');
      try {
        await client.query(sql);
        await client.query('insert into migration (name, sha256) values ($1, $2)', [name, sha256]);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
      done.push(name);
    }
    await runMigrations({ pgPool: database.pool });
    return done;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    // Not back to the pool: its sessions have other limits.
    client.release(true);
  }
}
