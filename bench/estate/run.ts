// The estate at scale: node bench/estate/run.ts [--fraction 0.05] [--server --workers N] [--minutes 2] [--keep]
// Starts a console (the checkout's own command), loads images as if they had been read, reports hosts over HTTP, changes the
// vulnerability database and looks at pages meanwhile. Fraction 1 is 10,000 agents × 1,000 containers over 20,000 images.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  findFreePort,
  type StartedHullcheck,
  startHullcheck,
  startServer,
  type TestPostgres,
} from '@hullcheck/testkit';
import pg from 'pg';
import { loadImages } from './load.ts';
import { cpuSecondsOf, percentiles } from './measures.ts';
import { enrollAll, firstReports, look, steadyReports } from './traffic.ts';
import { advisories, twoHundred, type World, writeMirror } from './world.ts';

const { values } = parseArgs({
  options: {
    fraction: { type: 'string', default: '0.05' },
    server: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const fraction = Number(values.fraction);
const world: World = {
  agents: Math.round(10_000 * fraction),
  containersPerAgent: 1_000,
  images: Math.round(20_000 * fraction),
  imagesPerAgent: 30,
};
const token = 'estate-bench-bootstrap-token-0123456789';
const folder = mkdtempSync('/tmp/hullcheck-estate-');
const mirror = mkdtempSync('/tmp/hullcheck-estate-mirror-');
const say = (text: string) => process.stdout.write(`${text}\n`);

const first = advisories();
writeMirror(mirror, first, []);
const server: TestPostgres | undefined = values.server ? await startServer() : undefined;
const started: StartedHullcheck[] = [];
const port = await findFreePort();
const start = (role: string) => {
  const settings = server?.settings('postgres');
  const one = startHullcheck(['console', '--role', role], {
    env: {
      HULLCHECK_DATA: folder,
      HULLCHECK_LISTEN: `127.0.0.1:${role === 'worker' ? 0 : port}`,
      HULLCHECK_OFFLINE: '1',
      HULLCHECK_FEEDS: mirror,
      HULLCHECK_BOOTSTRAP_TOKEN: token,
      HULLCHECK_LOG_LEVEL: 'warn',
      ...(settings === undefined
        ? {}
        : {
            HULLCHECK_DATABASE_URL: `postgres://${settings.user}@${settings.host}:${settings.port}/${settings.database}`,
          }),
    },
  });
  started.push(one);
  return one;
};
const sql = async () => {
  const client = new pg.Client(
    server === undefined
      ? {
          host: join(folder, 'postgres', 'run'),
          user: 'hullcheck',
          database: 'hullcheck',
          password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
        }
      : server.settings('postgres'),
  );
  await client.connect();
  return client;
};

try {
  say(
    `${world.agents} agents × ${world.containersPerAgent} containers over ${world.images} images × 300 packages; ` +
      `${values.server ? `PostgreSQL server, ${values.workers} workers` : 'embedded PostgreSQL'}; ` +
      `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
  );
  if (values.server) {
    await start('api').until(/Hullcheck is at/, 120_000);
    for (let at = 0; at < Number(values.workers); at += 1) start('worker');
  } else await start('all').until(/Hullcheck is at/, 120_000);
  const url = `http://127.0.0.1:${port}`;
  const database = await sql();
  const processes = () => started.flatMap(({ process: one }) => one.pid ?? []).concat(server?.processId() ?? []);
  const bytes = async () =>
    (await database.query<{ n: string }>('select pg_database_size(current_database()) as n')).rows[0]?.n ?? '0';
  const mib = async () => Math.round(Number(await bytes()) / 1_048_576);
  await call(url, 'POST', '/api/v1/database/refresh').catch(() => undefined);
  await settled(database, null);
  say(`database of advisories there; ${await mib()} MiB`);

  let clock = performance.now();
  await loadImages(database, world);
  say(`images loaded in ${seconds(clock)} s; ${await mib()} MiB`);
  await change('judging every subject for the first time', first, ['CVE-2020-1001']);
  const { rows } = await database.query(
    'select round(avg(total)) as findings, round(avg(risk)) as risk from image_standing',
  );
  say(`findings and risk of an image on average: ${JSON.stringify(rows[0])}; ${await mib()} MiB`);

  const keys = await enrollAll(database, world.agents);
  clock = performance.now();
  let cpu = cpuSecondsOf(processes());
  const pages = look(url, token);
  const reports = await firstReports(url, world, keys);
  say(
    `first full reports: ${reports.taken} taken, ${reports.refused} asked to come again, in ${seconds(clock)} s; ` +
      `${(cpuSecondsOf(processes()) - cpu).toFixed(1)} s of CPU; ${await mib()} MiB`,
  );
  say(`  pages meanwhile: ${await pages.stop()}`);
  const held = await database.query<{ hosts: number; containers: number }>(
    `select count(distinct host_id)::int as hosts, count(*)::int as containers from container where gone_at is null`,
  );
  say(
    `  held: ${JSON.stringify(held.rows[0])}; lost: ${world.agents * world.containersPerAgent - (held.rows[0]?.containers ?? 0)}`,
  );
  await database.query('vacuum analyze');

  // Each agent once in a quarter of an hour.
  cpu = cpuSecondsOf(processes());
  clock = performance.now();
  const calm = look(url, token);
  const steady = await steadyReports(url, world, keys, Number(values.minutes) * 60_000);
  const used = cpuSecondsOf(processes()) - cpu;
  say(
    `steady: ${steady.sent} deltas of ${world.agents} agents in ${seconds(clock)} s, p95 ${percentiles(steady.times)}; ` +
      `${((100 * used) / ((performance.now() - clock) / 1000)).toFixed(0)} % of a core with pages, jobs and database`,
  );
  say(`  pages meanwhile: ${await calm.stop()}`);

  const one = new Map(first).set('base-0', new Map([...(first.get('base-0') ?? []), ['CVE-2024-10000', '9']]));
  await change('one advisory on a package of every image', one, []);
  await change('KEV lists it: the worst of every image', one, ['CVE-2024-10000']);
  await change('KEV takes it back: every image needs its next worst', one, []);
  await change('200 advisories', twoHundred(one), []);
  say(`${await mib()} MiB at the end`);
  await database.end();

  async function change(
    what: string,
    tracker: Parameters<typeof writeMirror>[1],
    kev: readonly string[],
  ): Promise<void> {
    writeMirror(mirror, tracker, kev);
    const before = (await database.query<{ revision: string }>('select revision from active_database')).rows[0]
      ?.revision;
    const size = await mib();
    const since = (await database.query<{ at: string }>('select now()::text as at')).rows[0]?.at;
    await call(url, 'POST', '/api/v1/database/refresh');
    await settled(database, before ?? null);
    const { rows: work } = await database.query<{ ms: number }>(
      `select round(extract(epoch from finished_at - started_at) * 1000)::int as ms from work_item where kind = 'rematch' and queued_at >= $1::timestamptz`,
      [since],
    );
    const { rows: changed } = await database.query<{ verdicts: number; matches: number; images: number }>(
      `select count(distinct v.id)::int as verdicts, count(*)::int as matches, count(distinct o.image_id)::int as images
       from verdict v join occurrence o on o.subject_id = v.subject_id and o.judged
       where v.valid_from >= $1::timestamptz or v.valid_to >= $1::timestamptz`,
      [since],
    );
    const { verdicts = 0, matches = 0, images = 0 } = changed[0] ?? {};
    const ms = work.reduce((sum, row) => sum + row.ms, 0);
    say(
      `${what}: judged and ranked again in ${(ms / 1000).toFixed(2)} s; ${verdicts} verdicts, ${matches} package matches ` +
        `in ${images} images (${((ms / Math.max(1, verdicts)) * 1000).toFixed(0)} ms a 1,000 verdicts); ${(await mib()) - size} MiB more`,
    );
  }
} finally {
  for (const one of started.reverse()) await one.stop(60_000);
  await server?.stop();
  if (!values.keep) {
    rmSync(folder, { recursive: true, force: true });
    rmSync(mirror, { recursive: true, force: true });
  } else say(`kept: ${folder}`);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

async function call(url: string, method: string, path: string): Promise<void> {
  const answer = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** Waits until another revision than this one is active and everything is judged by it. */
async function settled(database: pg.Client, before: string | null): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ revision: string }>(
      `select revision from active_database where settled_epoch = epoch and revision is distinct from $1
         and not exists (select 1 from work_item where state in ('queued', 'running'))`,
      [before],
    );
    if (rows.length > 0) return;
    await sleep(100);
  }
}
