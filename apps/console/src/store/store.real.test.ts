import { randomUUID } from 'node:crypto';
import { type Executables, type Inventory, type Judgement, subjectKey, subjectOf } from '@hullcheck/core';
import { type ClonedDatabases, cloneDatabases, postgresEngines, type TestPostgres } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbedded } from '../postgres/embedded.ts';
import { beginAttempt, endAttempt, requestAssessment, resumeDead } from './assessments.ts';
import { findBrokenLink, recordAudit } from './audit.ts';
import { cloneMigrated } from './cloned.testing.ts';
import { upsertProfile } from './coverage-profiles.ts';
import { type Database, openDatabase } from './database.ts';
import { bindVerified } from './image-binding.ts';
import { findResult } from './image-details.ts';
import { listImages } from './image-lists.ts';
import { findVisibleImage, type Observation, resolveImage } from './images.ts';
import { consoleReading, judgementOf, packageOf } from './judged.testing.ts';
import { migrate } from './migrate.ts';
import { observed } from './observation.testing.ts';
import {
  type DerivedImage,
  findKeptReading,
  imagesOfOtherRules,
  writeDerived,
  writeInventory,
  writeResult,
} from './results.ts';
import { defaultScope } from './scope.ts';
import { recordSighting } from './sightings.ts';
import { recountStandings } from './standings.ts';
import { upsertSubjects } from './subjects.ts';
import { refreshSummaries } from './summaries.ts';
import { type VerdictCause, writeVerdicts } from './verdicts.ts';
import { upsertGroups } from './vulnerability-groups.ts';

const log = pino({ level: 'silent' });
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const seen = (more: Partial<Observation>) => observed({ platform: 'linux/amd64', ...more });

const derived: DerivedImage = {
  ownState: 'partial',
  problems: [],
  ecosystems: [],
  os: null,
  osRelease: null,
  judged: [],
  rules: 'rules-1',
};

