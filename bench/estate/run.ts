// The estate at scale: node bench/estate/run.ts [--fraction 0.05] [--images N] [--agents N] [--seeded N]
//                      [--server | --database URL] [--workers N] [--minutes 2] [--keep] [--on FOLDER [--reports]]
// Starts a console (the checkout's own command), loads images as if they had been read, reports hosts over HTTP, changes the
// vulnerability database and looks at pages meanwhile. Fraction 1 is 10,000 agents × 1,000 containers over 20,000 images;
// `--images` and `--agents` name one number apart, and `--seeded` hosts more are written without a report (seed.ts). What an
// embedded run kept (`--keep`) is gone on with by `--on`, with the same sizes: nothing is loaded and no first report sent,
// except where `--reports` forgets what hosts reported before. `--server` starts Debian's PostgreSQL as installed, `--database`
// takes one of this machine that somebody else started and sized; with either the console is one that answers and N workers.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findFreePort, type StartedHullcheck, startServer } from '@hullcheck/testkit';
import { call, openSession, settled, startConsole } from './console.ts';
import { loadImages } from './load.ts';
import { cpuSecondsOf, parentOf, percentiles } from './measures.ts';
import { look, lookAlone } from './pages.ts';
import { seedHosts } from './seed.ts';
import { enrollAll, firstReports, forgetHosts, goOnFrom, keysOf, steadyReports } from './traffic.ts';
import { advisories, twoHundred, type World, writeMirror } from './world.ts';

const { values } = parseArgs({
  options: {
    fraction: { type: 'string', default: '0.05' },
    images: { type: 'string' },
    agents: { type: 'string' },
    seeded: { type: 'string', default: '0' },
    server: { type: 'boolean', default: false },
    database: { type: 'string' },
    workers: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    on: { type: 'string' },
    reports: { type: 'boolean', default: false },
  },
});
const fraction = Number(values.fraction);
const world: World = {
  agents: Number(values.agents ?? Math.round(10_000 * fraction)),
  containersPerAgent: 1_000,
  images: Number(values.images ?? Math.round(20_000 * fraction)),
  imagesPerAgent: 30,
};
const seeded = Number(values.seeded);
const bootstrap = 'estate-bench-bootstrap-token-0123456789';
let token = bootstrap;
const folder = values.on ?? mkdtempSync('/tmp/hullcheck-estate-');
const mirror = mkdtempSync('/tmp/hullcheck-estate-mirror-');
const say = (text: string) => process.stdout.write(`${text}\n`);

const first = advisories();
writeMirror(mirror, first, []);
const server = values.server ? await startServer() : undefined;
const own = server?.settings('postgres');
const databaseUrl =
  own === undefined ? values.database : `postgres://${own.user}@${own.host}:${own.port}/${own.database}`;
const started: StartedHullcheck[] = [];
const port = await findFreePort();
const start = (role: string) => {
  const listen = `127.0.0.1:${role === 'worker' ? 0 : port}`;
  const one = startConsole({ folder, listen, role, mirror, bootstrap, databaseUrl });
  started.push(one);
  return one;
};

