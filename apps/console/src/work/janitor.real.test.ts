import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cloneDatabases, databaseUrl, serverPrograms, startServer, type TestPostgres } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';

const log = pino({ level: 'silent' });
const folder = mkdtempSync('/tmp/hc-janitor-');
let server: TestPostgres;

const canStart = serverPrograms !== undefined;
beforeAll(async () => {
  if (canStart) server = await startServer();
}, 120_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it.skipIf(!canStart)(
  'a console that runs jobs removes rows that no image has, each table once in an hour',
  async () => {
    const settings = await (await cloneDatabases(server, async () => undefined)).clone();
    const database = openDatabase(settings, log);
    await migrate(database);
    await database.query(
      `insert into subject (key_sha256, body) select sha256(n::text::bytea), '{}' from generate_series(1, 1200) n`,
    );
    await database.query(`insert into package (sha256, purl, name, version, body) values ('a', 'p', 'n', '1', '{}')`);
    await database.query(`insert into vulnerability_group (display_id) values ('CVE-1')`);
    await database.query(`insert into layer (diff_id) values ('sha256:a')`);
    const running = await runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
      version: '0',
      log,
      bootstrapToken: 'janitor-bootstrap-token-0123456789',
      databaseUrl: databaseUrl(settings),
    });
    const left = async () => {
      const { rows } = await database.query<{ rows: number; due: number }>(
        `select ((select count(*) from subject) + (select count(*) from package) + (select count(*) from vulnerability_group)
               + (select count(*) from layer))::int as rows, (select count(*)::int from cleaning where due_at < now() + interval '50 minutes') as due`,
      );
      return rows[0];
    };
    await expect.poll(left, { timeout: 60_000, interval: 250 }).toEqual({ rows: 0, due: 0 });
    await running.stop();
    await database.end();
  },
  120_000,
);