for (const engine of postgresEngines((dataDir) => startEmbedded({ dataDir, log }))) {
  describe.skipIf(!engine.available)(`the store on ${engine.name}`, () => {
    let server: TestPostgres;
    let databases: ClonedDatabases;
    let database: Database;
    beforeAll(async () => {
      server = await engine.start();
      databases = await cloneMigrated(server);
    });
    afterAll(() => server?.stop());
    beforeEach(async () => {
      database = openDatabase(await databases.clone(), log);
    });
    afterEach(() => database.end());

    const sight = (id: string, name = 'app', sourceId = randomUUID()) =>
      database.write(async (transaction) => {
        await recordSighting(transaction, id, { kind: 'upload', scopeId: defaultScope, sourceId, name: 'x' }, [
          { registry: 'docker.io', repository: name, tag: 'latest' },
        ]);
        await refreshSummaries(transaction, [id]);
      });
    const resolve = (more: Partial<Observation>) =>
      database.write((transaction) => resolveImage(transaction, seen(more)));

    it('migrates once however many consoles start at once, and again not at all', async () => {
      const empty = await cloneDatabases(server, async () => undefined);
      const settings = await empty.clone();
      const consoles = Array.from({ length: 6 }, () => openDatabase(settings, log));
      const applied = await Promise.all(consoles.map(migrate));
      expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
      expect(await migrate(consoles[0] ?? database)).toEqual([]);
      await Promise.all(consoles.map((one) => one.end()));
    });

    it('refuses a database of a newer version and a migration that changed', async () => {
      await database.query(`insert into migration (name, sha256) values ('9999-future.sql', 'x')`);
      await expect(migrate(database)).rejects.toMatchObject({ code: 'conflict', place: '9999-future.sql' });
      await database.query(`delete from migration where name = '9999-future.sql'`);
      await database.query(`update migration set sha256 = 'changed'`);
      await expect(migrate(database)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('finds an image by any of its digests, but never by an index alone', async () => {
      const id = await resolve({
        configDigest: digest('a'),
        manifestDigests: [digest('b')],
        indexDigests: [digest('c')],
      });
      expect(await resolve({ configDigest: digest('a') })).toBe(id);
      expect(await resolve({ manifestDigests: [digest('b')] })).toBe(id);
      expect(await resolve({ indexDigests: [digest('c')] })).toBe(id);
      expect(await resolve({ indexDigests: [digest('c')], platform: 'linux/arm64' })).not.toBe(id);
      expect(
        await resolve({ configDigest: digest('d'), indexDigests: [digest('c')], platform: 'linux/arm64' }),
      ).not.toBe(id);
    });

    it('makes one row of what many see at the same moment', async () => {
      const ids = await Promise.all(
        Array.from({ length: 12 }, () => resolve({ configDigest: digest('e'), manifestDigests: [digest('f')] })),
      );
      expect(new Set(ids).size).toBe(1);
    });

    it('has no statement compiled that is asked once', async () => {
      expect((await database.query('show jit')).rows).toEqual([{ jit: 'off' }]);
      expect((await database.write((transaction) => transaction.query('show jit'))).rows).toEqual([{ jit: 'off' }]);
    });

    it('merges two rows that prove to be one image, and leads the old address on', async () => {
      const byManifest = await resolve({ by: 'agent', manifestDigests: [digest('1')] });
      const byConfig = await resolve({ by: 'agent', configDigest: digest('2') });
      expect(byConfig).not.toBe(byManifest);
      await sight(byManifest, 'one');
      await sight(byConfig, 'two');
      const before = await database.write((transaction) => requestAssessment(transaction, byManifest, { priority: 0 }));
      await database.write((transaction) => requestAssessment(transaction, byConfig, { priority: 0 }));
      const kept = await resolve({ configDigest: digest('2'), manifestDigests: [digest('1')] });
      const gone = kept === byConfig ? byManifest : byConfig;
      expect(await findVisibleImage(database, [defaultScope], gone)).toBe(kept);
      const { items } = await listImages(database, { scopes: [defaultScope] }, { sort: '-risk', limit: 10 });
      expect(items.map(({ id, names }) => ({ id, names }))).toEqual([
        { id: kept, names: ['docker.io/one:latest', 'docker.io/two:latest'] },
      ]);
      const { rows } = await database.query<{ state: string }>(
        `select state from assessment where image_id = $1 order by state`,
        [kept],
      );
      expect(rows.map((row) => row.state)).toEqual(['none', 'queued']);
      expect(before).toBeDefined();
    });

    it('lets no agent join two images or take a digest from one by a claim', async () => {
      const victim = await resolve({ configDigest: digest('3'), manifestDigests: [digest('4')] });
      const own = await resolve({ by: 'agent', configDigest: digest('5'), manifestDigests: [digest('4')] });
      expect(own).not.toBe(victim);
      expect(await resolve({ by: 'agent', manifestDigests: [digest('4')] })).toBe(victim);
      expect(await resolve({ configDigest: digest('5') })).toBe(own);
    });

    it('takes a digest back that a claim had bound to another image, once the console reads it', async () => {
      const liar = await resolve({ by: 'agent', configDigest: digest('6'), manifestDigests: [digest('7')] });
      const truth = await resolve({ configDigest: digest('8'), manifestDigests: [digest('7')] });
      expect(truth).not.toBe(liar);
      expect(await resolve({ by: 'agent', manifestDigests: [digest('7')] })).toBe(truth);
    });

    it('completes a row only with its own image', async () => {
      const row = await resolve({ by: 'agent', configDigest: digest('9') });
      const bind = (more: Partial<Observation>) =>
        database.write((transaction) => bindVerified(transaction, row, seen(more)));
      await expect(bind({ configDigest: digest('a') })).rejects.toMatchObject({ code: 'conflict' });
      expect(await bind({ configDigest: digest('9'), manifestDigests: [digest('b')] })).toBe(row);
    });

    it('writes nothing of an attempt whose token is no longer the one', async () => {
      const image = await resolve({ configDigest: digest('c') });
      const id = await database.write((transaction) => requestAssessment(transaction, image, { priority: 0 }));
      const first = await beginAttempt(database, id);
      const second = await beginAttempt(database, id);
      if (first === undefined || second === undefined) throw new Error('an attempt did not begin');
      expect(second.token).not.toBe(first.token);
      expect(
        await database.write((transaction) => endAttempt(transaction, first, { state: 'failed', reason: 'late' })),
      ).toBe(false);
      const state = async () =>
        (
          await database.query<{ state: string; reason: string | null }>(
            'select state, reason from assessment where id = $1',
            [id],
          )
        ).rows[0];
      expect(await state()).toEqual({ state: 'running', reason: null });
      expect(await database.write((transaction) => endAttempt(transaction, second, { state: 'done' }))).toBe(true);
      expect(
        await database.write((transaction) => endAttempt(transaction, second, { state: 'failed', reason: 'again' })),
      ).toBe(false);
      expect(await state()).toEqual({ state: 'done', reason: null });
    });

    it('gives a dead attempt to the next worker, and after three says that it failed', async () => {
      const image = await resolve({ configDigest: digest('d') });
      await sight(image);
      const id = await database.write((transaction) => requestAssessment(transaction, image, { priority: 0 }));
      for (const expected of ['queued', 'queued', 'failed']) {
        await beginAttempt(database, id);
        await database.query(`update assessment set heartbeat_at = now() - interval '61 seconds' where id = $1`, [id]);
        expect(await database.write((transaction) => resumeDead(transaction, 60))).toBe(1);
        const { rows } = await database.query<{ state: string }>('select state from assessment where id = $1', [id]);
        expect(rows[0]?.state).toBe(expected);
      }
      const { items } = await listImages(database, { scopes: [defaultScope] }, { sort: '-risk', limit: 10 });
      expect(items[0]).toMatchObject({ state: 'failed', activityReason: expect.stringMatching(/3 times/) });
    });

    it('lists the worst first, unknown above zero, page by page without losing or repeating one', async () => {
      const risks = [900, null, 0, 300, null, 0, 1, 900];
      for (const [index, risk] of risks.entries()) {
        const id = await resolve({ configDigest: `sha256:${String(index).padStart(64, '0')}` });
        await sight(id, `app-${index}`);
        if (risk !== null)
          await database.query(`update image_summary set risk = $2, rank = $2 * 2 where image_id = $1`, [id, risk]);
      }
      const listed: (number | null)[] = [];
      const ids = new Set<string>();
      let cursor: string | undefined;
      do {
        const page = await listImages(database, { scopes: [defaultScope] }, { sort: '-risk', limit: 3, cursor });
        expect(page.total).toEqual({ value: 8, exact: true });
        for (const item of page.items) {
          listed.push(item.risk);
          ids.add(item.id);
        }
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      expect(listed).toEqual([900, 900, 300, 1, null, null, 0, 0]);
      expect(ids.size).toBe(8);
      expect((await listImages(database, { scopes: [randomUUID()] }, { sort: '-risk', limit: 3 })).items).toEqual([]);
    });

    it('keeps what is known of executables, and unknown as unknown', async () => {
      const id = await resolve({ configDigest: digest('9') });
      const executables: Executables = {
        files: 2,
        bytes: 5_000_000_000,
        unclaimed: { files: 1, bytes: 4_000_000_000, largest: [{ path: 'app/server', bytes: 4_000_000_000 }] },
      };
      const inventory: Inventory = { operatingSystem: null, packages: [], problems: [] };
      const write = (known: Inventory) =>
        database.write(async (transaction) => {
          const profile = await upsertProfile(transaction, [], null, 0);
          await writeResult(transaction, id, { ...consoleReading, inventory: known }, derived, profile);
          await recountStandings(transaction, [id]);
        });
      const kept = async () => ({
        page: (await findResult(database, id))?.executables,
        reading: (await findKeptReading(database, id))?.inventory.executables,
      });
      await write({ ...inventory, executables });
      expect(await kept()).toEqual({ page: executables, reading: executables });
      await write(inventory);
      expect(await kept()).toEqual({ page: null, reading: undefined });
    });

    it('keeps which package needs which, in the order of the packages', async () => {
      const id = await resolve({ configDigest: digest('8') });
      const packages = ['c', 'a', 'b'].map((name) => packageOf(name));
      const relations = [
        { from: 'pkg:npm/c@1.0.0', to: 'pkg:npm/b@1.0.0' },
        { from: 'pkg:npm/a@1.0.0', to: 'pkg:npm/c@1.0.0' },
      ];
      const whole = { ...consoleReading, inventory: { operatingSystem: null, packages, problems: [], relations } };
      await database.write(async (transaction) => {
        const ids = await upsertSubjects(transaction, packages.map(subjectOf));
        const occurrences = packages.map((one) => {
          const subjectId = ids.get(subjectKey(subjectOf(one)));
          if (subjectId === undefined) throw new Error(one.name);
          return { subjectId, judged: true, pkg: one };
        });
        await writeInventory(transaction, id, whole, occurrences);
        await writeResult(transaction, id, whole, derived, await upsertProfile(transaction, [], null, 0));
      });
      expect((await findKeptReading(database, id))?.inventory).toMatchObject({ packages, relations });

      // Other rules: what they derive is written where they derived it from is what is kept, and nowhere else.
      const kept = (await findKeptReading(database, id))?.version ?? '';
      const profileId = await database.write((transaction) => upsertProfile(transaction, [], null, 0));
      const derive = (version: string, judged: readonly boolean[]) =>
        database.write((transaction) =>
          writeDerived(
            transaction,
            [{ imageId: id, version, profileId, derived: { ...derived, ownState: 'complete', judged } }],
            'rules-2',
          ),
        );
      const state = async () =>
        (
          await database.query(
            `select r.own_state as state, r.rules, array_agg(o.judged order by o.position) as judged
             from image_result r join occurrence o using (image_id) where image_id = $1 group by 1, 2`,
            [id],
          )
        ).rows[0];
      await derive(`${Number(kept) - 1}`, [false, false, false]);
      expect(await state()).toEqual({ state: 'partial', rules: 'rules-1', judged: [true, true, true] });
      await derive(kept, [true, false, true]);
      expect(await state()).toEqual({ state: 'complete', rules: 'rules-2', judged: [true, false, true] });
      expect(await imagesOfOtherRules(database, 'rules-2', 10, 10)).toEqual([]);
      expect(await imagesOfOtherRules(database, 'rules-3', 10, 1)).toEqual([id]);
    });

    it('takes search text as text, whatever is in it', async () => {
      const id = await resolve({ configDigest: digest('e') });
      await sight(id, 'team/100%_sure');
      const find = async (q: string) =>
        (await listImages(database, { scopes: [defaultScope] }, { sort: '-risk', limit: 5, q })).items.length;
      expect([
        await find('100%_s'),
        await find('100x_s'),
        await find(`'; drop table image; --`),
        await find('\\'),
        await find('%'),
      ]).toEqual([1, 0, 0, 0, 1]);
    });

    it('keeps the history of verdicts, each change with its cause', async () => {
      const judge = (judgements: readonly Judgement[], revision: string, cause: VerdictCause | null) =>
        database.write(async (transaction) => {
          const subject = {
            purl: 'pkg:deb/debian/a',
            type: 'deb',
            name: 'a',
            version: '1',
            source: null,
            distribution: { id: 'debian', release: '12' },
            architecture: 'amd64',
          };
          const ids = await upsertSubjects(transaction, [subject]);
          const [subjectId] = ids.values();
          const judged = [{ subjectId: subjectId ?? 0, judgements }];
          const explain = () => (cause === null ? null : { cause, changes: {} });
          return (await writeVerdicts(transaction, judged, { revision, rules: 'rules-1' }, 1, explain)).steps.length;
        });
      expect(await judge([judgementOf('CVE-1'), judgementOf('CVE-2')], 'r1', 'first-seen')).toBe(2);
      expect(await judge([judgementOf('CVE-2'), judgementOf('CVE-1')], 'r2', 'advisory-new')).toBe(0);
      expect(await judge([judgementOf('CVE-1', { risk: 500 }), judgementOf('CVE-2')], 'r3', 'kev-listed')).toBe(1);
      // Drift makes no history: the row gets the new figures.
      expect(await judge([judgementOf('CVE-1', { risk: 501 }), judgementOf('CVE-2')], 'r4', null)).toBe(1);
      expect(await judge([judgementOf('CVE-2')], 'r5', 'advisory-withdrawn')).toBe(1);
      const { rows } = await database.query(
        `select g.display_id as id, v.risk, v.cause, v.database_revision as revision, v.ended_cause as ended from verdict v join vulnerability_group g on g.id = v.group_id order by v.id`,
      );
      expect(rows).toEqual([
        { id: 'CVE-1', risk: 10, cause: 'first-seen', revision: 'r1', ended: 'kev-listed' },
        { id: 'CVE-2', risk: 10, cause: 'first-seen', revision: 'r1', ended: null },
        { id: 'CVE-1', risk: 501, cause: 'kev-listed', revision: 'r3', ended: 'advisory-withdrawn' },
      ]);
    });

    it('keeps the older group when names turn out to mean one vulnerability', async () => {
      const upsert = (...list: readonly { id: string; aliases: string[] }[]) =>
        database.write((transaction) => upsertGroups(transaction, list));
      const first = await upsert({ id: 'GHSA-1', aliases: [] }, { id: 'CVE-1', aliases: [] });
      const merged = await upsert({ id: 'CVE-1', aliases: ['GHSA-1'] });
      const oldest = Math.min(...first.values());
      expect(merged.get('CVE-1')).toBe(oldest);
      expect(await upsert({ id: 'GHSA-1', aliases: [] })).toEqual(new Map([['GHSA-1', oldest]]));
      const { rows } = await database.query('select count(*)::int as n from vulnerability_group');
      expect(rows).toEqual([{ n: 1 }]);
    });

    it('merges groups of names that the same call brings', async () => {
      const upsert = (...list: readonly { id: string; aliases: string[] }[]) =>
        database.write((transaction) => upsertGroups(transaction, list));
      await upsert({ id: 'GHSA-1', aliases: [] }, { id: 'GHSA-2', aliases: [] });
      const groups = await upsert(
        { id: 'CVE-2', aliases: ['GHSA-2', 'PYSEC-2'] },
        { id: 'CVE-1', aliases: ['GHSA-1', 'GHSA-2'] },
        { id: 'CVE-3', aliases: ['PYSEC-2'] },
      );
      expect(new Set(groups.values()).size).toBe(1);
      const { rows } = await database.query('select count(*)::int as n from vulnerability_group');
      expect(rows).toEqual([{ n: 1 }]);
    });

    it('chains the audit log, and shows where somebody changed it', async () => {
      const entry = {
        actor: 'user:a',
        action: 'x',
        target: null,
        outcome: 'ok' as const,
        address: null,
        detail: { b: 1, a: ['\u0000'] },
      };
      await Promise.all(
        Array.from({ length: 8 }, () => database.write((transaction) => recordAudit(transaction, entry))),
      );
      expect(await findBrokenLink(database)).toBeUndefined();
      await expect(database.query(`update audit set actor = 'user:b' where seq = 4`)).rejects.toThrow(/append-only/);
      await expect(database.query('delete from audit')).rejects.toThrow(/append-only/);
      await expect(database.query('truncate audit')).rejects.toThrow(/append-only/);
      await database.query('alter table audit disable trigger audit_append_only');
      await database.query(`update audit set actor = 'user:b' where seq = 4`);
      expect(await findBrokenLink(database)).toBe(4);
      await database.query(`update audit set actor = 'user:a' where seq = 4`);
      expect(await findBrokenLink(database)).toBeUndefined();
      await database.query('delete from audit where seq = 6');
      expect(await findBrokenLink(database)).toBe(6);
    });

    it('says "away" for an outage instead of a database error', async () => {
      const other = openDatabase({ host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }, log);
      await expect(other.query('select 1')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(other.write(async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
      await other.end();
    });
  });
}