try {
  say(
    `${world.agents} agents × ${world.containersPerAgent} containers over ${world.images} images × 300 packages; ` +
      `${databaseUrl === undefined ? 'embedded PostgreSQL' : `PostgreSQL server, ${values.workers} workers`}; ` +
      `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
  );
  if (databaseUrl !== undefined) {
    await start('api').until(/Hullcheck is at/, 120_000);
    for (let at = 0; at < Number(values.workers); at += 1) start('worker');
  } else await start('all').until(/Hullcheck is at/, 120_000);
  const url = `http://127.0.0.1:${port}`;
  const database = await openSession(folder, databaseUrl);
  // Of the console's processes, and of PostgreSQL's: the parent of the process that serves this connection has them all.
  const backend = (await database.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  const postmaster = parentOf(backend);
  const processes = () => started.flatMap(({ process: one }) => one.pid ?? []);
  const cpuNow = () => {
    const postgres = cpuSecondsOf([postmaster]);
    return { console: cpuSecondsOf(processes()) - (databaseUrl === undefined ? postgres : 0), postgres };
  };
  type Cpu = ReturnType<typeof cpuNow>;
  const since = (before: Cpu) => {
    const now = cpuNow();
    return { console: now.console - before.console, postgres: now.postgres - before.postgres };
  };
  const sayCpu = (used: Cpu) =>
    `${used.console.toFixed(1)} s of CPU in the console, ${used.postgres.toFixed(1)} s in PostgreSQL`;
  const bytes = async () =>
    (await database.query<{ n: string }>('select pg_database_size(current_database()) as n')).rows[0]?.n ?? '0';
  const mib = async () => Math.round(Number(await bytes()) / 1_048_576);
  // As a person's program asks: each use of the bootstrap token is written to the audit log.
  token = (await call<{ token: string }>(url, token, 'POST', '/api/v1/tokens', { name: 'bench', role: 'admin' })).token;
  await call(url, token, 'POST', '/api/v1/database/refresh').catch(() => undefined);
  await settled(database, null);
  say(`database of advisories there; ${await mib()} MiB`);
  let clock = performance.now();
  const keys = values.on === undefined ? await begin() : keysOf(world.agents);
  if (values.on !== undefined && values.reports) {
    await forgetHosts(database);
    await sendFirstReports(keys, 0);
  } else if (values.on !== undefined) await goOnFrom(database, keys);

  for (const [name, times] of await lookAlone(url, token, 20)) say(`  alone: ${name} ${percentiles(times)}`);
  // Each agent once in a quarter of an hour; without a page first, because ten pages a second are no heartbeat.
  for (const withPages of [false, true]) {
    const calm = withPages ? look(url, token) : undefined;
    const cpu = cpuNow();
    clock = performance.now();
    const steady = await steadyReports(url, world, keys, world.agents + seeded, Number(values.minutes) * 60_000);
    const spent = since(cpu);
    say(
      `steady${withPages ? ' with pages' : ''}: ${steady.sent} deltas in ${seconds(clock)} s, the pace of ${world.agents + seeded} agents, ${percentiles(steady.times)}; ` +
        `${((100_000 * (spent.console + spent.postgres)) / (performance.now() - clock)).toFixed(0)} % of a core; ${sayCpu(spent)}`,
    );
    if (calm !== undefined) say(`  pages: ${await calm.stop()}`);
  }

  const one = new Map(first).set('base-0', new Map([...(first.get('base-0') ?? []), ['CVE-2024-10000', '9']]));
  await change('one advisory on a package of every image', one, []);
  await change('KEV lists it: the worst of every image', one, ['CVE-2024-10000']);
  await change('KEV takes it back: every image needs its next worst', one, []);
  await change('200 advisories', twoHundred(one), []);
  say(`${await mib()} MiB at the end`);
  await database.end();

  /** Everything up to the first reports of all agents; answers their keys. */
  async function begin(): Promise<readonly string[]> {
    await loadImages(database, world);
    say(`images loaded in ${seconds(clock)} s; ${await mib()} MiB`);
    await change('judging every subject for the first time', first, ['CVE-2020-1001']);
    const { rows } = await database.query(
      'select round(avg(total)) as findings, round(avg(risk)) as risk from image_standing',
    );
    say(`findings and risk of an image on average: ${JSON.stringify(rows[0])}; ${await mib()} MiB`);

    const all = await enrollAll(database, world.agents + seeded);
    const keys = all.slice(0, world.agents);
    if (seeded > 0) {
      clock = performance.now();
      // Of the last ones: those that report are new to the console.
      await seedHosts(database, world, all, world.agents);
      say(`${seeded} hosts written in ${seconds(clock)} s; ${await mib()} MiB`);
    }
    await sendFirstReports(keys, seeded);
    return keys;
  }

  /** Beside hosts that were written before. */
  async function sendFirstReports(keys: readonly string[], seeded: number): Promise<void> {
    const before = await mib();
    // Not before: making the reports keeps this process from taking an answer.
    const reports = await firstReports(url, world, keys, () => ({ cpu: cpuNow(), pages: look(url, token) }));
    const { cpu, pages } = reports.marked;
    const used = since(cpu);
    say(
      `first full reports: ${reports.taken} taken, ${reports.refused} asked to come again, in ${(reports.ms / 1000).toFixed(1)} s, ` +
        `${percentiles(reports.times)}; ${sayCpu(used)}, ${((1000 * (used.console + used.postgres)) / reports.taken).toFixed(0)} ms a report; ${(await mib()) - before} MiB more`,
    );
    say(`  pages meanwhile: ${await pages.stop()}`);
    const held = await database.query<{ hosts: number; containers: number }>(
      `select count(distinct host_id)::int as hosts, count(*)::int as containers from container where gone_at is null`,
    );
    say(
      `  held: ${JSON.stringify(held.rows[0])}; lost: ${(world.agents + seeded) * world.containersPerAgent - (held.rows[0]?.containers ?? 0)}`,
    );
    await database.query('vacuum analyze');
  }

  async function change(
    what: string,
    tracker: Parameters<typeof writeMirror>[1],
    kev: readonly string[],
  ): Promise<void> {
    writeMirror(mirror, tracker, kev);
    const before = (await database.query<{ revision: string }>('select revision from active_database')).rows[0]
      ?.revision;
    const size = await mib();
    const from = (await database.query<{ at: string }>('select now()::text as at')).rows[0]?.at;
    const cpu = cpuNow();
    await call(url, token, 'POST', '/api/v1/database/refresh');
    await settled(database, before ?? null);
    const { rows: work } = await database.query<{ ms: number }>(
      `select round(extract(epoch from finished_at - started_at) * 1000)::int as ms from work_item where kind = 'rematch' and queued_at >= $1::timestamptz`,
      [from],
    );
    const spent = since(cpu);
    const { rows: changed } = await database.query<{ verdicts: number; matches: number; images: number }>(
      `select count(distinct v.id)::int as verdicts, count(*)::int as matches, count(distinct o.image_id)::int as images
       from verdict v join occurrence o on o.subject_id = v.subject_id and o.judged
       where v.valid_from >= $1::timestamptz or v.valid_to >= $1::timestamptz`,
      [from],
    );
    const { verdicts = 0, matches = 0, images = 0 } = changed[0] ?? {};
    const ms = work.reduce((sum, row) => sum + row.ms, 0);
    say(
      `${what}: judged and ranked again in ${(ms / 1000).toFixed(2)} s; ${verdicts} verdicts, ${matches} package matches ` +
        `in ${images} images (${((ms / Math.max(1, matches)) * 1000).toFixed(0)} ms a 1,000 matches); with the refresh ${sayCpu(spent)}; ${(await mib()) - size} MiB more`,
    );
  }
} finally {
  for (const one of started.reverse()) await one.stop(60_000);
  await server?.stop();
  if (!values.keep && values.on === undefined) {
    rmSync(folder, { recursive: true, force: true });
    rmSync(mirror, { recursive: true, force: true });
  } else say(`kept: ${folder}`);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
