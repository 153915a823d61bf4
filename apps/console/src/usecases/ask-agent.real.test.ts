import { digestOf } from '@hullcheck/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beginAttempt, type Ending, endAttempt, resumeOverdue } from '../store/assessments.ts';
import { startTestStore, type TestStore } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { agentReportLimits, assessLimits } from './limits.ts';
import { makeReportedHost, passHours, type ReportedHost } from './reported-hosts.testing.ts';

const heartbeat = agentReportLimits.nextReportSeconds;
const { leastSeconds, mostSeconds, jobsMax } = agentReportLimits.soon;

let store: TestStore;
let database: Database;

beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(async () => {
  await store?.stop();
});
beforeEach(async () => {
  database = await store.open();
  return () => database.end();
});

const paceOf = async (host: ReportedHost, ...images: readonly string[]) =>
  (await host.report(images)).nextReportSeconds;

/** Hosts in the order in which their agents are asked. */
async function makeHosts(...names: readonly string[]): Promise<ReportedHost[]> {
  const hosts = [];
  for (const name of names) hosts.push(await makeReportedHost(database, name));
  return hosts.toSorted((a, b) => (a.agentId < b.agentId ? -1 : 1));
}

const onlyAssessment = async () =>
  (await database.query<{ id: string }>('select id from assessment')).rows[0]?.id ?? '';

/** A worker tries it, and that is how it ends. */
async function attempt(ending: Ending): Promise<void> {
  const begun = await beginAttempt(database, await onlyAssessment());
  if (begun === undefined) throw new Error('it can not be begun');
  await database.write((transaction) => endAttempt(transaction, begun, ending));
}

const due = () => database.query('update graphile_worker._private_jobs set run_at = now()');

describe('an agent comes before its heartbeat', () => {
  it('where an image waits that it can be asked for, and not where it only lists images or a cluster', async () => {
    for (const [mode, pace] of [
      ['inventory+read', leastSeconds],
      ['collector', leastSeconds],
      ['inventory', heartbeat],
      ['cluster', heartbeat],
    ] as const) {
      const host = await makeReportedHost(database, mode, mode);
      expect(await paceOf(host, mode), mode).toBe(pace);
      expect(await paceOf(host), `${mode} without images`).toBe(heartbeat);
    }
  });

  it('ever more slowly the longer an image waits', async () => {
    const [host] = await makeHosts('patient');
    if (host === undefined) throw new Error('no host');
    expect(await paceOf(host, 'slow')).toBe(leastSeconds);
    await database.query(`update assessment set queued_at = now() - interval '2 minutes'`);
    expect(await paceOf(host, 'slow')).toBe(16);
    await database.query(`update assessment set queued_at = now() - interval '2 days'`);
    expect(await paceOf(host, 'slow')).toBe(mostSeconds);
    expect(await paceOf(host, 'slow', 'new')).toBe(leastSeconds);
  });

  it('where it is the first that would be asked; the next one when that one was, is silent or revoked', async () => {
    const hosts = await makeHosts('a', 'b', 'c', 'd');
    const [first, second, third, fourth] = hosts;
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error();
    const paces = async () => await Promise.all(hosts.map((host) => paceOf(host, 'shared')));
    await paces();
    expect(await paces()).toEqual([leastSeconds, heartbeat, heartbeat, heartbeat]);
    await attempt({ state: 'waiting', agentId: first.agentId, agentName: 'a', wantSeconds: 60 });
    // One reads it: nobody else will be asked.
    expect((await paces()).slice(1)).toEqual([heartbeat, heartbeat, heartbeat]);
    await database.query(
      `update assessment set state = 'queued', waiting_agent = null, want_until = null, token = null`,
    );
    expect(await paces()).toEqual([heartbeat, leastSeconds, heartbeat, heartbeat]);
    await passHours(database, 1, (await nameOf(second)) ?? '');
    expect(await paceOf(third, 'shared')).toBe(leastSeconds);
    await database.query('update agent_key set revoked_at = now() where agent_id = $1', [third.agentId]);
    expect(await paceOf(fourth, 'shared')).toBe(leastSeconds);
  });

  it('while a worker looks for the image, and between its job and its attempt', async () => {
    const [host] = await makeHosts('watched');
    if (host === undefined) throw new Error('no host');
    await paceOf(host, 'tried');
    await database.query(`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'me'`);
    expect(await paceOf(host, 'tried')).toBe(leastSeconds);
    await beginAttempt(database, await onlyAssessment());
    expect(await paceOf(host, 'tried')).toBe(leastSeconds);
  });

  it('where a failed attempt is made again in a moment, but not where a registry limits requests', async () => {
    const [host] = await makeHosts('limited');
    if (host === undefined) throw new Error('no host');
    await paceOf(host, 'limited');
    await attempt({ state: 'queued', reason: 'a reader ended', delaySeconds: 10 });
    expect(await paceOf(host, 'limited')).toBe(leastSeconds);
    await due();
    await database.query('update assessment set attempts = 0');
    await attempt({ state: 'queued', reason: 'limited', delaySeconds: 20, counts: false });
    expect(await paceOf(host, 'limited')).toBe(heartbeat);
    await due();
    expect(await paceOf(host, 'limited')).toBe(leastSeconds);
  });

  it('not where thousands of images stand before its own', async () => {
    const [other, host] = await makeHosts('estate', 'late');
    if (host === undefined || other === undefined) throw new Error('no host');
    const many = Array.from({ length: jobsMax }, (_, at) => `image-${at}`);
    await other.report(many);
    await paceOf(host, 'own');
    await database.query(
      `update graphile_worker._private_jobs set priority = case when key = (
         select 'assess:' || a.id from assessment a join host_image hi on hi.image_id = a.image_id join host h on h.id = hi.host_id and h.agent_id = $1
       ) then 99 else 10 end`,
      [host.agentId],
    );
    expect(await paceOf(host, 'own')).toBe(heartbeat);
    expect(await paceOf(other, ...many)).toBe(leastSeconds);
    await database.query(`delete from graphile_worker._private_jobs where ctid in (
      select ctid from graphile_worker._private_jobs where priority = 10 limit 1)`);
    expect(await paceOf(host, 'own')).toBe(leastSeconds);
  });
});

