import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeRematch } from '../usecases/rematch.ts';
import { listTokens } from './accounts.ts';
import { listAgents } from './agents.ts';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import { listConnections } from './connections.ts';
import { listContainers } from './containers.ts';
import { type Page, toCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { listHostContainers } from './host-containers.ts';
import { listHosts } from './hosts.ts';
import { listFindings, listImageHosts, listPackages } from './image-details.ts';
import { listRepositories } from './repositories.ts';
import { defaultScope } from './scope.ts';
import { listTagRows } from './tags.ts';
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
  readonly drop: (database: Database, id: string) => Promise<unknown>;
  /** Keys of each kind that PostgreSQL would fail on, or that no page of this list has. */
  readonly foreign?: readonly (readonly (string | number)[])[];
}

const at = (later: boolean) =>
  later ? `now() + interval '1 day'` : `date_trunc('hour', now()) + n / 3 * interval '1 microsecond'`;
const image = '00000000-0000-4000-8000-0000000000aa';
const repository = '00000000-0000-4000-8000-0000000000bb';
const uuid = '00000000-0000-4000-8000-000000000000';
const deleteFrom = (table: string) => (database: Database, id: string) =>
  database.query(`delete from ${table} where id = $1`, [id]);
const moments = [['2026-06-31 00:00:00+00', uuid]];
const names = [['a', 'b'], ['a'], [1, uuid]];

/** As an id what else tells the rows apart. */
async function named<T>(page: Promise<Page<T>>, idOf: (row: T) => unknown): Promise<Page<{ readonly id: string }>> {
  const { items, ...rest } = await page;
  return { ...rest, items: items.map((row) => ({ id: String(idOf(row)) })) };
}

/** Longer than a cursor may be, and equal up to its end. */
const longPurl = `'pkg:generic/' || repeat('x', 3000) || n`;
const purl = (later: boolean) =>
  later ? `'pkg:a/' || n` : `case when n % 3 = 0 then ${longPurl} else 'pkg:generic/name-' || n / 4 end`;
const fillPackages = async (database: Database, count: number, later: boolean) => {
  await database.query('insert into image (id) values ($1) on conflict do nothing', [image]);
  await database.query(
    `with first as (select coalesce(max(position), -1) as position from occurrence), made as (
       insert into package (sha256, purl, name, version, body) select sha256(key::text::bytea), ${purl(later)}, 'n', '1', jsonb_build_object('id', key)
       from (select n, gen_random_uuid() as key from generate_series(1, $1::int) n) x returning id, body ->> 'id' as key
     ), subjects as (
       insert into subject (key_sha256, body) select sha256(key::bytea), '{}' from made returning id, key_sha256
     )
     insert into occurrence (image_id, position, subject_id, package_id, judged)
     select $2, f.position + row_number() over (order by m.key), s.id, m.id, true
     from made m join subjects s on s.key_sha256 = sha256(m.key::bytea) cross join first f`,
    [count, image],
  );
};

type ListOf = (
  database: Database,
  view: { readonly scopes: readonly string[] },
  query: { limit: number; cursor?: string },
) => Promise<Page<{ readonly id: string }>>;

/** Rows of a table that are listed by when they came, the latest first. */
const byMoment = (
  what: string,
  table: string,
  list: ListOf,
  insert: (moment: string, rows: string) => readonly string[],
): List => ({
  what,
  fill: (database, count, later) =>
    database.query(insert(at(later), 'generate_series(1, $1::int) n').join(' '), [count]),
  list: (database, query) => list(database, view, query),
  drop: deleteFrom(table),
  foreign: moments,
});

/** `$1`: how many; `$2`: of which scope; `$3`: before all others. */
const fillScope =
  (sql: string): List['fill'] =>
  (database, count, later) =>
    database.query(sql, [count, defaultScope, later]);

