import type { ContainerState } from '@hullcheck/contract';
import { z } from 'zod';
import { counts } from './cluster-containers.ts';
import { type ContainerListRow, containerColumns, containerJoins } from './containers.ts';
import { countMax, keyedPage, type Page } from './cursor.ts';
import type { Queryable } from './database.ts';
import { behind, byName, keyedClause, type NamedOrder, orderClause, rankOf } from './named-order.ts';
import { inScope, type ScopeView } from './scope.ts';
import { endedWithHost } from './silent-hosts.ts';

export interface HostContainersQuery {
  readonly host: string;
  /** Those that were there when the host was last heard from, instead of those that are. */
  readonly ended?: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort?: keyof typeof orders | undefined;
  readonly q?: string | undefined;
  readonly state?: ContainerState | undefined;
  /** Only what runs, or only what doesn't. */
  readonly running?: boolean | undefined;
}

const rank = rankOf('k.risk');
/** What runs, then what is about to, then what has ended. */
const stateRank = `coalesce(array_position(array['running', 'restarting', 'paused', 'created', 'exited', 'dead', 'removing'], c.state), 8)`;
const orders = {
  '-risk': { expression: rank, type: 'int', direction: 'desc' },
  risk: { expression: rank, type: 'int', direction: 'asc' },
  name: byName,
  state: { expression: stateRank, type: 'int', direction: 'asc' },
  '-started': {
    expression: '(coalesce(extract(epoch from c.started_at), 0) * 1000000)::bigint',
    type: 'bigint',
    direction: 'desc',
  },
} as const satisfies { readonly [sort: string]: NamedOrder };

const SEARCHED = ['name', 'image_reference', 'pod_namespace', 'pod_name', 'pod_owner', 'pod_node'];
/** What a node's runtime does not know stands in its cluster's rows (`podInCluster`). */
const SEARCHED_IN_CLUSTER = ['pod_owner', 'pod_node'];

/** SQL: that the text is in one of the columns. Of a hundred thousand pods a sixth of the time of comparisons that fold case each. Names are ASCII. */
const holds = (row: string, columns: readonly string[], text: string) =>
  `strpos(lower(concat_ws(chr(10), ${columns.map((column) => `${row}.${column}`).join(', ')}) collate "C"), lower(${text} collate "C")) > 0`;

function filtersOf(query: HostContainersQuery, host: string, bind: (value: unknown) => string): string[] {
  const filters: string[] = [];
  if (query.state !== undefined) filters.push(`c.state = ${bind(query.state)}`);
  if (query.running !== undefined) filters.push(`c.state ${query.running ? '=' : '<>'} 'running'`);
  const text = query.q?.trim() ?? '';
  if (text !== '') {
    const part = bind(text);
    const sought = [
      holds('c', SEARCHED, part),
      // The cluster's rows of the host are read once, not for each container.
      `(c.pod_namespace is not null and c.pod_owner is null and c.runtime_id in (
         select k.runtime_id from container k where k.counts_on = (select ${host}::uuid) and ${holds('k', SEARCHED_IN_CLUSTER, part)}))`,
    ];
    if (/^[0-9a-f]{4,}$/i.test(text)) sought.push(`starts_with(c.runtime_id, ${bind(text.toLowerCase())})`);
    filters.push(`(${sought.join(' or ')})`);
  }
  return filters;
}

type KeyedRow = ContainerListRow & { readonly key: number; readonly sortKey: number };

/**
 * Containers of one host: five thousand of a large one, and of a cluster, which is one host, a hundred thousand. Up to the number that is
 * counted at all they are sorted as they come; of more, those are fetched that the page needs.
 */
export async function listHostContainers(
  database: Queryable,
  view: ScopeView,
  query: HostContainersQuery,
): Promise<Page<ContainerListRow>> {
  const few = await listFew(database, view, query);
  const rows = few.rows ?? (await listOfMany(database, view, query));
  return keyedPage(rows, query.limit, few.count, ({ sortKey, name, key }) => [sortKey, name, key]);
}

const containerId = { schema: z.int(), type: 'bigint' } as const;
const counted = (ended: boolean | undefined) => (ended === true ? 2 ** 31 - 2 : countMax);

/**
 * They are fetched before they are looked at further: PostgreSQL would rather walk all containers of the scope in the order of their
 * names until it has met enough of this host (1.1 s while hosts report, instead of 3 ms). Those that are gone stay out, and how many
 * rows the host has is kept from the planner: of one that most rows are of it would read the whole table.
 */
const sourceOf = (host: string, ended: boolean | undefined): string =>
  `(select * from container c where c.host_id = (select ${host}::uuid) and ${ended === true ? endedWithHost : counts('c')} offset 0) c`;

