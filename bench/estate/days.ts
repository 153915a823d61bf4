// What storage grows with: node bench/estate/days.ts [--fraction 0.01] [--quiet 5] [--drifting 5] [--changing 5] [--changes 200]
// Starts a console on the embedded PostgreSQL, loads the estate and lets days pass (all that the database remembers is moved into the
// past). Each day every agent reports all that it has, the console reads its feeds again, judges what they changed and removes what
// it keeps no longer, all by itself. First come days on which nothing changed, then days on which only the probabilities of
// exploitation moved (EPSS does so every day for nearly every CVE), then days with so many containers replaced and one advisory on a
// package of every image; at last the time passes after which what is gone is not kept. After each day everything is packed
// (`vacuum full`), so that sizes are of rows alone.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { countRows, findFreePort, letTimePass } from '@hullcheck/testkit';
import { call, openSession, settled, startConsole } from './console.ts';
import { loadImages } from './load.ts';
import { enrollAll, exchange, firstReports } from './traffic.ts';
import { advisories, fullReport, type World, writeMirror } from './world.ts';

const { values } = parseArgs({
  options: {
    fraction: { type: 'string', default: '0.01' },
    quiet: { type: 'string', default: '5' },
    drifting: { type: 'string', default: '5' },
    changing: { type: 'string', default: '5' },
    changes: { type: 'string', default: '200' },
  },
});
const fraction = Number(values.fraction);
const world: World = {
  agents: Math.round(10_000 * fraction),
  containersPerAgent: 1_000,
  images: Math.round(20_000 * fraction),
  imagesPerAgent: 30,
};
/** After so many hours a console reads its feeds again, whatever its jitter. */
const DAY_HOURS = 27;
const RETENTION_DAYS = 90;
const bootstrap = 'estate-days-bootstrap-token-0123456789';
const folder = mkdtempSync('/tmp/hullcheck-days-');
const mirror = mkdtempSync('/tmp/hullcheck-days-mirror-');
const say = (text: string) => process.stdout.write(`${text}\n`);

type Containers = ReturnType<typeof fullReport>['containers'];
interface Size {
  readonly rows: number;
  readonly bytes: number;
}

