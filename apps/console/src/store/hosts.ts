import type { HostRow } from '@hullcheck/contract';
import { countMax, offsetOf, offsetPage, type Page } from './cursor.ts';
import type { Queryable } from './database.ts';
import type { ScopeView } from './scope.ts';

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
  readonly stale: boolean;
}

/** Three missed heartbeats of 15 minutes (agents.md 7). */
const stale = `h.seen_at < now() - interval '45 minutes'`;
const columns = `h.id, h.name, h.os, h.architecture, h.runtimes,
  (select count(distinct hi.image_id) from host_image hi where hi.host_id = h.id)::int as images,
  (select count(*) from container c where c.host_id = h.id and c.gone_at is null and c.state = 'running')::int as running,
  (select count(*) from container c where c.host_id = h.id and c.gone_at is null)::int as containers,
  (select max(r.risk) from host_image hi join image_standing r on r.image_id = hi.image_id where hi.host_id = h.id) as risk,
  a.id as "agentId", a.version as "agentVersion", a.revoked_at is not null as "agentRevoked", h.seen_at as "seenAt", ${stale} as stale`;

export async function listHosts(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<HostListRow>> {
  const offset = offsetOf(query.cursor);
  const { rows } = await database.query<HostListRow>(
    `select ${columns} from host h left join agent a on a.id = h.agent_id where h.scope_id = any($1)
     order by h.name collate "C", h.id limit $2 offset $3`,
    [view.scopes, query.limit + 1, offset],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from host h where h.scope_id = any($1) limit ${countMax + 1}) c`,
    [view.scopes],
  );
  return offsetPage(rows, query.limit, offset, counted[0]?.n ?? 0);
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
}

export async function listContainers(
  database: Queryable,
  view: ScopeView,
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly host?: string;
    readonly state?: string | undefined;
  },
): Promise<Page<ContainerListRow>> {
  const offset = offsetOf(query.cursor);
  const values = [view.scopes, query.host ?? null, query.state ?? null];
  const where = `c.scope_id = any($1) and c.gone_at is null and ($2::uuid is null or c.host_id = $2) and ($3::text is null or c.state = $3)`;
  const { rows } = await database.query<ContainerListRow>(
    `select c.runtime_id as id, c.runtime, c.host_id as "hostId", h.name as "hostName", c.name, s.image_id as "imageId",
            coalesce(s.registry || '/' || s.repository, s.digest) as "imageName", s.risk as "imageRisk", c.image_reference as "imageReference",
            c.pod_namespace as "podNamespace", c.pod_name as "podName", c.pod_owner as "podOwner", c.pod_node as "podNode", c.labels, c.state, c.created_at as "createdAt", c.started_at as "startedAt", c.finished_at as "finishedAt"
     from container c join host h on h.id = c.host_id
     left join image_summary s on s.image_id = c.image_id and s.scope_id = c.scope_id
     where ${where} order by c.name collate "C", c.id limit $4 offset $5`,
    [...values, query.limit + 1, offset],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from container c where ${where} limit ${countMax + 1}) c`,
    values,
  );
  return offsetPage(rows, query.limit, offset, counted[0]?.n ?? 0);
}
