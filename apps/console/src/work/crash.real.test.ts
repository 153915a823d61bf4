import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cloneDatabases,
  consoleClient,
  corpusArchive,
  databaseUrl,
  serverPrograms,
  startServer,
  type TestPostgres,
} from '@hullcheck/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const token = 'crash-test-bootstrap-token-0123456789';
const archive = corpusArchive('debian-bullseye-old');
const small = corpusArchive('alpine-3.10');

let folder: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hc-crash-'));
  // PostgreSQL runs as another user than root and has to get to its files.
  chmodSync(folder, 0o711);
});
async function stopAll(): Promise<void> {
  for (const child of children) {
    child.kill('SIGTERM');
    await new Promise((done) =>
      child.exitCode === null && child.signalCode === null ? child.once('close', done) : done(null),
    );
  }
  children.clear();
}
afterEach(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

/** A console in a process of its own, as the command line runs one. */
async function start(
  options: object = {},
): Promise<{ readonly child: ChildProcess; readonly url: string; kill(): Promise<void> }> {
  const script = join(folder, `console-${children.size}.ts`);
  const main = JSON.stringify(join(import.meta.dirname, '../main.ts'));
  const all = {
    dataDir: join(folder, 'data'),
    listen: '127.0.0.1:0',
    role: 'all',
    offline: true,
    starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
    version: '0',
    bootstrapToken: token,
    ...options,
  };
  writeFileSync(
    script,
    `import { pino } from ${JSON.stringify(import.meta.resolve('pino'))};
     import { runConsole } from ${main};
     const running = await runConsole({ ...${JSON.stringify(all)}, log: pino({ level: 'fatal' }, pino.destination(2)) });
     process.stdout.write('ready ' + running.url + '\\n');
     process.on('SIGTERM', () => running.stop().then(() => process.exit(0)));`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const url = await new Promise<string>((done, fail) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      const match = /ready (\S+)/.exec(text);
      if (match?.[1] !== undefined) done(match[1]);
    });
    child.once('close', () => fail(new Error('the console ended before it was ready')));
  });
  const kill = async () => {
    children.delete(child);
    const closed = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await closed;
  };
  return { child, url, kill };
}

describe.skipIf(archive === undefined || small === undefined)('kill -9', () => {
  it('of the console in the middle of an assessment loses nothing that it answered', async () => {
    for (const delayMs of [0, 150, 600, 1_500]) {
      const first = await start();
      const upload = await consoleClient(first.url, token).upload(String(archive), `after-${delayMs}.tar`);
      await sleep(delayMs);
      await first.kill();
      const startedMs = performance.now();
      const second = await start();
      const client = consoleClient(second.url, token);
      const image = await client.settled(upload.images[0]?.id ?? '', 60_000);
      expect(performance.now() - startedMs).toBeLessThan(60_000);
      expect(image.assessment).toMatchObject({ state: 'partial', readBy: 'console' });
      expect(image.counts?.total).toBeGreaterThan(300);
      expect((await client.call('uploads.list', {})).items.some(({ name }) => name === `after-${delayMs}.tar`)).toBe(
        true,
      );
      second.child.kill('SIGTERM');
      await new Promise((done) => second.child.once('close', done));
      children.delete(second.child);
    }
  });

  it('of PostgreSQL is an outage of seconds: 503 with a time to try again, then everything goes on', async () => {
    const running = await start();
    const client = consoleClient(running.url, token);
    const pid = Number(
      readFileSync(join(folder, 'data', 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    const upload = await client.upload(String(archive), 'x.tar');
    process.kill(pid, 'SIGKILL');
    const killedMs = performance.now();
    const seen = new Set<number>();
    for (let healthy = false; !healthy; ) {
      const answer = await fetch(`${running.url}/api/v1/images`, { headers: { authorization: `Bearer ${token}` } });
      seen.add(answer.status);
      if (answer.status === 503) expect(answer.headers.get('retry-after')).toBe('5');
      expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
      healthy = answer.status === 200 && seen.has(503);
      await sleep(50);
      if (performance.now() - killedMs > 30_000) throw new Error(`not back after 30 s: ${[...seen].join(', ')}`);
    }
    expect([...seen].every((status) => status === 200 || status === 503)).toBe(true);
    const image = await client.settled(upload.images[0]?.id ?? '', 100_000);
    expect(image.assessment.state).toBe('partial');
    const more = await client.upload(String(small), 'small.tar');
    expect((await client.settled(more.images[0]?.id ?? '')).assessment.state).toBe('partial');
  });

  it('in the middle of an upload leaves no row without a file and no file without a row', async () => {
    const first = await start();
    async function* endless() {
      for (;;) {
        yield new Uint8Array(64 * 1024);
        await sleep(5);
      }
    }
    const sent = fetch(`${first.url}/api/v1/uploads?name=x`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: endless() as never,
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    for (let tries = 0; tries < 100 && readdirSync(join(folder, 'data', 'uploads')).length === 0; tries += 1)
      await sleep(20);
    await first.kill();
    await sent;
    const second = await start();
    expect((await consoleClient(second.url, token).call('uploads.list', {})).items).toEqual([]);
    for (let tries = 0; tries < 100 && readdirSync(join(folder, 'data', 'uploads')).length > 0; tries += 1)
      await sleep(100);
    expect(readdirSync(join(folder, 'data', 'uploads'))).toEqual([]);
  });
});

describe.skipIf(archive === undefined || serverPrograms === undefined)('two consoles on one server', () => {
  let server: TestPostgres;
  afterEach(async () => {
    await stopAll();
    await server?.stop();
  });

  it('take over each other’s work within 90 seconds of a kill -9', async () => {
    server = await startServer();
    const url = databaseUrl(await (await cloneDatabases(server, async () => undefined)).clone());
    const api = await start({ databaseUrl: url, role: 'api' });
    const sql = new pg.Client(url);
    await sql.connect();
    const client = consoleClient(api.url, token);
    const upload = await client.upload(String(archive), 'bullseye.tar');
    const id = upload.images[0]?.id ?? '';
    const worker = await start({ databaseUrl: url, role: 'worker' });
    for (let tries = 0; ; tries += 1) {
      const { assessment } = await client.call('images.get', { params: { id } });
      if (assessment.activity === 'running') break;
      if (tries > 500) throw new Error('the worker took nothing');
      await sleep(5);
    }
    // Its beat names who locks: else a job that takes longer than a beat's silence is given to a second worker while it runs.
    const { rows } = await sql.query<{ locked: number; named: number }>(
      `select count(*)::int as locked, count(*) filter (where exists (select from worker_process where locked_by = any(worker_ids)))::int as named
       from graphile_worker.jobs where locked_at is not null`,
    );
    await sql.end();
    expect(rows[0]?.locked).toBeGreaterThan(0);
    expect(rows[0]?.named).toBe(rows[0]?.locked);
    await worker.kill();
    const killedMs = performance.now();
    await start({ databaseUrl: url, role: 'worker' });
    const image = await client.settled(id, 100_000);
    expect(performance.now() - killedMs).toBeLessThan(90_000);
    expect(image.assessment).toMatchObject({ state: 'partial', readBy: 'console' });
  });
});