const lists: readonly List[] = [
  byMoment('jobs', 'work_item', listJobs, (moment, rows) => [
    'insert into work_item (kind, what, state, queued_at)',
    `select 'rematch', 'w', 'done', ${moment} from ${rows}`,
  ]),
  byMoment('uploads', 'upload', listUploads, (moment, rows) => [
    'insert into upload (scope_id, name, bytes, sha256, created_by, received_at)',
    `select '${defaultScope}', 'u', 1, 'x', 'me', ${moment} from ${rows}`,
  ]),
  byMoment('agents', 'agent', listAgents, (moment, rows) => [
    'insert into agent (scope_id, name, version, enrolled_at)',
    `select '${defaultScope}', 'a', '1', ${moment} from ${rows}`,
  ]),
  {
    ...byMoment(
      'tokens',
      'api_token',
      (database, _, query) => listTokens(database, query),
      (moment, rows) => [
        'insert into api_token (secret_sha256, prefix, name, role, created_by, created_at)',
        `select sha256(gen_random_uuid()::text::bytea), 'p', 't', 'viewer', 'me', ${moment} from ${rows}`,
      ],
    ),
    drop: (database, id) => database.query('update api_token set revoked_at = now() where id = $1', [id]),
  },
  {
    what: 'connections',
    fill: fillScope(
      `insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
         select $2::uuid, 'distribution', case when $3 then ' ' else 'name-' end || gen_random_uuid(), 'https://r', 'r', 'anonymous', '[]', false, 1
         from generate_series(1, $1::int)`,
    ),
    list: (database, query) => listConnections(database, view, query),
    drop: deleteFrom('connection'),
    foreign: names,
  },
  {
    what: 'repositories, those that are gone last',
    fill: fillScope(
      `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
           select $2::uuid, 'distribution', gen_random_uuid()::text, 'https://r', 'r', 'anonymous', '[]', false, 1 from generate_series(1, 3) returning id)
         insert into repository (scope_id, connection_id, registry, name, gone_at)
         select $2::uuid, c.id, 'r', case when $3 then '' else 'name-' || n / 3 end || n, case when n % 4 = 0 and not $3 then now() end
         from generate_series(1, $1::int) n, (select id from c limit 1) c`,
    ),
    list: (database, query) => listRepositories(database, view, query),
    drop: deleteFrom('repository'),
    foreign: [['here', 'r', 'n', 'x']],
  },
  {
    what: 'tags: those that are gone last, and of each those without a risk',
    fill: async (database, count, later) => {
      await database.query(
        `with c as (insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
           select $1, 'distribution', 'c', 'https://r', 'r', 'anonymous', '[]', false, 1 where not exists (select from connection) returning id)
         insert into repository (id, scope_id, connection_id, registry, name) select $2, $1, id, 'r', 'n' from c`,
        [defaultScope, repository],
      );
      await database.query(
        `with i as (insert into image select from generate_series(1, $1::int) returning id), numbered as (
           select id, row_number() over (order by id) as n from i
         ), standing as (
           insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe,
             moderate, total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
           select id, case when n % 5 = 0 and not $3 then 'not-assessable' else 'complete' end, case when $3 then 1000 else n / 3 end, '1',
                  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from numbered where n % 7 <> 0 or $3)
         insert into tag (repository_id, name, digest, image_id, gone_at)
         select $2, case when $3 then ' ' else 'tag-' end || gen_random_uuid(), 'd', case when n % 6 = 0 and not $3 then null else id end,
                case when n % 4 = 0 and not $3 then now() - n / 8 * interval '1 microsecond' end from numbered`,
        [count, repository, later],
      );
    },
    list: async (database, query) => {
      const page = listTagRows(database, view, repository, query).then((found) => found ?? Promise.reject());
      return named(page, ({ name }) => name);
    },
    drop: (database, name) => database.query('delete from tag where name = $1', [name]),
    foreign: [
      [0, 0, 1],
      [0, 2 ** 40, 'a'],
    ],
  },
  {
    what: 'packages of an image, which is read again meanwhile',
    fill: fillPackages,
    list: (database, query) =>
      named(listPackages(database, image, query), (row) => (row.package as unknown as { id: string }).id),
    drop: async (database, id) => {
      await database.query(
        `delete from occurrence where package_id in (select id from package where body ->> 'id' = $1)`,
        [id],
      );
      await database.query('update occurrence set position = position + 1000 where image_id = $1', [image]);
    },
    foreign: [
      ['a', 1, 2 ** 40],
      ['a\u0000', 1, 1],
    ],
  },
  {
    what: 'findings of an image',
    fill: async (database, count, later) => {
      await fillPackages(database, count, later);
      await database.query(
        `with pair as (
           select s.id, row_number() over (order by s.id) as n, nextval(pg_get_serial_sequence('vulnerability_group', 'id')) as group_id
           from subject s where not exists (select from verdict v where v.subject_id = s.id)
         ), made as (
           insert into vulnerability_group (id, display_id) overriding system value
           select group_id, case when $1 then 'A' else 'CVE-' || n / 6 end from pair)
         insert into verdict (subject_id, group_id, kind, risk, body, cause, database_revision)
         select id, group_id, 'affected', case when $1 then 1000 else n / 5 end, jsonb_build_object('id', gen_random_uuid(), 'kev', false, 'exploit', 'none'),
                'first-seen', 'r' from pair`,
        [later],
      );
    },
    list: (database, query) => named(listFindings(database, image, query), ({ judgement }) => judgement.id),
    drop: (database, id) => database.query(`update verdict set valid_to = now() where body ->> 'id' = $1`, [id]),
    foreign: [[0, 'a', 'b', 1, 2 ** 40], [2 ** 40, 'a', 'b', 1, 1], ['a'], [100]],
  },
  {
    what: 'hosts of an image',
    fill: async (database, count, later) => {
      await database.query('insert into image (id) values ($1) on conflict do nothing', [image]);
      await database.query(
        `with h as (insert into host (scope_id, machine_id, name, inactive_at)
                    select $2::uuid, 'm' || n, case when $3 then '' else 'host-' || n / 3 end, case when n % 2 = 0 then now() end
                    from generate_series(1, $1::int) n returning id)
         insert into host_image (host_id, image_key, image_id) select id, 'k', $4::uuid from h`,
        [count, defaultScope, later, image],
      );
    },
    list: (database, query) => listImageHosts(database, view, image, query),
    drop: deleteFrom('host'),
    foreign: [...names, ['a', uuid], [2, 'a', uuid], [0, 'a', 'b']],
  },
  {
    what: 'hosts',
    fill: fillScope(
      `insert into host (scope_id, machine_id, name) select $2::uuid, 'm' || n, case when $3 then '' else 'host-' || n / 3 end from generate_series(1, $1::int) n`,
    ),
    list: (database, query) => listHosts(database, view, query),
    drop: deleteFrom('host'),
    foreign: names,
  },
  ...(['risk', '-running', 'name', 'seen'] as const).map(
    (sort): List => ({
      what: `hosts by ${sort}, of which some are equal`,
      fill: fillScope(
        `with h as (
           insert into host (scope_id, machine_id, name, running, seen_at)
           select $2::uuid, 'm' || n, case when $3 then '' else 'host-' || n / 3 end, case when $3 then 1000 else n / 4 end,
                  case when $3 then now() - interval '1 year' else date_trunc('hour', now()) + n / 3 * interval '1 microsecond' end
           from generate_series(1, $1::int) n returning id, running)
         insert into host_risk (host_id, risk) select id, case when $3 then 0 when running = 2 then null else running end from h where running <> 1`,
      ),
      list: (database, query) => listHosts(database, view, { ...query, sort }),
      drop: deleteFrom('host'),
      foreign: [[2 ** 60, 'a', uuid], ...names],
    }),
  ),
  ...(['-risk', 'name', 'state', '-started'] as const).map(
    (sort): List => ({
      what: `containers of a host by ${sort}`,
      fill: fillScope(
        `with h as (
           insert into host (id, scope_id, machine_id, name) values ('${uuid}', $2::uuid, 'm', 'h') on conflict (id) do update set name = 'h' returning id
         ), i as (
           insert into image select from generate_series(1, $1::int) returning id
         ), numbered as (
           select id, row_number() over (order by id) as n from i
         ), s as (
           insert into image_summary (scope_id, image_id, rank, risk, state, tags, names, hosts, running)
           select $2::uuid, id, 1, case when $3 then 1000 when n % 5 = 0 then null else n / 3 end, 'none', '{}', '{}', 1, 1 from numbered where n % 7 > 0
         )
         insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state, started_at)
         select $2::uuid, h.id, 'docker', gen_random_uuid(), case when $3 then '' else repeat('容', 598) || n / 4 end, n.id, 'r',
                case when $3 or n % 3 > 0 then 'running' else 'exited' end, case when $3 then now() + interval '1 day' when n % 4 > 0 then now() + n / 3 * interval '1 s' end
         from h, numbered n`,
      ),
      list: (database, query) => listHostContainers(database, view, { ...query, host: uuid, sort }),
      drop: (database, id) => database.query('update container set gone_at = now() where runtime_id = $1', [id]),
      foreign: [...names, [0, 'a', uuid], [2 ** 60, 'a', 1]],
    }),
  ),
  {
    what: 'containers, with names as long as an agent may send',
    fill: fillScope(
      `with h as (insert into host (scope_id, machine_id, name) select $2::uuid, 'm', 'h' returning id)
         insert into container (scope_id, host_id, runtime, runtime_id, name, image_reference, state)
         select $2::uuid, h.id, 'docker', gen_random_uuid(), case when $3 then '' else repeat('容', 600) end, 'r', 'running' from h, generate_series(1, $1::int)`,
    ),
    list: (database, query) => listContainers(database, view, query),
    drop: (database, id) => database.query('update container set gone_at = now() where runtime_id = $1', [id]),
    foreign: names,
  },
];

describe.each(lists)('$what', ({ fill, list, drop, foreign = [] }) => {
  it('come page by page, none lost or repeated, though others come and go meanwhile', async () => {
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
      // What the API takes as a cursor at all.
      expect(cursor?.length ?? 0).toBeLessThanOrEqual(4_000);
      await fill(database, 1, true);
      // The row that the cursor was made of.
      for (const { id } of page.items.slice(-1)) await drop(database, id);
    } while (cursor !== null && paged.length < 40);
    expect(paged).toEqual(whole);
    for (const keys of [...foreign, [1]])
      await expect(list(database, { limit: 2, cursor: toCursor(...keys) })).rejects.toMatchObject({
        code: 'invalid-input',
      });
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
