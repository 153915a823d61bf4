import type { HostRow, HostState } from '@hullcheck/contract';
import { z } from 'zod';
import { isRevoked } from './agents.ts';
import { countMax, keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import { stateOf } from './host-silence.ts';
import { inScope, type ScopeView } from './scope.ts';
import { endedWithHost } from './silent-hosts.ts';

export interface HostListRow {
  readonly id: string;
  readonly name: string;
  readonly os: string | null;
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
  readonly risk: number | null;
  readonly agentId: string | null;
  readonly agentVersion: string | null;
  readonly agentRevoked: boolean | null;
  readonly seenAt: Date;
  readonly state: HostState;
}

const columns = `h.id, h.name, h.os, h.architecture, h.runtimes,
  h.images, h.running, h.containers,
  (select max(r.risk) from host_image hi join image_standing r on r.image_id = hi.image_id where hi.host_id = h.id) as risk,
  a.id as "agentId", a.version as "agentVersion", a.id is not null and ${isRevoked('a')} as "agentRevoked", h.seen_at as "seenAt", ${stateOf('h')} as state`;

export type HostCounts = { readonly [state in HostState]: number };

/** `inactive`: only hosts that have ended, or only the others. */
export async function listHosts(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined; readonly inactive?: boolean | undefined },
): Promise<Page<HostListRow> & { readonly states: HostCounts }> {
  const after = parseCursor(query.cursor, z.tuple([nameKey, z.uuid()]));
  const { rows } = await database.query<HostListRow>(
    `select ${columns} from host h left join agent a on a.id = h.agent_id where ${inScope('h.scope_id', view)}
     and ($5::boolean is null or (h.inactive_at is not null) = $5)
     and ($3::text is null or (h.name collate "C", h.id) > ($3, $4::uuid)) order by h.name collate "C", h.id limit $2`,
    [view.scopes, query.limit + 1, after?.[0] ?? null, after?.[1] ?? null, query.inactive ?? null],
  );
  const states = await countHosts(database, view);
  const present = states.reporting + states.silent;
  const count = query.inactive === undefined ? present + states.inactive : query.inactive ? states.inactive : present;
  return { ...keyedPage(rows, query.limit, count, ({ name, id }) => [name, id]), states };
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
    `select ${columns} from host h left join agent a on a.id = h.agent_id where h.scope_id = any($1) and h.id = $2`,
    [view.scopes, id],
  );
  return rows[0];
}

export interface ContainerListRow {
  readonly id: string;
  readonly runtime: string;
  readonly hostId: string;
  readonly hostName: string;
  readonly name: string;
  readonly imageId: string | null;
  readonly imageName: string | null;
  readonly imageRisk: number | null;
  readonly imageReference: string;
  readonly podNamespace: string | null;
  readonly podName: string | null;
  readonly podOwner: string | null;
  readonly podNode: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' | 'unknown';
  readonly createdAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** When its host was last heard from, where it ended because of that. */
  readonly endedAt: Date | null;
}

/** Those that are there; with `ended`, those of a host that were there when it was last heard from. */
export async function listContainers(
  database: Queryable,
  view: ScopeView,
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly host?: string;
    readonly ended?: boolean;
    readonly state?: string | undefined;
  },
): Promise<Page<ContainerListRow>> {
  const after = parseCursor(query.cursor, z.tuple([nameKey, z.int()]));
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  // A host's containers are fetched before they are looked at further: PostgreSQL would rather walk all containers of the scope
  // in the order of their names until it has met enough of this host (1.1 s while hosts report, instead of 3 ms). Those that are gone
  // stay out, and how many rows the host has is kept from the planner: of one that most rows are of it would read the whole table.
  const present = query.ended === true ? endedWithHost : 'c.gone_at is null';
  const source =
    query.host === undefined
      ? 'container c'
      : `(select * from container c where c.host_id = (select ${bind(query.host)}::uuid) and ${present} offset 0) c`;
  const wanted = [inScope('c.scope_id', view), present];
  if (query.state !== undefined) wanted.push(`c.state = ${bind(query.state)}`);
  const where = wanted.join(' and ');
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from ${source} where ${where} limit ${countMax + 1}) c`,
    values,
  );
  const behind =
    after === undefined ? '' : `and (c.name collate "C", c.id) > (${bind(after[0])}, ${bind(after[1])}::bigint)`;
  const { rows } = await database.query<ContainerListRow & { key: number }>(
    `select c.runtime_id as id, c.id as key, c.runtime, c.host_id as "hostId", h.name as "hostName", c.name, s.image_id as "imageId",
            coalesce(s.registry || '/' || s.repository, s.digest) as "imageName", s.risk as "imageRisk", c.image_reference as "imageReference",
            c.pod_namespace as "podNamespace", c.pod_name as "podName", c.pod_owner as "podOwner", c.pod_node as "podNode", c.labels, c.state, c.created_at as "createdAt", c.started_at as "startedAt", c.finished_at as "finishedAt",
            c.gone_at as "endedAt"
     from (select * from ${source} where ${where} ${behind}
           order by c.name collate "C", c.id limit ${bind(query.limit + 1)}) c
     join host h on h.id = c.host_id
     left join image_summary s on s.image_id = c.image_id and s.scope_id = c.scope_id order by c.name collate "C", c.id`,
    values,
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ name, key }) => [name, key]);
}
