import { Fault } from '@hullcheck/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Wanted } from '../read/read-wanted.ts';
import { createTestClock } from './clock.testing.ts';
import { type Played, startAgent } from './started-agent.testing.ts';

const MINUTE_MS = 60_000;
const wanted = (name: string): Wanted => ({ imageKey: `docker/${name}`, attempt: `try of ${name}` });

/** An agent for which reading an image takes so long; what became of each, and when, in minutes. */
async function startReader(takesMs: number, played: Omit<Played, 'read' | 'clock'> = {}) {
  const clock = createTestClock();
  const said: string[] = [];
  const minute = () => Math.floor(clock.nowMs() / MINUTE_MS);
  let reading = 0;
  const reader = { fault: undefined as Fault | undefined };
  const agent = await startAgent({
    ...played,
    clock,
    async read({ imageKey }, signal) {
      reading += 1;
      expect(reading).toBe(1);
      said.push(`${minute()} begin ${imageKey}`);
      await clock.sleep(takesMs, signal);
      reading -= 1;
      said.push(`${minute()} ${signal.aborted ? 'give up' : reader.fault === undefined ? 'end' : 'fail'} ${imageKey}`);
      if (!signal.aborted && reader.fault !== undefined) throw reader.fault;
    },
  });
  onTestFinished(async () => {
    agent.stop.abort();
    await agent.running.catch(() => undefined);
  });
  const wants = (...names: readonly string[]) => {
    agent.console_.asks = { want: names.map(wanted), nextReportSeconds: names.length === 0 ? 900 : 30 };
  };
  return { ...agent, reader, said, wants };
}

describe('while an image is read for half an hour', () => {
  it('the host tells of its containers as any other, and of itself as often as the console asks', async () => {
    const { engine, reports, during, said, wants } = await startReader(30 * MINUTE_MS);
    wants('large');
    await during(16 * MINUTE_MS);
    const begun = reports.length;
    expect(said).toEqual(['15 begin docker/large']);
    engine.containers.add('new');
    engine.tell({ kind: 'container', action: 'start', id: 'a', timeSeconds: 1 });
    const next = await during(MINUTE_MS);
    expect(next.flatMap(({ containers }) => containers.map(({ id }) => id))).toEqual(['new']);
    await during(27 * MINUTE_MS);
    expect(said).toHaveLength(1);
    const gaps = reports.slice(begun).map(({ atMs }, at, all) => atMs - (all[at - 1]?.atMs ?? atMs));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(33_000);
  });

  it('others wait until it is through, and when all are the console is asked for more', async () => {
    const { during, said, reports, wants } = await startReader(10 * MINUTE_MS);
    wants('a', 'b');
    await during(15 * MINUTE_MS);
    wants('a', 'b', 'c');
    await during(MINUTE_MS);
    await during(29 * MINUTE_MS - 10_000);
    expect(said).toEqual([
      '15 begin docker/a',
      '25 end docker/a',
      '25 begin docker/b',
      '35 end docker/b',
      '35 begin docker/c',
    ]);
    wants();
    // Its end in 10 s, and the report two seconds later; the next one is a heartbeat.
    const [soon, ...later] = await during(11 * MINUTE_MS);
    expect(said.at(-1)).toBe('45 end docker/c');
    expect([soon?.atMs, later]).toEqual([45 * MINUTE_MS + 2_100, []]);
    expect(reports.at(-1)?.full).toBe(false);
  });

  it('it is given up when the console wants it no more, and what it wants instead is read', async () => {
    const { during, said, wants } = await startReader(30 * MINUTE_MS);
    wants('a', 'b');
    await during(20 * MINUTE_MS);
    wants('b', 'c');
    await during(32 * MINUTE_MS);
    expect(said).toEqual([
      '15 begin docker/a',
      '20 give up docker/a',
      '20 begin docker/b',
      '50 end docker/b',
      '50 begin docker/c',
    ]);
    wants();
    await during(MINUTE_MS);
    expect(said.at(-1)).toBe('52 give up docker/c');
  });

  it('nothing is read twice because a report was on its way when it was answered', async () => {
    const { during, said, wants } = await startReader(20_000, { answersAfterMs: 50_000 });
    wants('a');
    // The answer of the report after it comes when the reading has ended, and was made before.
    await during(18 * MINUTE_MS);
    wants();
    await during(10 * MINUTE_MS);
    expect(said).toEqual([expect.stringContaining('begin docker/a'), expect.stringContaining('end docker/a')]);
  });

  it('a console that is away meanwhile is told later, when it wants it still', async () => {
    const { console_, during, said, reader, wants } = await startReader(10 * MINUTE_MS);
    wants('a');
    await during(16 * MINUTE_MS);
    console_.isAway = true;
    reader.fault = new Fault('unreachable', 'away');
    await during(20 * MINUTE_MS);
    expect(said).toEqual(['15 begin docker/a', '25 fail docker/a']);
    console_.isAway = false;
    reader.fault = undefined;
    await during(20 * MINUTE_MS);
    expect(said.slice(2)).toEqual([expect.stringContaining('begin docker/a'), expect.stringContaining('end docker/a')]);
  });

  it('a reading that always fails on the way to the console is not begun again at once', async () => {
    const { during, said, reader, wants } = await startReader(0);
    wants('a');
    reader.fault = new Fault('unavailable', 'the database does not answer');
    await during(15 * MINUTE_MS);
    const before = said.length;
    await during(MINUTE_MS);
    expect(said.length - before).toBeLessThan(40);
  });

  it('the end of the agent is the end of it', async () => {
    const { during, said, running, stop, wants } = await startReader(30 * MINUTE_MS);
    wants('a');
    await during(16 * MINUTE_MS);
    stop.abort();
    await running;
    expect(said).toEqual(['15 begin docker/a', '16 give up docker/a']);
  });

  it('so is its revocation', async () => {
    const { console_, during, said, running, wants } = await startReader(30 * MINUTE_MS);
    wants('a');
    await during(16 * MINUTE_MS);
    console_.hasRevoked = true;
    await during(MINUTE_MS);
    await expect(running).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(said).toEqual(['15 begin docker/a', '16 give up docker/a']);
  });

  it('that a reading alone is told of it ends the agent as well', async () => {
    const { during, running, reader, wants } = await startReader(MINUTE_MS);
    wants('a');
    reader.fault = new Fault('unauthenticated', 'this agent was revoked');
    await during(17 * MINUTE_MS);
    await expect(running).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('an agent that reports once', () => {
  const asks = { want: [wanted('a'), wanted('b')] };

  it('ends when it has read what the console wanted', async () => {
    const { during, reports, running, said } = await startReader(MINUTE_MS, { once: true, asks });
    await during(5 * MINUTE_MS);
    await running;
    expect(reports).toHaveLength(1);
    expect(said).toEqual(['0 begin docker/a', '1 end docker/a', '1 begin docker/b', '2 end docker/b']);
  });

  it('fails where the console could not be told', async () => {
    const { during, reader, running } = await startReader(MINUTE_MS, { once: true, asks });
    reader.fault = new Fault('unreachable', 'away');
    await during(5 * MINUTE_MS);
    await expect(running).rejects.toMatchObject({ code: 'unreachable' });
  });
});

it('an agent that only lists reads nothing, whoever asks', async () => {
  const { during, said, reports, wants } = await startReader(MINUTE_MS, { reads: false });
  wants('a');
  await during(60 * MINUTE_MS);
  expect(said).toEqual([]);
  expect(reports.length).toBeGreaterThan(10);
});
