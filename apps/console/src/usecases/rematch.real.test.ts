import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '@hullcheck/core';
import { consoleClient, corpusArchive } from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';

const token = 'rematch-bootstrap-token-0123456789abc';
const archive = corpusArchive('debian-bookworm');

/** A mirror with a Debian tracker that knows these source packages: fixed version by CVE. */
function writeMirror(
  folder: string,
  tracker: { readonly [name: string]: { readonly [cve: string]: string } },
  kev: readonly string[],
): void {
  const filler = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`filler-${index}`, { [`CVE-2020-${1000 + index}`]: '1' }]),
  );
  const packages = Object.fromEntries(
    Object.entries({ ...filler, ...tracker }).map(([name, cves]) => [
      name,
      Object.fromEntries(
        Object.entries(cves).map(([id, fixed]) => [
          id,
          { releases: { bookworm: { status: 'resolved', fixed_version: fixed } } },
        ]),
      ),
    ]),
  );
  const entry = (id: string, snapshotDate: string, name: string, text: string) => {
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, name), text);
    return {
      id,
      snapshotDate,
      files: [
        {
          path: `${id}/${name}`,
          bytes: Buffer.byteLength(text),
          sha256: createHash('sha256').update(text).digest('hex'),
        },
      ],
    };
  };
  const vulnerabilities = ['CVE-2020-1000', ...kev].map((cveID) => ({ cveID, dateAdded: '2024-05-01' }));
  const entries = [
    entry(
      'cisa-kev',
      '2026-08-07',
      'known_exploited_vulnerabilities.json',
      JSON.stringify({ dateReleased: '2026-08-07T16:00:00Z', vulnerabilities }),
    ),
    entry('debian-tracker', '2026-08-21', 'tracker.derived.json', JSON.stringify(packages)),
    entry('debian-support-status', '2026-06-30', 'debian.csv', 'version,series\n12,bookworm\n'),
    entry('epss', '2026-08-22', 'epss.csv', 'cve,epss\nCVE-2020-1000,0.1\n'),
  ];
  writeFileSync(join(folder, 'MANIFEST.json'), JSON.stringify(entries));
}