/** How many there are, and the page where they are few enough. */
async function listFew(
  database: Queryable,
  view: ScopeView,
  query: HostContainersQuery,
): Promise<{ readonly count: number; readonly rows: readonly KeyedRow[] | undefined }> {
  const order: NamedOrder = orders[query.sort ?? '-risk'];
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const host = bind(query.host);
  const source = sourceOf(host, query.ended);
  const where = [inScope('c.scope_id', view), ...filtersOf(query, host, bind)].join(' and ');
  const next = behind(order, 'c', containerId, query.cursor, bind);
  const max = counted(query.ended);
  const { rows } = await database.query<KeyedRow & { readonly count: number }>(
    // Risks are looked up once for each image.
    `with held as materialized (
       select c.id, c.scope_id, c.name, c.image_id, c.state, c.started_at from ${source} where ${where} limit ${max + 1}
     ), counted as materialized (
       select count(*)::int as n from held
     ), risks as materialized (
       select k.scope_id, k.image_id, k.risk from (select distinct scope_id, image_id from held where (select n from counted) <= ${max}) i
       join image_summary k on k.image_id = i.image_id and k.scope_id = i.scope_id
     ), page as materialized (
       select c.id, c.name, ${order.expression} as "sortKey" from held c left join risks k on k.image_id = c.image_id and k.scope_id = c.scope_id
       where (select n from counted) <= ${max}${next === undefined ? '' : ` and ${next}`}
       order by ${orderClause(order, 'c')} limit ${bind(query.limit + 1)}
     )
     select n.n as count, x.* from counted n left join (
       select ${containerColumns('c.gone_at')}, p."sortKey" from page p join container c on c.id = p.id ${containerJoins}
     ) x on true order by ${keyedClause(order, 'x').replace('x.id', 'x.key')}`,
    values,
  );
  const count = rows[0]?.count ?? 0;
  return { count, rows: count > max ? undefined : rows.filter(({ key }) => key !== null) };
}

async function listOfMany(
  database: Queryable,
  view: ScopeView,
  query: HostContainersQuery,
): Promise<readonly KeyedRow[]> {
  const sort = query.sort ?? '-risk';
  const order: NamedOrder = orders[sort];
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const host = bind(query.host);
  const filters = filtersOf(query, host, bind);
  const limit = bind(query.limit + 1);
  const page =
    sort === '-risk' || sort === 'risk'
      ? pageByRisk(view, { ...order, expression: 'g.rank' }, { host, limit, filters, cursor: query.cursor }, bind)
      : pageByScan(view, order, { host, limit, filters, cursor: query.cursor }, bind);
  const { rows } = await database.query<KeyedRow>(
    `with recursive ${page}
     select ${containerColumns('c.gone_at')}, p."sortKey" from page p join container c on c.id = p.id ${containerJoins}
     order by ${keyedClause(order, 'p')}`,
    values,
  );
  return rows;
}

interface Asked {
  readonly host: string;
  readonly limit: string;
  readonly filters: readonly string[];
  readonly cursor: string | undefined;
}

/** All of them are read, and only the page is kept. */
function pageByScan(view: ScopeView, order: NamedOrder, asked: Asked, bind: (value: unknown) => string): string {
  const next = behind(order, 'c', containerId, asked.cursor, bind);
  const where = [inScope('c.scope_id', view), ...asked.filters, ...(next === undefined ? [] : [next])].join(' and ');
  return `page as materialized (
    select c.id, c.name, ${order.expression} as "sortKey" from ${sourceOf(asked.host, false)} where ${where}
    order by ${orderClause(order, 'c')} limit ${asked.limit}
  )`;
}

/** By the risks of their images: image after image, the most dangerous first, until the page is full. */
function pageByRisk(view: ScopeView, order: NamedOrder, asked: Asked, bind: (value: unknown) => string): string {
  const next = behind(order, 'c', containerId, asked.cursor, bind);
  const where = [inScope('c.scope_id', view), ...asked.filters, ...(next === undefined ? [] : [next])].join(' and ');
  const here = `c.host_id = (select ${asked.host}::uuid) and ${counts('c')}`;
  const among = (images: string) => `(select * from container c where ${here} and ${images} offset 0)`;
  // The images by jumps from one to the next in an index: each of them once, however many containers it has.
  return `image (id) as (
    (select c.image_id from container c where ${here} and c.image_id is not null order by c.image_id limit 1)
    union all select (select c.image_id from container c where ${here} and c.image_id > i.id order by c.image_id limit 1) from image i where i.id is not null
  ), grouped as materialized (
    select rank, array_agg(id) as ids from (
      select i.id, ${rankOf('max(k.risk)')} as rank from image i left join image_summary k on k.image_id = i.id and ${inScope('k.scope_id', view)}
      where i.id is not null group by i.id
      union all select null, 1
    ) x group by rank
  ), page as materialized (
    select c.id, c.name, g.rank as "sortKey" from (select * from grouped order by rank ${order.direction}) g cross join lateral (
      select c.id, c.name from (${among('c.image_id = any(g.ids)')} union all ${among('c.image_id is null and g.rank = 1')}) c
      where ${where} order by c.name collate "C", c.id limit ${asked.limit}
    ) c order by ${orderClause(order, 'c')} limit ${asked.limit}
  )`;
}
