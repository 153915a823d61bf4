import type { EngineEvent } from '@hullcheck/runtimes';
import { afterEach, expect, it } from 'vitest';
import { type Played, startAgent as startOne } from './started-agent.testing.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const event = (action: string): EngineEvent => ({ kind: 'container', action, id: 'a', timeSeconds: 1 });

let started: Awaited<ReturnType<typeof startOne>>;
async function startAgent(played: Played = {}) {
  started = await startOne(played);
  return started;
}
afterEach(async () => {
  started.stop.abort();
  await started.running;
});

const gapsOf = (reports: readonly { readonly atMs: number }[]) =>
  reports.slice(1).map(({ atMs }, at) => atMs - (reports[at]?.atMs ?? 0));

it('reports where nothing happens every quarter of an hour, now earlier and now later, and everything once a day', async () => {
  const { reports, during } = await startAgent({ chances: [0, 0.999, 0.3] });
  await during(3 * DAY_MS);
  const gaps = gapsOf(reports);
  expect(gaps.length).toBeGreaterThan(280);
  expect(Math.min(...gaps)).toBe(13.5 * MINUTE_MS);
  expect(Math.max(...gaps)).toBeGreaterThan(16.4 * MINUTE_MS);
  expect(Math.max(...gaps)).toBeLessThan(16.5 * MINUTE_MS);
  const full = reports.filter((report) => report.full);
  expect(full).toHaveLength(3);
  for (const gap of gapsOf(full)) {
    expect(gap).toBeGreaterThanOrEqual(DAY_MS);
    expect(gap).toBeLessThan(DAY_MS + 16.5 * MINUTE_MS);
  }
  for (const report of reports.slice(1)) expect(report.baseSequence).toBe(report.full ? null : report.sequence - 1);
});

it('tells of a container ten seconds after it began, in one report, whatever events that took', async () => {
  const { engine, during } = await startAgent();
  expect(await during(MINUTE_MS)).toEqual([]);
  engine.containers.add('new');
  engine.tell(event('create'));
  expect(await during(1_000)).toEqual([]);
  engine.tell(event('start'));
  expect(await during(8_999)).toEqual([]);
  const [report] = await during(1);
  expect(report?.containers.map(({ id }) => id)).toEqual(['new']);
  expect(await during(13 * MINUTE_MS)).toEqual([]);
});

it('tells of what happened while its first report was on the way', async () => {
  const { engine, reports, during } = await startAgent({ answersAfterMs: 5_000 });
  expect(reports).toHaveLength(1);
  await during(1_000);
  engine.containers.add('early');
  engine.tell(event('start'));
  const next = await during(35_000);
  expect(next.map(({ containers }) => containers.map(({ id }) => id))).toEqual([['early']]);
});

it('reports every half minute where something happens each second', async () => {
  const { engine, reports, during } = await startAgent();
  for (let second = 0; second < 600; second += 1) {
    engine.containers.add(`c${second}`);
    engine.tell(event('start'));
    await during(1_000);
  }
  expect(new Set(gapsOf(reports))).toEqual(new Set([30_000]));
  expect(reports).toHaveLength(21);
});

it('comes when the console asks, but neither all the time nor never', async () => {
  const { console_, reports, during } = await startAgent();
  const gapsWhen = async (nextReportSeconds: number) => {
    console_.asks = { nextReportSeconds };
    const { length } = reports;
    await during(3 * 60 * MINUTE_MS);
    // The first was still due as it was asked for before.
    return [...new Set(gapsOf(reports.slice(length)).map(Math.round))];
  };
  expect(await gapsWhen(5)).toEqual([5_000]);
  for (const gap of await gapsWhen(-1)) expect(gap).toBeGreaterThanOrEqual(2_000);
  for (const gap of await gapsWhen(1_000_000_000)) expect(gap).toBeLessThanOrEqual(60 * MINUTE_MS);
});

it('tries a console that is away ever more rarely, and tells it all that changed when it is back', async () => {
  const { engine, console_, reports, during } = await startAgent();
  engine.containers.add('before');
  engine.tell(event('start'));
  await during(MINUTE_MS);
  const known = reports.at(-1)?.sequence;
  console_.isAway = true;
  engine.containers.delete('before');
  engine.containers.add('meanwhile');
  engine.tell(event('start'));
  expect(await during(3 * 60 * MINUTE_MS)).toEqual([]);
  console_.isAway = false;
  // Five minutes at most between two tries.
  const [report] = await during(5 * MINUTE_MS);
  expect(report?.containers.map(({ id }) => id)).toEqual(['meanwhile']);
  expect(report?.gone.containers).toEqual(['docker/before']);
  expect(report).toMatchObject({ full: false, baseSequence: known });
});

it('says that an engine is away, and that it is back', async () => {
  const { engine, during } = await startAgent();
  await during(MINUTE_MS);
  engine.goAway();
  const away = await during(MINUTE_MS);
  expect(away.at(-1)?.runtimes[0]).toMatchObject({ state: 'unavailable' });
  engine.comeBack();
  // The next try is at most twice as long after it went as the time that it was away, and then news are gathered.
  const back = await during(3 * MINUTE_MS);
  expect(back.at(-1)?.runtimes[0]).toMatchObject({ state: 'readable' });
});