describe.skipIf(archive === undefined)('a new vulnerability database', () => {
  let folder: string;
  let mirror: string;
  let running: RunningConsole;
  let imageId: string;
  const client = () => consoleClient(running.url, token);
  const untilIdle = async (revision: string | null) => {
    for (let tries = 0; tries < 400; tries += 1) {
      const status = await client().call('database.get', {});
      const jobs = await client().call('jobs.list', {});
      const busy = jobs.items.some((job) => job.state === 'queued' || job.state === 'running');
      if (status.activity === 'idle' && !busy && status.revision !== revision) return status;
      await sleep(100);
    }
    throw new Error('the database did not change');
  };
  const findings = async () =>
    (await client().call('images.findings', { params: { id: imageId }, query: { limit: 100 } })).items;
  const start = (version: string) =>
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      feeds: mirror,
      starterPath: join(folder, 'no-starter'),
      version,
      log: pino({ level: 'silent' }),
      bootstrapToken: token,
    });
  const query = async (...statements: readonly string[]): Promise<readonly unknown[]> => {
    const sql = new pg.Client({
      host: join(folder, 'postgres', 'run'),
      user: 'hullcheck',
      database: 'hullcheck',
      password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
    });
    await sql.connect();
    try {
      let rows: readonly unknown[] = [];
      for (const statement of statements) rows = (await sql.query(statement)).rows;
      return rows;
    } finally {
      await sql.end();
    }
  };
  const verdicts = () =>
    query(
      `select g.display_id as id, v.cause, v.ended_cause as ended from verdict v join vulnerability_group g on g.id = v.group_id order by v.valid_from, 1, v.id`,
    );

  beforeAll(async () => {
    folder = mkdtempSync('/tmp/hc-rematch-');
    mirror = mkdtempSync('/tmp/hc-mirror-');
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '0' } }, []);
    running = await start('0');
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(mirror, { recursive: true, force: true });
  });

  it('is made by itself where there is none, and judges what was only listed', async () => {
    const status = await untilIdle(null);
    expect(status.feeds.find(({ id }) => id === 'debian-tracker')).toMatchObject({
      state: 'current',
      records: 42,
      error: null,
    });
    expect(status.feeds.find(({ id }) => id === 'alpine-secdb')).toMatchObject({ state: 'missing' });
    const { images } = await client().upload(String(archive), 'bookworm.tar');
    imageId = images[0]?.id ?? '';
    await client().settled(imageId);
    expect((await findings()).map(({ id, fixedIn }) => [id, fixedIn])).toEqual([['CVE-2024-0001', ['999']]]);
  });

  it('changes only what it names, each change with its cause, and the images with it', async () => {
    const before = await client().call('database.get', {});
    const risk = (await client().images())[0]?.risk ?? 0;
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await client().call('database.refresh', {});
    const after = await untilIdle(before.revision);
    expect((await findings()).map(({ id, kev }) => [id, kev])).toEqual([
      ['CVE-2024-0001', true],
      ['CVE-2024-0002', false],
    ]);
    expect(await verdicts()).toEqual([
      { id: 'CVE-2024-0001', cause: 'first-seen', ended: 'kev-listed' },
      { id: 'CVE-2024-0001', cause: 'kev-listed', ended: null },
      { id: 'CVE-2024-0002', cause: 'status-changed', ended: null },
    ]);
    const [row] = await client().images();
    expect(row?.counts?.total).toBe(2);
    expect(row?.risk).toBeGreaterThan(risk);
    const detail = await client().call('images.get', { params: { id: imageId } });
    expect(detail.database?.revision).toBe(after.revision);
  });

  it('ends verdicts, too', async () => {
    const before = await client().call('database.get', {});
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '0' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await client().call('database.refresh', {});
    await untilIdle(before.revision);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0002']);
    expect(await verdicts()).toContainEqual({ id: 'CVE-2024-0001', cause: 'kev-listed', ended: 'status-changed' });
    expect((await client().images())[0]?.counts?.total).toBe(1);
  });

  it('tells the history of the image and of the vulnerability', async () => {
    const { items, total } = await client().call('images.history', { params: { id: imageId }, query: { limit: 2 } });
    expect(total).toEqual({ value: 3, exact: true });
    const [latest, ...others] = items;
    expect(latest).toMatchObject({
      event: 'vanished',
      cause: 'status-changed',
      vulnerability: 'CVE-2024-0001',
      package: { name: 'bash' },
    });
    expect(others).toHaveLength(1);
    const rest = await client().call('images.history', { params: { id: imageId } });
    expect(
      rest.items
        .slice(1)
        .map(({ event, cause }) => `${event} ${cause}`)
        .sort(),
    ).toEqual(['appeared status-changed', 'changed kev-listed']);
    const kev = rest.items.find(({ cause }) => cause === 'kev-listed');
    expect(kev?.changes).toContainEqual({ field: 'kev', before: false, after: true });
    const flaw = await client().call('vulnerabilities.history', { params: { id: 'cve-2024-0001' } });
    expect(flaw.items.map(({ event, cause, packages }) => [event, cause, packages])).toEqual([
      ['vanished', 'status-changed', ['bash']],
      ['changed', 'kev-listed', ['bash']],
      ['appeared', 'first-seen', ['bash']],
    ]);
  });

  const rematches = async () =>
    (await client().call('jobs.list', {})).items.filter(
      ({ what }) => what === 'Judge again by the rules of this version',
    );

  it('judges nothing again when the same version starts again', async () => {
    await running.stop();
    running = await start('0');
    await untilIdle(null);
    expect(await rematches()).toEqual([]);
  });

  it('after an upgrade judges again what the matchers of before did not know', async () => {
    // What a version without a matcher for Debian left behind: subjects that no advisory is looked up for.
    await query('delete from subject_lookup', 'delete from verdict', `update image_standing set total = 0, score = 0`);
    await running.stop();
    running = await start('1');
    await untilIdle(null);
    expect(await rematches()).toHaveLength(1);
    expect((await findings()).map(({ id }) => id)).toEqual(['CVE-2024-0002']);
    expect(await verdicts()).toEqual([{ id: 'CVE-2024-0002', cause: 'rules-version', ended: null }]);
    expect((await client().images())[0]?.counts?.total).toBe(1);
  });

  it('hears of what is published after the upgrade', async () => {
    const before = await client().call('database.get', {});
    writeMirror(mirror, { bash: { 'CVE-2024-0001': '999' }, dpkg: { 'CVE-2024-0002': '999' } }, ['CVE-2024-0001']);
    await client().call('database.refresh', {});
    await untilIdle(before.revision);
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
      await untilIdle(null);
    };
    await running.stop();
    running = await start('1');
    await query(`update image_result set readers_sha256 = 'older'`);
    await running.stop();
    running = await start('1');
    await until(async () => (await readers()).every((row) => !JSON.stringify(row).includes('older')));
    expect(await readers()).toMatchObject([{ readers: (present as { readers: string }).readers }]);

    // From its archive it could be read again, until that is removed.
    for (let tries = 0; readdirSync(join(folder, 'uploads')).length > 0 && tries < 600; tries += 1) await sleep(100);
    expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
    // At once: the console that runs would read it again in between.
    await query(`update image_result set readers_sha256 = 'older', reread_for = null; delete from layer_report`);
    await running.stop();
    running = await start('1');
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
      const before = await client().call('database.get', {});
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
      await client().call('database.refresh', {});
      await untilIdle(before.revision);
      const detail = await client().call('images.get', { params: { id: imageId } });
      const report = (await client().call('images.report', { params: { id: imageId } })) as unknown as Report;
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
      if (worst !== undefined) expect(detail.explanation).toContain(`${worst.id} in ${worst.package.name}`);
    }
  });

  it('leaves the work to a console of another version that started later', async () => {
    const known = (await findings()).map(({ id }) => id);
    await query(`update active_database set rules = 'of a newer version'`, 'delete from subject_lookup');
    const { images } = await client().upload(String(archive), 'again.tar');
    await sleep(3_000);
    const [again] = await query(
      `select state, attempts from assessment where image_id = '${images[0]?.id}' order by queued_at desc limit 1`,
    );
    expect(again).toEqual({ state: 'queued', attempts: 0 });
    expect((await findings()).map(({ id }) => id)).toEqual(known);
  });
});
