import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Digest, parseDigest } from '@hullcheck/core';
import { readArchive } from '@hullcheck/scanner';
import {
  countRows,
  letTimePass,
  listedContainer,
  listedImage,
  type PlayedAgent,
  playAgent,
  writePlainImage,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console.testing.ts';
import { debianFeeds, writeMirrorOf } from './usecases/mirror.testing.ts';

/** After so many hours a console reads its feeds again, whatever its jitter. */
const DAY_HOURS = 27;
const FLAWS = 40;
const flaw = (at: number) => `CVE-2024-${1_000 + at}`;

const packagesOf = (names: readonly string[]) =>
  names
    .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: x\n`)
    .join('\n');
const containerOf = (id: string, imageKey: string) => listedContainer(id, { imageKey, imageReference: 'shop/web:1' });

function digestOf(text: string | null): Digest {
  const digest = parseDigest(text ?? '');
  if (digest === undefined) throw new Error('not a digest');
  return digest;
}

describe('a day', () => {
  let folder: string;
  let console: TestConsole;
  const agents: PlayedAgent[] = [];
  const run = (text: string) => console.query(text);

  /** Every flaw of a package of its own; probabilities that moved by so many thousandths. */
  function writeMirror(drift: number) {
    const tracker = Object.fromEntries(Array.from({ length: FLAWS }, (_, at) => [`p${at}`, { [flaw(at)]: '2' }]));
    const scores = Array.from({ length: FLAWS }, (_, at) => `${flaw(at)},0.0${12 + (at % 30)}${drift}`);
    writeMirrorOf(join(folder, 'mirror'), {
      ...debianFeeds(tracker, 40),
      epss: { snapshotDate: '2026-08-22', name: 'epss.csv', content: `cve,epss\n${scores.join('\n')}\n` },
    });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hc-quiet-day-folder-'));
    writeMirror(0);
    console = await startTestConsole('quiet-day', join(folder, 'mirror'));
    await console.untilIdle(null);
    for (const [at, count] of [FLAWS, FLAWS / 2].entries()) {
      const path = join(folder, `${at}.tar`);
      writePlainImage(path, 'shop/web', {
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'var/lib/dpkg/status': packagesOf(Array.from({ length: count }, (_, number) => `p${number}`)),
      });
      const { images } = await console.client.upload(path, `${at}.tar`);
      await console.client.settled(images[0]?.id ?? '');
      const { facts } = await readArchive(path, { signal: AbortSignal.timeout(60_000) });
      const image = listedImage(digestOf(facts.id), 'shop/web:1');
      const containers = Array.from({ length: 5 }, (_, number) => containerOf(`c${number}`, image.key));
      agents.push(await playAgent(console.client, `host-${at}`, { images: [image], containers }));
    }
    const nobodys = listedImage(digestOf(`sha256:${'f'.repeat(64)}`), 'shop/private:1');
    agents.push(await playAgent(console.client, 'host-2', { images: [nobodys] }));
    // The first day has what each day has: a round of everything.
    await day();
  }, 180_000);
  afterAll(async () => {
    await console?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A day later all hosts, of which one has an image that nobody can read, have reported all that they have, the feeds were read, and each table was cleaned. */
  async function day(hours = DAY_HOURS): Promise<void> {
    await letTimePass(run, hours);
    for (const [at, agent] of agents.entries()) {
      const answer = await agent.report({ agent: { version: '1', mode: 'inventory' } });
      expect(answer).toMatchObject({ resync: false, want: [] });
      // Where an image waits to be read, its host is asked again soon.
      if (at < 2) expect(answer.nextReportSeconds).toBe(15 * 60);
    }
    const left = async () => {
      const [row] = await console.query(
        `select (select count(*) from work_item where kind = 'refresh-feeds' and state = 'done' and finished_at > now() - interval '1 hour')::int as refreshed,
                (select count(*) from job where state in ('queued', 'running', 'waiting'))::int as working,
                (select count(*) from active_database where settled_epoch is distinct from epoch)::int as unsettled,
                (select count(*) from cleaning where due_at < now())::int as unclean`,
      );
      return row;
    };
    const deadline = Date.now() + 150_000;
    for (;;) {
      const found = await left();
      if (isDeepStrictEqual(found, { refreshed: 1, working: 0, unsettled: 0, unclean: 0 })) return;
      if (Date.now() > deadline) throw new Error(`the day is not over: ${JSON.stringify(found)}`);
      await sleep(250);
    }
  }

  async function grownBy(act: () => Promise<void>): Promise<{ readonly [table: string]: number }> {
    const before = await countRows(run);
    expect(before.get('container')).toBe(10);
    expect(before.get('verdict')).toBe(FLAWS);
    await act();
    const after = await countRows(run);
    return Object.fromEntries(
      [...after].flatMap(([table, rows]) =>
        rows === before.get(table) ? [] : [[table, rows - (before.get(table) ?? 0)]],
      ),
    );
  }

  it('on which nothing changed leaves nothing but a line in the list of jobs', async () => {
    // It goes after thirty days (the last test).
    expect(await grownBy(() => day())).toEqual({ work_item: 1 });
  });

  it('on which probabilities moved, as they do every day, leaves no row of any finding or image', async () => {
    const riskOf = async () => (await console.query('select sum(risk_total)::int as sum from image_standing'))[0]?.sum;
    const before = await riskOf();
    writeMirror(5);
    // The reading of the feeds and the judging.
    expect(await grownBy(() => day())).toEqual({ work_item: 2 });
    expect(await riskOf()).not.toBe(before);
  });

  it('a month later takes the lines of that month along', async () => {
    await day(31 * 24);
    const before = (await countRows(run)).get('work_item');
    expect(before).toBeLessThanOrEqual(2);
    await day();
    expect((await countRows(run)).get('work_item')).toBe((before ?? 0) + 1);
  });
});
