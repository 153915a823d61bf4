import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import type { AgentReport } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { listedContainer } from '@hullcheck/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Collected } from './inventory.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { openStateFolder } from './state-folder.ts';

const CONTAINERS_MAX = 200;
let dir: string;
let sent: AgentReport[];
let now: number;
/** What the console does with the next report. */
let console_: 'takes it' | 'is away' | 'lost its base' | 'refuses changes' | 'refuses';
/** Number of the last report that the console knows of before those of this test. */
let known: number;
/** So many reports are taken, then the console is away. */
let takeOnly: number;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-reporter-'));
  sent = [];
  now = Date.parse('2026-01-01T00:00:00Z');
  console_ = 'takes it';
  known = 0;
  takeOnly = Number.POSITIVE_INFINITY;
});
afterEach(() => rm(dir, { recursive: true }));

async function start(): Promise<Reporter> {
  return await createReporter({
    host: { machineId: 'm', name: 'h', os: null, kernel: null, architecture: null },
    version: '1',
    mode: 'inventory+read',
    containersMax: CONTAINERS_MAX,
    state: await openStateFolder(dir),
    now: () => now,
    send: async (text) => {
      const report: AgentReport = JSON.parse(await textOf(Readable.from(text())));
      if (console_ === 'is away' || sent.length >= takeOnly) throw new Fault('unreachable', 'away');
      if (console_ === 'refuses' || (console_ === 'refuses changes' && !report.full)) {
        throw new Fault('invalid-input', 'not understood');
      }
      sent.push(report);
      return {
        sequence: Math.max(known, report.sequence),
        resync: console_ === 'lost its base',
        nextReportSeconds: 900,
        want: [],
      };
    },
  });
}

function host(...names: readonly string[]): Collected {
  return {
    isHasty: false,
    isBehind: false,
    runtimes: [],
    images: new Map(),
    containers: new Map(names.map((name) => [name, JSON.stringify(listedContainer(name))])),
  };
}

const summary = () =>
  sent.map(({ sequence, baseSequence, full, containers, gone }) => ({
    sequence,
    baseSequence,
    full,
    containers: containers.map(({ id }) => id),
    gone: gone.containers,
  }));

it('sends all once, then changes against what was acknowledged', async () => {
  const reporter = await start();
  await reporter.report(host('a', 'b'));
  await reporter.report(host('b', 'c'));
  await reporter.report(host('b', 'c'));
  expect(summary()).toEqual([
    { sequence: 1, baseSequence: null, full: true, containers: ['a', 'b'], gone: [] },
    { sequence: 2, baseSequence: 1, full: false, containers: ['c'], gone: ['a'] },
    { sequence: 3, baseSequence: 2, full: false, containers: [], gone: [] },
  ]);
});

it('counts changes from the last acknowledged report while the console is away', async () => {
  const reporter = await start();
  await reporter.report(host('a'));
  console_ = 'is away';
  await expect(reporter.report(host('a', 'b'))).rejects.toMatchObject({ code: 'unreachable' });
  await expect(reporter.report(host('b', 'c'))).rejects.toMatchObject({ code: 'unreachable' });
  console_ = 'takes it';
  await reporter.report(host('b', 'c'));
  expect(summary().at(-1)).toEqual({ sequence: 4, baseSequence: 1, full: false, containers: ['b', 'c'], gone: ['a'] });
});

it('sends what a crash left unsent, under its number, and then all', async () => {
  const first = await start();
  await first.report(host('a'));
  console_ = 'is away';
  await expect(first.report(host('a', 'b'))).rejects.toThrow();
  console_ = 'takes it';
  const second = await start();
  await second.flush();
  await second.report(host('a', 'b', 'c'));
  expect(summary().slice(1)).toEqual([
    { sequence: 2, baseSequence: 1, full: false, containers: ['b'], gone: [] },
    { sequence: 3, baseSequence: null, full: true, containers: ['a', 'b', 'c'], gone: [] },
  ]);
});

it('drops a kept report that the console does not take, as a restart would only send it again, and says all', async () => {
  const first = await start();
  await first.report(host('a'));
  console_ = 'is away';
  await expect(first.report(host('a', 'b'))).rejects.toThrow();
  console_ = 'refuses changes';
  const second = await start();
  expect(await second.flush()).toBeUndefined();
  await second.report(host('b'));
  expect(summary().at(-1)).toEqual({ sequence: 3, baseSequence: null, full: true, containers: ['b'], gone: [] });
});

it('says that a report of now is refused, and keeps nothing of it', async () => {
  console_ = 'refuses';
  await expect((await start()).report(host('a'))).rejects.toMatchObject({ code: 'invalid-input' });
  expect(await readdir(dir)).not.toContain('unsent.json');
});

it('never uses a number twice, also after a restart', async () => {
  await (await start()).report(host('a'));
  await (await start()).report(host('a'));
  expect(summary().map(({ sequence }) => sequence)).toEqual([1, 2]);
});

