import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeRematch } from '../usecases/rematch.ts';
import { listAgents } from './agents.ts';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Page } from './cursor.ts';
import type { Database } from './database.ts';
import { listImageHosts } from './image-details.ts';
import { listRepositories } from './repositories.ts';
import { defaultScope } from './scope.ts';
import { listUploads } from './uploads.ts';
import { listJobs } from './work-items.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(async () => {
  await store?.stop();
});

const view = { scopes: [defaultScope] };

interface List {
  readonly what: string;
  /** Writes so many, some of them at one moment and under one name; `later` is listed before all others. */
  readonly fill: (database: Database, count: number, later: boolean) => Promise<unknown>;
  readonly list: (
    database: Database,
    query: { limit: number; cursor?: string },
  ) => Promise<Page<{ readonly id: string }>>;
}

const at = (later: boolean) =>
  later ? `now() + interval '1 day'` : `date_trunc('hour', now()) + n / 3 * interval '1 microsecond'`;
const image = '00000000-0000-4000-8000-0000000000aa';
const lists: readonly List[] = [
  {
    what: 'jobs',
    fill: (database, count, later) =>
      database.query(
        `insert into work_item (kind, what, state, queued_at) select 'rematch', 'w', 'done', ${at(later)} from generate_series(1, $1::int) n`,
        [count],
      ),
    list: (database, query) => listJobs(database, view, query),
  },
  {
    what: 'uploads',
    fill: (database, count, later) =>
      database.query(
        `insert into upload (scope_id, name, bytes, sha256, created_by, received_at) select $2::uuid, 'u', 1, 'x', 'me', ${at(later)} from generate_series(1, $1::int) n`,
        [count, defaultScope],
      ),
    list: (database, query) => listUploads(database, view, query),
  },
  {
    what: 'agents',
    fill: (database, count, later) =>
      database.query(
        `insert into agent (scope_id, name, version, enrolled_at) select $2::uuid, 'a', '1', ${at(later)} from generate_series(1, $1::int) n`,
        [count, defaultScope],
      ),
    list: (database, query) => listAgents(database, view, query),
  },
  {
    what: 'repositories, those that are gone last',
    fill: (database, count, later) =>
      database.query(
        `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
           select $2::uuid, 'distribution', gen_random_uuid()::text, 'https://r', 'r', 'anonymous', '[]', false, 1 from generate_series(1, 3) returning id)
         insert into repository (scope_id, connection_id, registry, name, gone_at)
         select $2::uuid, c.id, 'r', case when $3 then '' else 'name-' || n / 3 end || n, case when n % 4 = 0 and not $3 then now() end
         from generate_series(1, $1::int) n, (select id from c limit 1) c`,
        [count, defaultScope, later],
      ),
    list: (database, query) => listRepositories(database, view, query),
  },
  {
    what: 'hosts of an image',
    fill: async (database, count, later) => {
      await database.query('insert into image (id) values ($1) on conflict do nothing', [image]);
      await database.query(
        `with h as (insert into host (scope_id, machine_id, name) select $2::uuid, 'm' || n, case when $3 then '' else 'host-' || n / 3 end
                    from generate_series(1, $1::int) n returning id)
         insert into host_image (host_id, image_key, image_id) select id, 'k', $4::uuid from h`,
        [count, defaultScope, later, image],
      );
    },
    list: (database, query) => listImageHosts(database, view, image, query),
  },
];

describe.each(lists)('$what', ({ fill, list }) => {
  it('come page by page, none lost or repeated, though others come meanwhile', async () => {
    const database = await store.open();
    await fill(database, 13, false);
    const whole = (await list(database, { limit: 100 })).items.map(({ id }) => id);
    expect(new Set(whole).size).toBe(13);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<{ readonly id: string }> = await list(database, {
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      await fill(database, 1, true);
    } while (cursor !== null && paged.length < 40);
    expect(paged).toEqual(whole);
    await expect(list(database, { limit: 2, cursor: 'WzFd' })).rejects.toThrow('cursor');
    await database.end();
  });
});

it('a judging that failed is asked for again, each time after a longer wait, and one that is at work is not', async () => {
  const database = await store.open();
  await database.query(
    `insert into database_revision (revision, path, origin, built_at, sources) values ('r', '/r', 'cache', 'now', '[]')`,
  );
  await database.query(`insert into active_database (revision, since) values ('r', now() - interval '1 day')`);
  const failed = (count: number, secondsAgo: number) =>
    database.query(
      `insert into work_item (kind, what, state, queued_at, finished_at)
       select 'rematch', 'w', 'failed', now() - interval '1 hour', now() - make_interval(secs => $2) from generate_series(1, $1::int)`,
      [count, secondsAgo],
    );
  const forget = () => database.query('delete from work_item');
  const resumed = () => database.write(resumeRematch);
  await failed(1, 20);
  expect(await resumed()).toBe(false);
  await forget();
  await failed(1, 40);
  expect(await resumed()).toBe(true);
  expect(await resumed()).toBe(false);
  await forget();
  await failed(3, 100);
  expect(await resumed()).toBe(false);
  await forget();
  await failed(3, 130);
  expect(await resumed()).toBe(true);
  await forget();
  await database.query('update active_database set settled_epoch = epoch');
  expect(await resumed()).toBe(false);
  await database.end();
});
