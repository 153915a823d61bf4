import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type pg from 'pg';
import { deltaReport, fullReport, type World } from './world.ts';

const AT_ONCE = 8;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Of the first so many agents, the same in every run. */
export const keysOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `hca_${createHash('sha256').update(`key ${at}`).digest('base64url')}`);

const hashOf = (key: string) => createHash('sha256').update(key).digest();

/** Agents with keys of their own: enrolling them one by one is not what is measured. */
export async function enrollAll(sql: pg.Client, count: number): Promise<readonly string[]> {
  const keys = keysOf(count);
  const hashes = keys.map(hashOf);
  for (let first = 0; first < count; first += 1_000) {
    await sql.query(
      `with made as (insert into agent (scope_id, name, version)
         select (select id from scope limit 1), 'agent', '0.1.0' from unnest($1::bytea[]) returning id)
       insert into agent_key (secret_sha256, agent_id)
       select k.hash, m.id from (select hash, row_number() over () as n from unnest($1::bytea[]) as hash) k
       join (select id, row_number() over () as n from made) m on m.n = k.n`,
      [hashes.slice(first, first + 1_000)],
    );
    await sql.query(`insert into trust_domain (id, kind) select id, 'agent' from agent on conflict do nothing`);
  }
  return keys;
}

/** Bodies are made before the clock starts, up to so many: agents have machines of their own. */
const MADE_BEFORE_MAX = 10_000;

/** Sends the first report of each agent, the first of which is number 0; `mark` is called when the clock starts. */
export async function firstReports<T>(url: string, world: World, keys: readonly string[], mark: () => T) {
  const make = (at: number) => gzipSync(JSON.stringify(fullReport(world, at)), { level: 1 });
  const bodies = keys.slice(0, MADE_BEFORE_MAX).map((_, at) => make(at));
  const times: number[] = [];
  let next = 0;
  let taken = 0;
  let refused = 0;
  const send = async () => {
    for (let at = next++; at < keys.length; at = next++) {
      const body = bodies[at] ?? make(at);
      for (;;) {
        const began = performance.now();
        const { status, text } = await post(url, keys[at] ?? '', body);
        times.push(performance.now() - began);
        if (status === 200) break;
        if (status !== 429 && status !== 503) throw new Error(`report: ${status} ${text}`);
        refused += 1;
        await sleep(500 + Math.random() * 1_000);
      }
      taken += 1;
    }
  };
  const marked = mark();
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return { taken, refused, times, marked, ms: performance.now() - began };
}

/** What each agent sent last; beyond the first report. */
const sequences = new Map<number, number>();

/** What agents of an earlier run sent last. */
export async function goOnFrom(sql: pg.Client, keys: readonly string[]): Promise<void> {
  const { rows } = await sql.query<{ at: number; sequence: string }>(
    `select x.n::int - 1 as at, h.report_sequence as sequence from unnest($1::bytea[]) with ordinality as x(hash, n)
     join agent_key k on k.secret_sha256 = x.hash join host h on h.agent_id = k.agent_id`,
    [keys.map(hashOf)],
  );
  for (const { at, sequence } of rows) sequences.set(at, Number(sequence));
}

/** Deltas at the pace at which so many agents send one in a quarter of an hour, by those that have reported. */
export async function steadyReports(url: string, world: World, keys: readonly string[], agents: number, forMs: number) {
  const everyMs = (15 * 60_000) / agents;
  const until = performance.now() + forMs;
  const times: number[] = [];
  const inFlight = new Set<Promise<void>>();
  let sent = 0;
  for (let at = 0; performance.now() < until; at = (at + 1) % keys.length) {
    const due = performance.now() + everyMs;
    const sequence = (sequences.get(at) ?? 1) + 1;
    sequences.set(at, sequence);
    const body = gzipSync(JSON.stringify(deltaReport(world, at, sequence)), { level: 1 });
    const began = performance.now();
    const one = post(url, keys[at] ?? '', body).then(({ status, text }) => {
      if (status !== 200) throw new Error(`delta: ${status} ${text}`);
      times.push(performance.now() - began);
      sent += 1;
    });
    inFlight.add(one);
    void one.finally(() => inFlight.delete(one));
    await sleep(Math.max(0, due - performance.now()));
  }
  await Promise.all(inFlight);
  return { sent, times };
}

/** As if no agent had reported yet; agents and images stay. */
export async function forgetHosts(sql: pg.Client): Promise<void> {
  await sql.query('truncate host, container, host_image, digest_seen cascade');
  await sql.query(`delete from image_sighting where kind = 'host'`);
  await sql.query(
    'delete from image_name n where not exists (select 1 from image_sighting g where g.source_id = n.source_id)',
  );
  await sql.query(
    'delete from image_summary s where not exists (select 1 from image_sighting g where g.image_id = s.image_id)',
  );
  await sql.query('update image_summary set hosts = 0, running = 0');
  await sql.query('vacuum analyze');
}

function post(url: string, key: string, body: Buffer): Promise<{ status: number; text: string }> {
  return exchange(`${url}/api/agent/v1/report`, 'POST', key, body);
}

export function exchange(
  address: string,
  method: string,
  key: string,
  body?: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': body.length }),
    };
    const call = request(address, { method, agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}