const tracker = new Map(advisories());
writeMirror(mirror, tracker, []);
const port = await findFreePort();
const started = startConsole({ folder, listen: `127.0.0.1:${port}`, role: 'all', mirror, bootstrap });
try {
  await started.until(/Hullcheck is at/, 120_000);
  const url = `http://127.0.0.1:${port}`;
  const database = await openSession(folder);
  const run = async (text: string) => (await database.query(text)).rows ?? [];
  await settled(database, null);
  await loadImages(database, world);
  const [active] = (await run('select revision from active_database')) as { revision: string }[];
  writeMirror(mirror, tracker, ['CVE-2020-1001']);
  await call(url, bootstrap, 'POST', '/api/v1/database/refresh');
  await settled(database, active?.revision ?? null);
  const keys = await enrollAll(database, world.agents);
  await firstReports(url, world, keys, () => undefined);
  const sequences = keys.map(() => 1);
  /** What hosts run that are not as the world made them. */
  const replaced = new Map<number, Containers>();
  const containersOf = (agent: number): Containers => replaced.get(agent) ?? fullReport(world, agent).containers;

  // The first day has what each day has: what only the first one makes is no growth.
  await day();
  let last = await measure();
  say(
    `${world.agents} agents × ${world.containersPerAgent} containers over ${world.images} images × 300 packages: ${mib(total(last))} MiB`,
  );
  await days('without a change', Number(values.quiet), async () => undefined);
  await days('on which probabilities moved', Number(values.drifting), async (number) => {
    writeMirror(mirror, tracker, ['CVE-2020-1001'], number % 10);
  });
  const changes = Number(values.changes);
  await days(`with ${changes} containers replaced and one advisory`, Number(values.changing), async (number) => {
    for (let at = 0; at < changes; at += 1) replace(at % world.agents, number, Math.floor(at / world.agents));
    const flaws = new Map(tracker.get('base-0')).set(`CVE-2024-${10_000 + number}`, '9');
    tracker.set('base-0', flaws);
    writeMirror(mirror, tracker, ['CVE-2020-1001'], Number(values.drifting) % 10);
  });
  await days(`that is ${RETENTION_DAYS + 1} later`, 1, async () => undefined, (RETENTION_DAYS + 1) * 24);
  await database.end();

  async function days(
    what: string,
    count: number,
    change: (number: number) => Promise<void>,
    hours = DAY_HOURS,
  ): Promise<void> {
    const before = last;
    for (let number = 1; number <= count; number += 1) {
      const yesterday = last;
      await change(number);
      await day(hours);
      last = await measure();
      say(`  day ${number} ${what}: ${difference(yesterday, last) || 'nothing'}`);
    }
    const bytes = total(last) - total(before);
    say(`${count} days ${what}: ${(bytes / 1024 / Math.max(1, count)).toFixed(1)} KiB a day, ${mib(total(last))} MiB`);
  }

  /** One container of the host is gone and another one runs in its place. */
  function replace(agent: number, number: number, at: number): void {
    const containers = [...containersOf(agent)];
    const before = containers[at];
    if (before === undefined) throw new Error('more changes than containers');
    const id = createHash('sha256').update(`container ${agent} ${at} of day ${number}`).digest('hex');
    containers[at] = { ...before, id, state: 'running' };
    replaced.set(agent, containers);
  }

  async function day(hours = DAY_HOURS): Promise<void> {
    await letTimePass(run, hours);
    for (const [agent, key] of keys.entries()) {
      const sequence = (sequences[agent] ?? 0) + 1;
      sequences[agent] = sequence;
      const report = { ...fullReport(world, agent), sequence, containers: containersOf(agent) };
      const body = gzipSync(JSON.stringify(report), { level: 1 });
      const { status, text } = await exchange(`${url}/api/agent/v1/report`, 'POST', key, body);
      if (status !== 200) throw new Error(`report: ${status} ${text}`);
    }
    // The janitor's own rounds do the rest.
    for (;;) {
      const [left] = (await run(
        `select (select count(*) from work_item where kind = 'refresh-feeds' and state = 'done' and finished_at > now() - interval '1 hour')::int as refreshed,
                (select count(*) from work_item where state in ('queued', 'running'))::int as working,
                (select count(*) from active_database where settled_epoch is distinct from epoch)::int as unsettled,
                (select count(*) from cleaning where due_at < now())::int as unclean`,
      )) as { refreshed: number; working: number; unsettled: number; unclean: number }[];
      if (left !== undefined && left.refreshed > 0 && left.working + left.unsettled + left.unclean === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async function measure(): Promise<ReadonlyMap<string, Size>> {
    await run('vacuum full');
    const sizes = new Map<string, Size>();
    for (const [table, rows] of await countRows(run)) {
      const [size] = (await run(`select pg_total_relation_size('${table}')::float8 as bytes`)) as { bytes: number }[];
      sizes.set(table, { rows, bytes: size?.bytes ?? 0 });
    }
    return sizes;
  }
} finally {
  await started.stop(60_000);
  rmSync(folder, { recursive: true, force: true });
  rmSync(mirror, { recursive: true, force: true });
}

function total(sizes: ReadonlyMap<string, Size>): number {
  return [...sizes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Tables that have more or fewer rows, and what they take: `verdict +40 (+56 KiB)`. */
function difference(before: ReadonlyMap<string, Size>, after: ReadonlyMap<string, Size>): string {
  return [...after]
    .flatMap(([table, { rows, bytes }]) => {
      const was = before.get(table) ?? { rows: 0, bytes: 0 };
      const kib = Math.round((bytes - was.bytes) / 1024);
      const signed = (number: number) => (number < 0 ? String(number) : `+${number}`);
      return rows === was.rows ? [] : [`${table} ${signed(rows - was.rows)} (${signed(kib)} KiB)`];
    })
    .join(', ');
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