describe('what an agent is asked for', () => {
  const wantedBy = async (host: ReportedHost, ...images: readonly string[]) =>
    (await host.report(images)).want.map(({ imageKey }) => images.find((image) => imageKey.endsWith(digestOf(image))));

  /** All that waits was asked of this agent, one after the other. */
  const ask = ({ agentId }: ReportedHost) =>
    database.query(
      `update assessment a set state = 'waiting', token = gen_random_uuid(), waiting_agent = $1, started_at = now() - make_interval(secs => 100 - n.at),
              want_until = now() + make_interval(secs => $2)
       from (select a.id, row_number() over (order by split_part(n.repository, '-', 2)::int) as at from assessment a join image_name n on n.image_id = a.image_id) n
       where n.id = a.id`,
      [agentId, assessLimits.agentWantSeconds],
    );
  const pass = (minutes: number) =>
    database.query(
      `update assessment set want_until = want_until - make_interval(mins => $1), started_at = started_at - make_interval(mins => $1)`,
      [minutes],
    );
  const resumed = () => database.write((transaction) => resumeOverdue(transaction));
  const images = Array.from({ length: 9 }, (_, at) => `image-${at}`);

  it('stays in its list in the order in which it was asked, until it answers', async () => {
    const [host] = await makeHosts('reader');
    if (host === undefined) throw new Error('no host');
    await host.report(images);
    await ask(host);
    expect(await wantedBy(host, ...images)).toEqual(images.slice(0, agentReportLimits.wantMax));
    expect((await host.report(images)).nextReportSeconds).toBe(agentReportLimits.nextWhileReadingSeconds);
    await database.query(
      `update assessment set state = 'none' where started_at = (select min(started_at) from assessment)`,
    );
    expect(await wantedBy(host, ...images)).toEqual(images.slice(1, agentReportLimits.wantMax + 1));
  });

  it('is asked of nobody else while it is heard from, what waits behind other images neither', async () => {
    const [host] = await makeHosts('slow');
    if (host === undefined) throw new Error('no host');
    await host.report(images);
    await ask(host);
    for (let at = 0; at < 6; at += 1) {
      await pass(15);
      await host.report(images);
      await pass(4);
      expect(await resumed()).toBe(0);
      expect(await wantedBy(host, ...images)).toEqual(images.slice(0, agentReportLimits.wantMax));
    }
    await pass(21);
    expect(await resumed()).toBe(images.length);
  });

  it('is asked of others in the end, also where it reports and answers nothing', async () => {
    const [host] = await makeHosts('idle');
    if (host === undefined) throw new Error('no host');
    await host.report(images);
    await ask(host);
    for (let minutes = 0; minutes < assessLimits.agentHeldSecondsMax / 60 + 20; minutes += 10) {
      await pass(10);
      await host.report(images);
    }
    expect(await resumed()).toBe(images.length);
  });

  it('is nothing where it only lists images by now', async () => {
    const [host] = await makeHosts('changed');
    if (host === undefined) throw new Error('no host');
    await host.report(images);
    await ask(host);
    const answer = await host.report(images, {}, { agent: { version: '1', mode: 'inventory' } });
    expect(answer).toMatchObject({ want: [], nextReportSeconds: heartbeat });
  });

  it('includes what confirms the word of another, behind what somebody waits for', async () => {
    const [host] = await makeHosts('both');
    if (host === undefined) throw new Error('no host');
    await host.report(images.slice(0, 2));
    await ask(host);
    await database.query(
      `insert into reading_check (image_id, state, agent_id, token, want_until)
       select image_id, 'asked', $1, gen_random_uuid(), now() + interval '1 hour' from assessment order by started_at limit 1`,
      [host.agentId],
    );
    await database.query(
      `update assessment set state = 'done' where started_at = (select min(started_at) from assessment)`,
    );
    expect(await wantedBy(host, ...images.slice(0, 2))).toEqual(['image-1', 'image-0']);
  });
});

const nameOf = async ({ agentId }: ReportedHost) =>
  (await database.query<{ name: string }>('select name from host where agent_id = $1', [agentId])).rows[0]?.name;

describe('an image that nobody could read a moment ago', () => {
  const assessments = async () => (await database.query('select 1 from assessment')).rowCount;

  it('is tried again when it comes to an agent that was not asked, and not when one that failed drops it and has it again', async () => {
    const [first, second] = await makeHosts('failed', 'new');
    if (first === undefined || second === undefined) throw new Error('no hosts');
    await first.report(['pulled']);
    await attempt({ state: 'waiting', agentId: first.agentId, agentName: 'failed', wantSeconds: 60 });
    await database.query(
      `update assessment set state = 'none', reason = 'nobody can', finished_at = now(), waiting_agent = null, want_until = null, token = null`,
    );
    for (const images of [[], ['pulled'], [], ['pulled']]) await first.report(images);
    expect(await assessments()).toBe(1);
    await second.report(['pulled']);
    expect(await assessments()).toBe(2);
  });
});
