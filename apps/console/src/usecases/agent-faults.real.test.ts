import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContainer } from '@hullcheck/contract';
import type { LayerReport } from '@hullcheck/core';
import { readArchive } from '@hullcheck/scanner';
import {
  type ConsoleClient,
  consoleClient,
  findFreePort,
  listedContainer,
  listedImage,
  type PlayedAgent,
  playAgent,
  writePlainImage,
} from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';

const token = 'agent-faults-bootstrap-token-0123456789';
const HOUR_MS = 3_600_000;

describe('agents whose network, clock or process fails', { timeout: 180_000 }, () => {
  let folder: string;
  let archives: string;
  let running: RunningConsole;
  let client: ConsoleClient;
  let port: number;

  const start = async () => {
    running = await runConsole({
      dataDir: folder,
      listen: `127.0.0.1:${port}`,
      role: 'all',
      offline: true,
      starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
      version: '0',
      log: pino({ level: 'silent' }),
      bootstrapToken: token,
    });
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hc-faults-'));
    archives = mkdtempSync(join(tmpdir(), 'hc-faults-archives-'));
    port = await findFreePort();
    await start();
    client = consoleClient(running.url, token);
  });
  afterAll(async () => {
    await running?.stop();
    for (const one of [folder, archives]) rmSync(one, { recursive: true, force: true });
  });

  const query = async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<T[]> => {
    const database = new pg.Client({
      host: join(folder, 'postgres', 'run'),
      user: 'hullcheck',
      database: 'hullcheck',
      password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
    });
    await database.connect();
    try {
      return (await database.query<T>(sql, [...values])).rows;
    } finally {
      await database.end();
    }
  };
  const container = (id: string, state: 'running' | 'exited') => listedContainer(id, { state });
  const hostOf = async (name: string) =>
    (await client.call('hosts.list', { query: { limit: 100 } })).items.find((host) => host.name === name);
  const statesOf = async (name: string) => {
    const host = await hostOf(name);
    const { items } = await client.call('hosts.containers', { params: { id: host?.id ?? '' }, query: { limit: 100 } });
    return items.map(({ id, state }) => `${id} ${state}`).sort();
  };
  /** The agent's own rule: what is asked for anew is sent in full, under the next number. */
  const delta = (agent: PlayedAgent, sequence: number, containers: AgentContainer[], gone: string[] = []) =>
    agent.report({
      full: false,
      sequence,
      baseSequence: sequence - 1,
      containers,
      gone: { images: [], containers: gone },
    });

  it('end in the same state, whatever is repeated, late or out of order', async () => {
    const agent = await playAgent(client, 'disorder', { containers: [container('a', 'running')] });
    await agent.report({ sequence: 1 });
    const second = () => delta(agent, 2, [container('b', 'running')]);
    const third = () => delta(agent, 3, [container('a', 'exited')]);
    const fourth = () => delta(agent, 4, [], ['docker/b']);
    // Before its base: nothing of it is taken.
    expect(await third()).toMatchObject({ sequence: 1, resync: true });
    expect(await statesOf('disorder')).toEqual(['a running']);
    const copies = await Promise.all([second(), second(), second()]);
    expect(copies.map(({ sequence, resync }) => [sequence, resync])).toEqual([2, 2, 2].map((n) => [n, false]));
    expect(await fourth()).toMatchObject({ sequence: 2, resync: true });
    await third();
    await fourth();
    for (const late of [second, fourth, third, second])
      expect(await late()).toMatchObject({ sequence: 4, resync: false });
    expect(await statesOf('disorder')).toEqual(['a exited']);
    const intervals = await query<{ name: string; state: string; open: boolean; overlaps: boolean }>(
      `select c.name, p.state, p.valid_to is null as open, exists (select 1 from container_presence q where q.container_id = p.container_id
          and q.valid_from > p.valid_from and q.valid_from < coalesce(p.valid_to, 'infinity')) as overlaps
       from container_presence p join container c on c.id = p.container_id join host h on h.id = c.host_id where h.name = 'disorder'
       order by c.name, p.valid_from`,
      [],
    );
    expect(intervals).toEqual([
      { name: 'a', state: 'running', open: false, overlaps: false },
      { name: 'a', state: 'exited', open: true, overlaps: false },
      { name: 'b', state: 'running', open: false, overlaps: false },
    ]);
  });

  it.each([1, -1])('are kept by the console’s clock, %d hour off or not', async (hours) => {
    const name = `clock-${hours}`;
    const agent = await playAgent(client, name, { containers: [container('a', 'running')] });
    await agent.report({ sentAt: new Date(Date.now() + hours * HOUR_MS).toISOString() });
    const [row] = await query<{ skew: string; away: number }>(
      `select h.clock_skew_ms as skew, abs(extract(epoch from now() - p.valid_from))::float8 as away
       from host h join container c on c.host_id = h.id join container_presence p on p.container_id = c.id where h.name = $1`,
      [name],
    );
    expect(Math.abs(Number(row?.skew) - hours * HOUR_MS)).toBeLessThan(60_000);
    expect(row?.away).toBeLessThan(60);
    expect(await hostOf(name)).toMatchObject({ stale: false });
  });

  it('lose nothing to a console that restarts in between', async () => {
    const agent = await playAgent(client, 'restart', { containers: [container('a', 'running')] });
    await agent.report({ sequence: 1 });
    await running.stop();
    await expect(delta(agent, 2, [container('b', 'running')])).rejects.toMatchObject({ code: 'unreachable' });
    await start();
    // Sent again under its number, then once more because its answer was lost.
    for (let times = 0; times < 2; times += 1)
      expect(await delta(agent, 2, [container('b', 'running')])).toMatchObject({ sequence: 2, resync: false });
    expect(await statesOf('restart')).toEqual(['a running', 'b running']);
  });

  describe('in the middle of a reading', () => {
    let read: Awaited<ReturnType<typeof readArchive>>;
    let layers: LayerReport[];
    let count = 0;

    async function holders(...names: readonly string[]): Promise<PlayedAgent[]> {
      count += 1;
      const path = join(archives, `${count}.tar`);
      writePlainImage(path, 'x/y', {
        'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n',
        'lib/apk/db/installed': `P:own-${count}\nV:1-r0\nA:x86_64\n\n`,
      });
      read = await readArchive(path, { signal: AbortSignal.timeout(60_000) });
      layers = read.reports.flatMap((report) => report ?? []);
      const { id } = read.facts;
      const images = id === null ? [] : [listedImage(id, `faults/image-${count}:1`)];
      return await Promise.all(names.map((name) => playAgent(client, name, { images })));
    }
    async function untilWanted(agents: readonly PlayedAgent[]) {
      for (let tries = 0; tries < 200; tries += 1) {
        for (const agent of agents) {
          const [wanted] = (await agent.report()).want;
          if (wanted !== undefined) return { agent, wanted };
        }
        await sleep(250);
      }
      throw new Error('nobody was asked');
    }
    const imageOf = async () =>
      (await client.call('images.list', { query: { limit: 1, repository: `faults/image-${count}` } })).items[0]?.id ??
      '';

    it('are asked for the same again after a kill, and the same answer counts once', async () => {
      const [agent] = await holders('killed');
      if (agent === undefined) throw new Error('no agent');
      const { wanted } = await untilWanted([agent]);
      for (const body of layers) await agent.api.call('agent.layer', { body: body as never });
      // Killed here. Started again it reports and is told again, and what it had sent is known.
      const again = await untilWanted([agent]);
      expect(again.wanted).toEqual(wanted);
      const body = { diffIds: layers.map(({ diffId }) => diffId), readers: { ...layers[0]?.readers } };
      expect((await agent.api.call('agent.layersKnown', { body })).known).toHaveLength(layers.length);
      await agent.answer(again.wanted, read.facts, []);
      expect(await client.settled(await imageOf())).toMatchObject({ packages: 1, assessment: { readBy: 'killed' } });
    });

    it('say why they could not read it, and people read that', async () => {
      const [agent] = await holders('honest');
      if (agent === undefined) throw new Error('no agent');
      const { wanted } = await untilWanted([agent]);
      const detail = 'the engine has no\nspace left';
      await agent.api.call('agent.readingFailed', { body: { ...wanted, code: 'storage-full', detail } });
      const id = await imageOf();
      const assessment = async () => (await client.call('images.get', { params: { id } })).assessment;
      await expect
        .poll(async () => (await assessment()).reason, { timeout: 60_000, interval: 250 })
        .toContain('Agent honest could not read it: the engine has no space left (storage-full). Connect its registry');
      expect(await assessment()).toMatchObject({ state: 'none', activity: 'idle' });
    });

    it('are refused at once where they were revoked, and another holder is asked', async () => {
      const both = await holders('revoked', 'successor');
      const { agent, wanted } = await untilWanted(both);
      const other = both.find(({ id }) => id !== agent.id);
      if (other === undefined) throw new Error('no other agent');
      const revokedMs = performance.now();
      await client.call('agents.revoke', { params: { id: agent.id } });
      const refused = { code: 'unauthenticated' };
      await expect(agent.api.call('agent.layer', { body: layers[0] as never })).rejects.toMatchObject(refused);
      await expect(agent.answer(wanted, read.facts, [])).rejects.toMatchObject(refused);
      await expect(agent.report()).rejects.toMatchObject(refused);
      expect(performance.now() - revokedMs).toBeLessThan(5_000);
      const next = await untilWanted([other]);
      expect(next.wanted.attempt).not.toBe(wanted.attempt);
      await other.answer(next.wanted, read.facts, layers);
      expect(await client.settled(await imageOf())).toMatchObject({ packages: 1, assessment: { readBy: other.name } });
    });
  });
});
