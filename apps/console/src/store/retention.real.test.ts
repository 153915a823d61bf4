import { listedContainer } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { retentionLimits } from '../work/limits.ts';
import { databaseForEach, someoneWaits } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { type ReportingHost, writeContainers } from './host-reports.ts';
import { letGo } from './retention.testing.ts';
import { removeAged } from './retention.ts';
import { defaultScope } from './scope.ts';

let database: Database;
let host: ReportingHost;
databaseForEach(async (opened) => {
  database = opened;
  const { rows } = await database.query<{ id: string }>(
    `insert into host (scope_id, machine_id, name) values ($1, 'm', 'web') returning id`,
    [defaultScope],
  );
  host = {
    id: rows[0]?.id ?? '',
    scopeId: defaultScope,
    name: 'web',
    sequence: 1,
    isNew: false,
    isInactive: false,
    isCluster: false,
  };
});

/** What the host has now, and nothing else. */
const report = (states: { readonly [name: string]: 'running' | 'exited' }) =>
  database.write((transaction) =>
    writeContainers(
      transaction,
      host,
      Object.entries(states).map(([name, state]) => listedContainer(name, { state })),
      { full: true },
    ),
  );
/** As if all that was reported so far had been reported so many days earlier. */
const pass = (days: number) =>
  database.query(
    `with s as (update container_state set valid_from = valid_from - make_interval(days => $1), valid_to = valid_to - make_interval(days => $1))
     update container set gone_at = gone_at - make_interval(days => $1), since = since - make_interval(days => $1)`.replaceAll(
      '$1',
      String(days),
    ),
  );
const containers = async () =>
  (
    await database.query<{ row: string }>(
      `select name || case when gone_at is null then '' else ' gone' end as row from container order by 1`,
    )
  ).rows.map(({ row }) => row);
const presence = async () =>
  (
    await database.query<{ row: string }>(
      `select c.name || ' ' || p.state || case when p.valid_to is null then '' else ' ended' end as row
       from container_presence p join container c on c.id = p.container_id order by 1`,
    )
  ).rows.map(({ row }) => row);

it('lets containers go that are gone for long, and states that ended long ago', async () => {
  await report({ old: 'running', kept: 'running' });
  await report({ kept: 'exited' });
  await pass(60);
  await report({ kept: 'running', late: 'running' });
  await report({ kept: 'running' });
  expect(await containers()).toEqual(['kept', 'late gone', 'old gone']);
  await letGo(database, ['container_state', 'container'], 61);
  expect(await containers()).toEqual(['kept', 'late gone', 'old gone']);
  const before = await presence();
  expect(before).toEqual([
    'kept exited ended',
    'kept running',
    'kept running ended',
    'late running ended',
    'old running ended',
  ]);
  expect(await letGo(database, ['container_state'], 59)).toEqual({ steps: [2], round: 2 });
  // What is now is known whatever went.
  expect(await presence()).toEqual(['kept exited ended', 'kept running', 'late running ended']);
  expect(await letGo(database, ['container'], 59)).toEqual({ steps: [1], round: 1 });
  expect(await containers()).toEqual(['kept', 'late gone']);
});

it('takes the states of a container along when it goes', async () => {
  await report({ old: 'running' });
  await report({});
  await pass(100);
  await letGo(database, ['container']);
  expect([await containers(), await presence()]).toEqual([[], []]);
  const { rowCount } = await database.query('select 1 from container_state');
  expect(rowCount).toBe(0);
});

it('goes in small steps, the oldest first, says how many went in the round, and then waits', async () => {
  const names = Array.from({ length: 7 }, (_, n) => `c${n}`);
  await report(Object.fromEntries(names.map((name) => [name, 'running'])));
  await report({});
  await pass(100);
  await database.query(`update container set gone_at = gone_at - interval '1 day' where name = 'c5'`);
  await database.query(`update cleaning set due_at = now()`);
  const first = await removeAged(database, 'container', 90, { ...retentionLimits, rowsMax: 1 });
  expect([first, (await containers()).includes('c5 gone')]).toEqual([{ removed: 1, round: null }, false]);
  expect((await removeAged(database, 'container', 90, { ...retentionLimits, rowsMax: 4 }))?.round).toBeNull();
  expect(await removeAged(database, 'container', 90, { ...retentionLimits, rowsMax: 4 })).toEqual({
    removed: 2,
    round: 7,
  });
  expect(await removeAged(database, 'container', 90, retentionLimits)).toBeUndefined();
});

it('leaves a container alone that its host reports again at that moment', async () => {
  await report({ back: 'running', left: 'running' });
  await report({});
  await pass(100);
  await database.write(async (transaction) => {
    await transaction.query(`update container set gone_at = null where name = 'back'`);
    expect((await letGo(database, ['container'])).steps).toEqual([1]);
  });
  expect(await containers()).toEqual(['back']);
});

it('takes a container back that its host reports while it goes', async () => {
  await report({ back: 'exited' });
  await report({});
  await pass(100);
  let reported: Promise<void> | undefined;
  await database.write(async (transaction) => {
    const { rowCount } = await transaction.query(`delete from container where gone_at < now() - interval '90 days'`);
    expect(rowCount).toBe(1);
    reported = report({ back: 'running' });
    // It waits for the row that goes.
    await someoneWaits(database);
  });
  await reported;
  expect([await containers(), await presence()]).toEqual([['back'], ['back running']]);
});

it('keeps of an image its last assessment, what is at work and what an upload names', async () => {
  await database.query(
    `with i as (insert into image default values returning id), u as (
       insert into upload (scope_id, name, bytes, sha256, created_by) values ('${defaultScope}', 'x', 1, 'x', 'me') returning id
     ), a as (
       insert into assessment (image_id, state, reason, queued_at, finished_at)
       select i.id, x.state, x.reason, now() - make_interval(days => x.days), case when x.state <> 'queued' then now() - make_interval(days => x.days) end
       from i, (values ('done', 'first', 300), ('none', 'of an upload', 200), ('failed', 'older', 150), ('done', 'recent', 30),
                       ('queued', 'at work', 20)) as x(state, reason, days) returning id, image_id, reason
     ), other as (insert into image default values returning id)
     insert into upload_image (upload_id, image_id, position, assessment_id) select u.id, a.image_id, 0, a.id from u, a where a.reason = 'of an upload'`,
  );
  await database.query(
    `insert into assessment (image_id, state, reason, queued_at, finished_at)
     select id, 'none', 'last', now() - interval '400 days', now() - interval '400 days' from image where not exists (select from assessment a where a.image_id = image.id)`,
  );
  expect(await letGo(database, ['assessment'], 90, { rowsMax: 1, assessedMax: 1 })).toMatchObject({ round: 2 });
  const { rows } = await database.query<{ reason: string }>('select reason from assessment order by reason');
  expect(rows.map(({ reason }) => reason)).toEqual(['at work', 'last', 'of an upload', 'recent']);
});

it('lets two that clean at once take different turns', async () => {
  await database.write(async (transaction) => {
    await transaction.query(`select 1 from cleaning where what = 'container' for update`);
    expect(await removeAged(database, 'container', 90, retentionLimits)).toBeUndefined();
  });
  expect(await removeAged(database, 'container', 90, retentionLimits)).toEqual({ removed: 0, round: 0 });
});