it('sends all when the console lost its base, and once a day', async () => {
  const reporter = await start();
  await reporter.report(host('a'));
  console_ = 'lost its base';
  await reporter.report(host('a'));
  console_ = 'takes it';
  await reporter.report(host('a'));
  now += 24 * 3_600_000;
  await reporter.report(host('a'));
  await reporter.report(host('a'));
  expect(summary().map(({ full }) => full)).toEqual([true, false, true, true, false]);
});

it('sends all where the clock was set back, since when nobody knows how long ago that was', async () => {
  const reporter = await start();
  await reporter.report(host('a'));
  now -= 3_600_000;
  await reporter.report(host('a'));
  await reporter.report(host('a'));
  expect(summary().map(({ full }) => full)).toEqual([true, true, false]);
});

it('keeps its files to itself and throws nothing unsent away', async () => {
  console_ = 'is away';
  await expect((await start()).report(host('a'))).rejects.toThrow();
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o077).toBe(0);
  expect(await readdir(dir)).toContain('unsent.json');
});

it('counts on from what the console knows where its machine was set back, and says all', async () => {
  const reporter = await start();
  known = 40;
  expect(await reporter.report(host('a'))).toMatchObject({ sequence: 40, resync: true });
  expect(await reporter.report(host('a', 'b'))).toMatchObject({ sequence: 41, resync: false });
  await reporter.report(host('b'));
  expect(summary().slice(1)).toEqual([
    { sequence: 41, baseSequence: null, full: true, containers: ['a', 'b'], gone: [] },
    { sequence: 42, baseSequence: 41, full: false, containers: [], gone: ['a'] },
  ]);
  await (await start()).report(host('b'));
  expect(summary().at(-1)).toMatchObject({ sequence: 43 });
});

describe('a cluster of more containers than one report holds', () => {
  const total = 2 * CONTAINERS_MAX + 1;
  const text = JSON.stringify(listedContainer('x'));
  const cluster = (size: number, state = '') =>
    ({
      ...host(),
      images: new Map([['kubernetes/i', '{"key":"kubernetes/i"}']]),
      containers: new Map(
        Array.from({ length: size }, (_, at) => {
          const key = `kubernetes/${at}`;
          return [key, text.replace('"x"', `"${at}${state}"`)] as const;
        }),
      ),
    }) satisfies Collected;
  const shapes = () =>
    sent.map(({ sequence, baseSequence, full, part, images, gone }) => ({
      sequence,
      baseSequence,
      full,
      part,
      images: images.length,
      gone: gone.containers.length,
    }));

  it('is told in parts that say together what is there, once, and then by changes', async () => {
    const reporter = await start();
    await reporter.report(cluster(total));
    const one = { baseSequence: null, full: true, images: 1, gone: 0 };
    const next = { full: false, images: 0, gone: 0 };
    expect(shapes()).toEqual([
      { ...one, sequence: 1, part: { at: 0, of: 3 } },
      { ...next, sequence: 2, baseSequence: 1, part: { at: 1, of: 3 } },
      { ...next, sequence: 3, baseSequence: 2, part: { at: 2, of: 3 } },
    ]);
    expect(new Set(sent.flatMap(({ containers }) => containers.map(({ id }) => id))).size).toBe(total);
    expect(sent.reduce((sum, { containers }) => sum + containers.length, 0)).toBe(total);
    await reporter.report(cluster(total - 10));
    expect(shapes()[3]).toEqual({ ...next, sequence: 4, baseSequence: 3, part: undefined, gone: 10 });
  });

  it('is told anew in parts where too much of it changed for one report', async () => {
    const reporter = await start();
    await reporter.report(cluster(total));
    await reporter.report(cluster(total, ' again'));
    expect(sent.map(({ full, part }) => [full, part?.at])).toEqual([
      [true, 0],
      [false, 1],
      [false, 2],
      [true, 0],
      [false, 1],
      [false, 2],
    ]);
  });

  it('is told from the beginning where the console did not get all parts', async () => {
    const reporter = await start();
    takeOnly = 1;
    await expect(reporter.report(cluster(total))).rejects.toMatchObject({ code: 'unreachable' });
    takeOnly = Number.POSITIVE_INFINITY;
    // What was on its way first, as after every failure.
    await reporter.flush();
    await reporter.report(cluster(total));
    expect(shapes().map(({ sequence, full, part }) => [sequence, full, part?.at])).toEqual([
      [1, true, 0],
      [2, false, 1],
      [3, true, 0],
      [4, false, 1],
      [5, false, 2],
    ]);
    console_ = 'lost its base';
    await reporter.report(cluster(total, ' again'));
    // Nothing more is sent to who has to be told all anyway.
    expect(shapes()).toHaveLength(6);
  });
});
