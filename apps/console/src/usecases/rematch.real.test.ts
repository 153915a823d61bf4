import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '@hullcheck/core';
import { corpusArchive } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { debianFeeds, type Tracker, writeMirrorOf } from './mirror.testing.ts';

const archive = corpusArchive('debian-bookworm');

/** A mirror with a Debian tracker that knows these source packages: fixed version by CVE. */
function writeMirror(folder: string, tracker: Tracker, kev: readonly string[]): void {
  const vulnerabilities = ['CVE-2020-1000', ...kev].map((cveID) => ({ cveID, dateAdded: '2024-05-01' }));
  writeMirrorOf(folder, {
    'cisa-kev': {
      snapshotDate: '2026-08-07',
      name: 'known_exploited_vulnerabilities.json',
      content: JSON.stringify({ dateReleased: '2026-08-07T16:00:00Z', vulnerabilities }),
    },
    ...debianFeeds(tracker, 40),
    epss: { snapshotDate: '2026-08-22', name: 'epss.csv', content: 'cve,epss\nCVE-2020-1000,0.1\n' },
  });
}

describe.skipIf(archive === undefined)('a new vulnerability database', () => {
  let console: TestConsole;
  let mirror: string;
  let imageId: string;
  const findings = async () =>
    (await console.client.call('images.findings', { params: { id: imageId }, query: { limit: 100 } })).items;
  const query = async (...statements: readonly string[]): Promise<readonly unknown[]> => {
    let rows: readonly unknown[] = [];
    for (const statement of statements) rows = await console.query(statement);
    return rows;
  };
  const verdicts = () =>
    query(
      `select g.display_id as id, v.cause, v.ended_cause as ended from verdict v join vulnerability_group g on g.id = v.group_id order by v.valid_from, 1, v.id`,
    );

  beforeAll(async () => {
    mirror = mkdtempSync(join(tmpdir(), 'hc-mirror-'));
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '0' } }, []);
    console = await startTestConsole('rematch', mirror);
  });
  afterAll(async () => {
    await console?.stop();
    rmSync(mirror, { recursive: true, force: true });
  });

  it('is made by itself where there is none, and judges what was only listed', async () => {
    const status = await console.untilIdle(null);
    expect(status.feeds.find(({ id }) => id === 'debian-tracker')).toMatchObject({
      state: 'current',
      records: 42,
      error: null,
    });
    expect(status.feeds.find(({ id }) => id === 'alpine-secdb')).toMatchObject({ state: 'missing' });
    const { images } = await console.client.upload(String(archive), 'bookworm.tar');
    imageId = images[0]?.id ?? '';
    await console.client.settled(imageId);
    expect((await findings()).map(({ id, fixedIn }) => [id, fixedIn])).toEqual([['CVE-2024-0001', ['999']]]);
  });

  it('changes only what it names, each change with its cause, and the images with it', async () => {
    const before = await console.client.call('database.get', {});
    const risk = (await console.client.images())[0]?.risk ?? 0;
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await console.client.call('database.refresh', {});
    const after = await console.untilIdle(before.revision);
    expect((await findings()).map(({ id, kev }) => [id, kev])).toEqual([
      ['CVE-2024-0001', true],
      ['CVE-2024-0002', false],
    ]);
    expect(await verdicts()).toEqual([
      { id: 'CVE-2024-0001', cause: 'first-seen', ended: 'kev-listed' },
      { id: 'CVE-2024-0001', cause: 'kev-listed', ended: null },
      { id: 'CVE-2024-0002', cause: 'status-changed', ended: null },
    ]);
    const [row] = await console.client.images();
    expect(row?.counts?.total).toBe(2);
    expect(row?.risk).toBeGreaterThan(risk);
    const detail = await console.client.call('images.get', { params: { id: imageId } });
    expect(detail.database?.revision).toBe(after.revision);
  });

  it('ends verdicts, too', async () => {
    const before = await console.client.call('database.get', {});
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '0' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await console.client.call('database.refresh', {});
    await console.untilIdle(before.revision);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0002']);
    expect(await verdicts()).toContainEqual({ id: 'CVE-2024-0001', cause: 'kev-listed', ended: 'status-changed' });
    expect((await console.client.images())[0]?.counts?.total).toBe(1);
  });

  it('tells the history of the image and of the vulnerability', async () => {
    const { items, total } = await console.client.call('images.history', {
      params: { id: imageId },
      query: { limit: 2 },
    });
    expect(total).toEqual({ value: 3, exact: true });
    const [latest, ...others] = items;
    expect(latest).toMatchObject({
      event: 'vanished',
      cause: 'status-changed',
      vulnerability: 'CVE-2024-0001',
      package: { name: 'bash' },
    });
    expect(others).toHaveLength(1);
    const rest = await console.client.call('images.history', { params: { id: imageId } });
    expect(
      rest.items
        .slice(1)
        .map(({ event, cause }) => `${event} ${cause}`)
        .sort(),
    ).toEqual(['appeared status-changed', 'changed kev-listed']);
    const kev = rest.items.find(({ cause }) => cause === 'kev-listed');
    expect(kev?.changes).toContainEqual({ field: 'kev', before: false, after: true });
    const flaw = await console.client.call('vulnerabilities.history', { params: { id: 'cve-2024-0001' } });
    expect(flaw.items.map(({ event, cause, packages }) => [event, cause, packages])).toEqual([
      ['vanished', 'status-changed', ['bash']],
      ['changed', 'kev-listed', ['bash']],
      ['appeared', 'first-seen', ['bash']],
    ]);
  });

  const rematches = async () =>
    (await console.client.call('jobs.list', {})).items.filter(
      ({ what }) => what === 'Judge again by the rules of this version',
    );

  it('judges nothing again when the same version starts again', async () => {
    await console.restart('0');
    await console.untilIdle(null);
    expect(await rematches()).toEqual([]);
  });

  it('after an upgrade judges again what the matchers of before did not know', async () => {
    // What a version without a matcher for Debian left behind: subjects that no advisory is looked up for.
    await query('delete from subject_lookup', 'delete from verdict', `update image_standing set total = 0, score = 0`);
    await console.restart('1');
    await console.untilIdle(null);
    expect(await rematches()).toHaveLength(1);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0002']);
    expect(await verdicts()).toEqual([{ id: 'CVE-2024-0002', cause: 'rules-version', ended: null }]);
    expect((await console.client.images())[0]?.counts?.total).toBe(1);
  });

  it('hears of what is published after the upgrade', async () => {
    const before = await console.client.call('database.get', {});
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await console.client.call('database.refresh', {});
    await console.untilIdle(before.revision);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0001', 'CVE-2024-0002']);
    expect((await verdicts()).at(-1)).toEqual({ id: 'CVE-2024-0001', cause: 'status-changed', ended: null });
  });

  it('reads again what other readers read, and keeps what it can not read again', async () => {
    const readers = () =>
      query(
        'select r.readers_sha256 as readers, r.reread_for as "for", s.risk from image_result r join image_standing s on s.image_id = r.image_id',
      );
    const [present] = await readers();
    const until = async (done: () => Promise<boolean>) => {
      for (let tries = 0; !(await done()) && tries < 200; tries += 1) await sleep(100);
      await console.untilIdle(null);
    };
    await console.restart('1');
    await query(`update image_result set readers_sha256 = 'older'`);
    await console.restart('1');
    await until(async () => (await readers()).every((row) => !JSON.stringify(row).includes('older')));
    expect(await readers()).toMatchObject([{ readers: (present as { readers: string }).readers }]);

    // From its archive it could be read again, until that is removed.
    for (let tries = 0; readdirSync(join(console.folder, 'uploads')).length > 0 && tries < 600; tries += 1)
      await sleep(100);
    expect(readdirSync(join(console.folder, 'uploads'))).toEqual([]);
    // At once: the console that runs would read it again in between.
    await query(`update image_result set readers_sha256 = 'older', reread_for = null; delete from layer_report`);
    await console.restart('1');
    await until(async () => (await readers()).every((row) => !JSON.stringify(row).includes('null')));
    expect(await readers()).toMatchObject([{ readers: 'older', risk: (present as { risk: number }).risk }]);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0001', 'CVE-2024-0002']);
  });

  it('comes to what judging the whole image anew comes to, whatever changes', async () => {
    const names = ['bash', 'dpkg', 'glibc', 'tar', 'gzip', 'perl', 'util-linux'];
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 3; round += 1) {
      const before = await console.client.call('database.get', {});
      const tracker = Object.fromEntries(
        names.map((name) => [
          name,
          Object.fromEntries(
            Array.from({ length: random(5) }, () => [
              `CVE-2024-${1000 + random(12)}`,
              ['0', '0.1', '999', '9999'][random(4)] ?? '0',
            ]),
          ),
        ]),
      );
      writeMirror(mirror, tracker, [`CVE-2024-${1000 + random(12)}`, `CVE-2024-${1100 + round}`]);
      await console.client.call('database.refresh', {});
      await console.untilIdle(before.revision);
      const detail = await console.client.call('images.get', { params: { id: imageId } });
      const report = (await console.client.call('images.report', { params: { id: imageId } })) as unknown as Report;
      const { ignored, ...counts } = report.summary;
      expect(ignored).toBe(0);
      expect(detail).toMatchObject({
        counts,
        risk: report.risk.score,
        riskTotal: report.risk.total,
        assessment: { state: report.assessment.state },
        coverage: report.assessment.coverage,
        problems: report.assessment.problems,
      });
      const [worst] = report.findings;
      const row = (await console.client.call('images.list', {})).items.find(({ id }) => id === imageId);
      if (worst === undefined) continue;
      expect(detail.explanation).toContain(`${worst.id} in ${worst.package.name}`);
      // The list names one of those that are as bad.
      const asBad = report.findings.filter(({ risk }) => risk === worst.risk);
      expect(asBad.some((one) => row?.explanation?.includes(`${one.id} in ${one.package.name}`))).toBe(true);
    }
  });

  it('leaves the work to a console of another version that started later', async () => {
    const known = (await findings()).map(({ id }) => id);
    await query(`update active_database set rules = 'of a newer version'`, 'delete from subject_lookup');
    const { images } = await console.client.upload(String(archive), 'again.tar');
    await sleep(3_000);
    const [again] = await query(
      `select state, attempts from assessment where image_id = '${images[0]?.id}' order by queued_at desc limit 1`,
    );
    expect(again).toEqual({ state: 'queued', attempts: 0 });
    expect((await findings()).map(({ id }) => id)).toEqual(known);
  });
});
