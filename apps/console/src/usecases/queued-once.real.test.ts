import { expect, it } from 'vitest';
import { databaseForEach } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import type { RevisionRecord } from '../store/feeds.ts';
import { beginWork, endLostWork, endWork } from '../store/work-items.ts';
import { requestSync } from './connections.ts';
import { resumeRematch, switchRevision } from './rematch.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const items = async () =>
  (
    await database.query<{ id: string; what: string; state: string }>(
      'select id, what, state from work_item order by what collate "C"',
    )
  ).rows;
const jobs = async () =>
  (
    await database.query<{ workId: string }>(
      `select payload ->> 'workId' as "workId" from graphile_worker._private_jobs order by id`,
    )
  ).rows.map(({ workId }) => workId);
const sync = (id: string, name: string) => database.write((transaction) => requestSync(transaction, id, name));
const switchTo = (revision: string, builtAt: string) => {
  const record: RevisionRecord = { revision, path: `/${revision}`, origin: 'cache', builtAt, sources: [] };
  return database.write((transaction) => switchRevision(transaction, record, 'rules-1', []));
};
const [one, two] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

it('a reading that is asked for again while it waits stands in the list once, by its connection’s last name', async () => {
  await sync(one, 'before');
  await sync(two, 'other');
  await sync(one, 'after');
  const waiting = await items();
  expect(waiting.map(({ what, state }) => [what, state])).toEqual([
    ['Read the repositories of after', 'queued'],
    ['Read the repositories of other', 'queued'],
  ]);
  expect([...(await jobs())].sort()).toEqual(waiting.map(({ id }) => id).sort());
});

it('one that has begun is not the one that is asked for now', async () => {
  await sync(one, 'a');
  const [begun] = await items();
  await beginWork(database, begun?.id ?? '');
  await sync(one, 'b');
  expect((await items()).map(({ state }) => state)).toEqual(['running', 'queued']);
});

it('a judging that was replaced while it waited keeps no failed one from being taken up again', async () => {
  await switchTo('r1', '2026-01-01T00:00:00Z');
  await switchTo('r2', '2026-01-02T00:00:00Z');
  const [judging, ...more] = await items();
  expect(more).toEqual([]);
  expect(judging).toMatchObject({ what: 'Judge again by the vulnerability database of 2026-01-02', state: 'queued' });
  expect(await jobs()).toEqual([judging?.id]);
  await beginWork(database, judging?.id ?? '');
  await endWork(database, judging?.id ?? '', 'a full disk');
  await database.query(`update work_item set finished_at = now() - interval '2 minutes'`);
  expect(await database.write(resumeRematch)).toBe(true);
});

it('work that no job stands for ends, and what waits or runs does not', async () => {
  await sync(one, 'waits');
  await database.query(`update work_item set queued_at = now() - interval '1 hour'`);
  const lose = (kind: string, key: string | null, what: string, state: string) =>
    database.query(
      `insert into work_item (kind, key, what, state, queued_at) values ($1, $2, $3, $4, now() - interval '1 hour')`,
      [kind, key, what, state],
    );
  await lose('rematch', 'rematch', 'lost', 'running');
  await lose('sync-connection', `sync:${two}`, 'lost too', 'queued');
  // Of before items had keys: the job that is there may be its own.
  await lose('sync-connection', null, 'of before', 'queued');
  await database.write(endLostWork);
  expect((await items()).map(({ what, state }) => [what, state])).toEqual(
    [
      ['lost', 'failed'],
      ['lost too', 'failed'],
      ['of before', 'queued'],
      ['Read the repositories of waits', 'queued'],
    ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
});
