import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LayerReport } from '@hullcheck/core';
import { readArchive } from '@hullcheck/scanner';
import {
  type ConsoleClient,
  listedContainer,
  listedImage,
  type PlayedAgent,
  playAgent,
  writePlainImage,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { agentReportLimits } from './limits.ts';

/** The alarm stands a moment before the image is assessed anew by another reading. */
const POLL = { timeout: 60_000, interval: 500 };
/** A check is given out by the janitor, every quarter of a minute. */
const CHECK_MS = 90_000;

type Read = Awaited<ReturnType<typeof readArchive>>;

describe('a second holder of an image that an agent read', { timeout: 4 * CHECK_MS }, () => {
  let running: TestConsole;
  let client: ConsoleClient;
  let count = 0;

  beforeAll(async () => {
    running = await startTestConsole('second');
    ({ client } = running);
  });
  afterAll(async () => {
    await running?.stop();
  });

  /** An image of Alpine that nobody else has. */
  async function makeImage(): Promise<Read> {
    count += 1;
    const path = join(running.folder, `${count}.tar`);
    writePlainImage(path, `only/here-${count}`, {
      'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n',
      'etc/alpine-release': '3.18.0\n',
      'lib/apk/db/installed': `P:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\nP:own-${count}\nV:1-r0\nA:x86_64\no:own\n\n`,
    });
    return await readArchive(path, { signal: AbortSignal.timeout(60_000) });
  }

  async function play(name: string, ...images: readonly Read[]): Promise<PlayedAgent> {
    const listed = images.flatMap(({ facts: { id } }) => (id === null ? [] : listedImage(id, `only/${name}:1`)));
    const containers = listed.map(({ key }) => listedContainer(`${name}-${key}`, { imageKey: key }));
    const agent = await playAgent(client, name, { images: listed, containers });
    await agent.report();
    return agent;
  }

  async function untilWanted(agent: PlayedAgent) {
    for (const untilMs = performance.now() + CHECK_MS; performance.now() < untilMs; await sleep(500)) {
      const [wanted] = (await agent.report()).want;
      if (wanted !== undefined) return wanted;
    }
    throw new Error(`${agent.name} was not asked`);
  }

  const imageOf = async (tag: string) =>
    (await client.call('images.list', { query: { limit: 10, repository: `only/${tag}` } })).items[0]?.id ?? '';
  const alarmsOf = async (id: string) =>
    (await client.settled(id)).problems.filter(({ code }) => code === 'differs-between-readers');
  const differingOf = async (agent: PlayedAgent) =>
    (await client.call('agents.list', { query: { limit: 100 } })).items.find(({ id }) => id === agent.id)?.differing;
  const audited = async () =>
    (await client.call('audit.list', { query: { limit: 100 } })).items.filter(
      ({ action }) => action === 'readings.differ',
    );
  /** What whoever looks after the console is told of it: on its pages, by its numbers, in its log. */
  const told = async () => ({
    notices: (await client.call('overview.get', {})).notices.filter(({ kind }) => kind === 'readings'),
    gauge: / (\d+)$/.exec(
      /^hullcheck_reading_alarms .*$/m.exec(await (await fetch(new URL('/metrics', client.url))).text())?.[0] ?? '',
    )?.[1],
    logged: running.lines.filter((line) => line.includes('readings differ')).length,
  });
  const layersOf = ({ reports }: Read) => reports.filter((report): report is LayerReport => report !== null);
  const withoutPackages = (read: Read) => layersOf(read).map((report) => ({ ...report, evidence: [] }));
  async function untilAlarmed(id: string) {
    for (const untilMs = performance.now() + CHECK_MS; performance.now() < untilMs; await sleep(500))
      if ((await alarmsOf(id)).length > 0) return;
    throw new Error('no alarm');
  }

  it('confirms what is true, and is not asked again', async () => {
    const read = await makeImage();
    const [first, second] = [await play('honest-1', read), await play('honest-2', read)];
    const asked = await Promise.race([first, second].map(async (agent) => [agent, await untilWanted(agent)] as const));
    const other = asked[0] === first ? second : first;
    await asked[0].answer(asked[1], read.facts, layersOf(read));
    const id = await imageOf('honest-1');
    expect(await client.settled(id)).toMatchObject({ packages: 2, assessment: { readBy: asked[0].name } });
    // Wherever the image is shown, it is said whose word that is.
    const image = await imageOf('honest-1');
    const host = (await client.call('images.hosts', { params: { id: image }, query: {} })).items[0]?.id ?? '';
    const by = [asked[0].name];
    const readers = (rows: readonly { readonly readBy: string | null }[]) => [
      ...new Set(rows.map(({ readBy }) => readBy)),
    ];
    const [listed, ofHost, containers, ofContainers, layers, places] = [
      await client.call('images.list', { query: { repository: 'only/honest-1' } }),
      await client.call('hosts.images', { params: { id: host }, query: {} }),
      await client.call('containers.list', { query: {} }),
      await client.call('hosts.containers', { params: { id: host }, query: {} }),
      await client.call('images.layers', { params: { id: image } }),
      await client.call('where.get', { query: { package: `own-${count}` } }),
    ];
    for (const rows of [listed, ofHost].map(({ items }) => items.map(({ assessment }) => assessment)))
      expect(readers(rows)).toEqual(by);
    for (const { items } of [containers, ofContainers])
      expect(readers(items.flatMap((row) => row.image ?? []))).toEqual(by);
    expect(readers(layers.items.filter(({ empty }) => !empty))).toEqual(by);
    expect(readers(places.images)).toEqual(by);

    const check = await untilWanted(other);
    // Its word, not a repetition of the other one's: nothing is known for it.
    const known = await other.api.call('agent.layersKnown', {
      body: { diffIds: layersOf(read).map(({ diffId }) => diffId), readers: { ...layersOf(read)[0]?.readers } },
    });
    expect(known.known).toEqual([]);
    await other.answer(check, read.facts, layersOf(read));
    expect(await alarmsOf(id)).toEqual([]);
    expect(await audited()).toEqual([]);
    await expect(other.answer(check, read.facts, [])).rejects.toMatchObject({ code: 'not-found' });
    await sleep(17_000);
    for (const agent of [first, second]) expect((await agent.report()).want).toEqual([]);
  });

  it('catches an agent that hides packages, and its word is used no more', async () => {
    const read = await makeImage();
    const liar = await play('liar', read);
    await liar.answer(await untilWanted(liar), read.facts, withoutPackages(read));
    const id = await imageOf('liar');
    expect(await client.settled(id)).toMatchObject({ packages: 0, assessment: { readBy: 'liar' } });
    expect(await told()).toEqual({ notices: [], gauge: '0', logged: 0 });
    const honest = await play('witness', read);
    await honest.answer(await untilWanted(honest), read.facts, layersOf(read));
    await untilAlarmed(id);
    await expect
      .poll(() => client.settled(id), POLL)
      .toMatchObject({
        packages: 2,
        assessment: { readBy: 'witness', state: 'partial' },
      });
    expect(await audited()).toMatchObject([{ actor: 'console', target: layersOf(read)[0]?.diffId, outcome: 'failed' }]);
    expect([await differingOf(liar), await differingOf(honest)]).toEqual([1, 1]);
    expect(await told()).toEqual({
      notices: [
        {
          kind: 'readings',
          message: expect.stringContaining('liar and witness differ in what is in one layer:'),
          remedy: null,
          image: id,
        },
      ],
      gauge: '1',
      logged: 1,
    });
    expect(JSON.parse(running.lines.find((line) => line.includes('readings differ')) ?? '{}')).toMatchObject({
      level: 50,
      target: layersOf(read)[0]?.diffId,
      readers: expect.arrayContaining([{ id: liar.id, name: 'liar' }]),
    });

    await client.call('agents.revoke', { params: { id: liar.id } });
    await expect(liar.report()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await alarmsOf(id)).toEqual([]);
    await expect.poll(() => client.settled(id), POLL).toMatchObject({ packages: 2, assessment: { readBy: 'witness' } });
    expect([await differingOf(liar), await differingOf(honest)]).toEqual([0, 0]);
    expect(await told()).toEqual({ notices: [], gauge: '0', logged: 1 });
  });

  it('catches an agent that leaves out a layer', async () => {
    const read = await makeImage();
    const liar = await play('omits', read);
    await liar.answer(await untilWanted(liar), { ...read.facts, layers: [] }, []);
    const id = await imageOf('omits');
    const honest = await play('has-all', read);
    await honest.answer(await untilWanted(honest), read.facts, layersOf(read));
    await untilAlarmed(id);
    await expect.poll(() => client.settled(id), POLL).toMatchObject({ packages: 2, assessment: { readBy: 'has-all' } });
    expect(await differingOf(liar)).toBe(1);
    expect((await told()).notices).toMatchObject([
      { message: expect.stringContaining('has-all and omits differ in what is in one image:'), image: id },
    ]);
  });

  it('takes few layers of an agent that nobody asks', async () => {
    const read = await makeImage();
    const body = { ...layersOf(read)[0], evidence: [] } as never;
    const invented = (n: number) =>
      ({ ...layersOf(read)[0], evidence: [], diffId: `sha256:${n.toString(16).padStart(64, '0')}` }) as never;
    const refused = { code: 'not-found', message: 'nobody asks this agent for an image now' };
    const idle = await play('idle');
    for (let n = 0; n < agentReportLimits.unaskedLayersMax; n += 1)
      await idle.api.call('agent.layer', { body: invented(n) });
    await expect(idle.api.call('agent.layer', { body })).rejects.toMatchObject(refused);

    const slow = await play('slow', read);
    const wanted = await untilWanted(slow);
    await expect(idle.api.call('agent.layer', { body })).rejects.toMatchObject(refused);
    await slow.answer(wanted, read.facts, layersOf(read));
    expect(await client.settled(await imageOf('slow'))).toMatchObject({ packages: 2 });
    // As an agent says it that had not read the image to its end when another source had it.
    const failed = { ...wanted, code: 'not-found', detail: refused.message } as const;
    await slow.api.call('agent.readingFailed', { body: failed });
    expect(await alarmsOf(await imageOf('slow'))).toEqual([]);
  });
});
