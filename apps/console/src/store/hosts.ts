import type { HostRow, HostState } from '@hullcheck/contract';
import { z } from 'zod';
import { isRevoked } from './agents.ts';
import { keyedPage, type Page } from './cursor.ts';
import type { Queryable } from './database.ts';
import { stateOf } from './host-silence.ts';
import { behind, byName, keyedClause, type NamedOrder, orderClause, partOf, rankOf } from './named-order.ts';
import { inScope, type ScopeView } from './scope.ts';

export interface HostListRow {
  readonly id: string;
  readonly name: string;
  readonly os: string | null;
  readonly kernel: string | null;
  readonly architecture: string | null;
  readonly runtimes: readonly {
    readonly kind: HostRow['runtimes'][number]['kind'];
    /** Missing in what agents of before namespaces reported. */
    readonly namespace?: string | null;
    readonly version: string | null;
    /** Missing in what earlier agents reported. */
    readonly rootless?: boolean;
    readonly address: string;
    readonly state: 'readable' | 'forbidden' | 'unavailable';
    readonly reason: string | null;
    readonly remedy: string | null;
  }[];
  readonly images: number;
  readonly running: number;
  readonly containers: number;
  /** Of a cluster, beside them: containers that count at its nodes. */
  readonly onNodes: number;
  readonly risk: number | null;
  readonly agentId: string | null;
  readonly agentVersion: string | null;
  readonly agentRevoked: boolean | null;
  readonly seenAt: Date;
  readonly state: HostState;
  readonly clockSkewMs: number;
}

/** Of a host `h` with its risk `k`. */
const columns = `h.id, h.name, h.os, h.kernel, h.architecture, h.runtimes, h.images, h.running, h.containers, h.on_nodes as "onNodes", k.risk,
  a.id as "agentId", a.version as "agentVersion", a.id is not null and ${isRevoked('a')} as "agentRevoked", h.seen_at as "seenAt", ${stateOf('h')} as state,
  h.clock_skew_ms as "clockSkewMs"`;
const joins = 'left join host_risk k on k.host_id = h.id left join agent a on a.id = h.agent_id';

export type HostCounts = { readonly [state in HostState]: number };

export interface HostListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort?: keyof typeof orders | undefined;
  readonly q?: string | undefined;
  readonly state?: HostState | undefined;
  /** Only hosts that have ended, or only the others. */
  readonly inactive?: boolean | undefined;
  /** Only hosts with a runtime that can't be read, or only the others. */
  readonly unreadable?: boolean | undefined;
}

const risk = rankOf('k.risk');
const seen = '(extract(epoch from h.seen_at) * 1000000)::bigint';
const orders = {
  '-risk': { expression: risk, type: 'int', direction: 'desc' },
  risk: { expression: risk, type: 'int', direction: 'asc' },
  name: byName,
  '-running': { expression: 'h.running', type: 'int', direction: 'desc' },
  '-images': { expression: 'h.images', type: 'int', direction: 'desc' },
  '-seen': { expression: seen, type: 'bigint', direction: 'desc' },
  seen: { expression: seen, type: 'bigint', direction: 'asc' },
} as const satisfies { readonly [sort: string]: NamedOrder };

const isUnreadable = `(h.runtimes @> '[{"state": "forbidden"}]' or h.runtimes @> '[{"state": "unavailable"}]')`;

function filtersOf(query: HostListQuery, bind: (value: unknown) => string): string[] {
  const filters: string[] = [];
  if (query.inactive !== undefined) filters.push(`h.inactive_at is ${query.inactive ? 'not ' : ''}null`);
  if (query.state !== undefined) filters.push(`${stateOf('h')} = ${bind(query.state)}`);
  if (query.unreadable !== undefined) filters.push(`${query.unreadable ? '' : 'not '}${isUnreadable}`);
  const text = query.q?.trim() ?? '';
  if (text !== '') {
    const part = bind(partOf(text));
    filters.push(`(${['name', 'os', 'kernel'].map((column) => `h.${column} ilike ${part}`).join(' or ')})`);
  }
  return filters;
}

export async function listHosts(
  database: Queryable,
  view: ScopeView,
  query: HostListQuery,
): Promise<Page<HostListRow> & { readonly states: HostCounts }> {
  const order: NamedOrder = orders[query.sort ?? '-risk'];
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const filters = [inScope('h.scope_id', view), ...filtersOf(query, bind)];
  const where = filters.join(' and ');
  const counted = [...values];
  const next = behind(order, 'h', { schema: z.uuid(), type: 'uuid' }, query.cursor, bind);
  const counting = database.query<{ n: number }>(`select count(*)::int as n from host h where ${where}`, counted);
  const listing = database.query<HostListRow & { sortKey: number }>(
    // The page first: of ten thousand hosts only the figures are sorted, and only those of the page have their agents looked up.
    `with page as materialized (
       select h.id, h.name, ${order.expression} as "sortKey" from host h left join host_risk k on k.host_id = h.id
       where ${where}${next === undefined ? '' : ` and ${next}`} order by ${orderClause(order, 'h')} limit ${bind(query.limit + 1)}
     )
     select ${columns}, p."sortKey" from page p join host h on h.id = p.id ${joins} order by ${keyedClause(order, 'p')}`,
    values,
  );
  const [count, { rows }, states] = await Promise.all([counting, listing, countHosts(database, view)]);
  const page = keyedPage(rows, query.limit, count.rows[0]?.n ?? 0, ({ sortKey, name, id }) => [sortKey, name, id]);
  return { ...page, states };
}

async function countHosts(database: Queryable, view: ScopeView): Promise<HostCounts> {
  const { rows } = await database.query<{ state: HostState; n: number }>(
    `select ${stateOf('h')} as state, count(*) as n from host h where h.scope_id = any($1) group by 1`,
    [view.scopes],
  );
  const of = (state: HostState) => rows.find((row) => row.state === state)?.n ?? 0;
  return { reporting: of('reporting'), silent: of('silent'), inactive: of('inactive') };
}

export async function findHost(database: Queryable, view: ScopeView, id: string): Promise<HostListRow | undefined> {
  const { rows } = await database.query<HostListRow>(
    `select ${columns} from host h ${joins} where h.scope_id = any($1) and h.id = $2`,
    [view.scopes, id],
  );
  return rows[0];
}
