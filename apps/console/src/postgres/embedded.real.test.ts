import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbedded } from './embedded.ts';

const log = pino({ level: 'silent' });
let folder: string;
let running: EmbeddedPostgres | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hc-pg-test-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const start = async (dataDir = folder) => {
  running = await startEmbedded({ dataDir, log });
  return running;
};
async function query<R extends pg.QueryResultRow>(server: EmbeddedPostgres, sql: string): Promise<R[]> {
  const client = new pg.Client(server.connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  it('listens on no address, asks for a password, and loses nothing that it acknowledged', async () => {
    const server = await start();
    const settings = await query<{ name: string; setting: string }>(server, 'select name, setting from pg_settings');
    const of = (name: string) => settings.find((row) => row.name === name)?.setting;
    expect(of('listen_addresses')).toBe('');
    expect([of('fsync'), of('synchronous_commit'), of('full_page_writes'), of('data_checksums')]).toEqual([
      'on',
      'on',
      'on',
      'on',
    ]);
    expect(statSync(server.connection.host).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'postgres-password')).mode & 0o777).toBe(0o400);
    const stranger = new pg.Client({ ...server.connection, password: 'guessed' });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it.skipIf(process.getuid?.() !== 0)('does not run as root, though the console does', async () => {
    const server = await start();
    const status = readFileSync(`/proc/${server.processId()}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)\s+(\d+)/m.exec(status)?.slice(1)).toEqual(['65534', '65534']);
    expect(readFileSync(`/proc/${server.processId()}/environ`, 'utf8')).not.toContain('HOME=');
  });

  it('comes back by itself when it is killed, with every acknowledged row', async () => {
    const server = await start();
    await query(server, 'create table t (n int); insert into t select generate_series(1, 1000)');
    const before = server.processId();
    process.kill(Number(before), 'SIGKILL');
    for (let tries = 0; ; tries += 1) {
      try {
        expect(await query(server, 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
        break;
      } catch (error) {
        if (tries > 200) throw error;
        await sleep(100);
      }
    }
    expect(server.processId()).not.toBe(before);
  });

  it('takes over from a console that was killed, but not from one that lives', async () => {
    const script = join(folder, 'owner.ts');
    writeFileSync(
      script,
      `import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))};
       const quiet = { info() {}, debug() {}, warn() {}, error() {} };
       const server = await startEmbedded({ dataDir: ${JSON.stringify(folder)}, log: quiet as never });
       process.stdout.write('ready ' + server.processId() + '\\n');
       setInterval(() => undefined, 1000);`,
    );
    const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = await new Promise<string>((done) => owner.stdout.once('data', (chunk) => done(String(chunk))));
    const postgres = Number(/ready (\d+)/.exec(said)?.[1]);
    await expect(startEmbedded({ dataDir: folder, log })).rejects.toMatchObject({ code: 'conflict' });
    expect(() => process.kill(postgres, 0)).not.toThrow();
    owner.kill('SIGKILL');
    await new Promise((done) => owner.once('close', done));
    const server = await start();
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(server.processId()).not.toBe(postgres);
  });

  it('starts over a lock file whose process number is now another program', async () => {
    const server = await start();
    await server.stop();
    running = undefined;
    writeFileSync(
      join(folder, 'postgres', 'cluster', 'postmaster.pid'),
      `${process.pid}\n${folder}\n0\n5432\n${folder}\n\n`,
    );
    expect(await query(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('makes the cluster again when a crash left half of one', async () => {
    mkdirSync(join(folder, 'postgres', 'cluster.unfinished', 'base'), { recursive: true });
    expect(await query(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('finds a short place for its socket under a long folder', async () => {
    const long = join(folder, 'x'.repeat(120));
    const server = await start(long);
    expect(server.connection.host.length).toBeLessThan(90);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    running = undefined;
    expect(() => statSync(server.connection.host)).toThrow();
  });

  it.skipIf(process.getuid?.() !== 0)(
    'keeps its files elsewhere when the data folder is closed to its account',
    async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      const server = await start(join(closed, 'data'));
      expect(server.connection.host).toMatch(/^\/var\/lib\/hullcheck\/postgres-/);
      expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
      await server.stop();
      running = undefined;
      rmSync(dirname(server.connection.host), { recursive: true, force: true });
    },
  );
});
