import type { ContainerDetail, ContainerState } from '@hullcheck/contract';
import { z } from 'zod';
import { counts, podInCluster } from './cluster-containers.ts';
import { countMax, keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import { inScope, type ScopeView } from './scope.ts';
import { endedWithHost } from './silent-hosts.ts';

export interface ContainerListRow {
  readonly id: string;
  readonly runtime: string;
  readonly hostId: string;
  readonly hostName: string;
  readonly name: string;
  readonly imageId: string | null;
  readonly imageName: string | null;
  readonly imageRisk: number | null;
  readonly imageReadBy: string | null;
  readonly imageReference: string;
  readonly podNamespace: string | null;
  readonly podName: string | null;
  readonly podOwner: string | null;
  readonly podNode: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  readonly createdAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** When its host was last heard from, where it ended because of that. */
  readonly endedAt: Date | null;
}

/** Of a container `c`, by what is joined to it. */
export const containerColumns = (endedAt: string): string =>
  `c.runtime_id as id, c.id as key, c.runtime, c.host_id as "hostId", h.name as "hostName", c.name, s.image_id as "imageId",
   coalesce(s.registry || '/' || s.repository, s.digest) as "imageName", s.risk as "imageRisk", f.read_by as "imageReadBy", c.image_reference as "imageReference",
   c.pod_namespace as "podNamespace", c.pod_name as "podName", coalesce(c.pod_owner, o.pod_owner) as "podOwner",
   coalesce(c.pod_node, o.pod_node) as "podNode", c.labels, c.state,
   c.created_at as "createdAt", c.started_at as "startedAt", c.finished_at as "finishedAt", ${endedAt} as "endedAt"`;
export const containerJoins = `join host h on h.id = c.host_id
  left join lateral ${podInCluster('c')} o on c.pod_namespace is not null and c.pod_owner is null
  left join image_summary s on s.image_id = c.image_id and s.scope_id = c.scope_id
  left join image_result f on f.image_id = s.image_id`;

/** Those of all hosts that are there, by name: in the order of an index, as they are ten million. */
export async function listContainers(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined; readonly state?: string | undefined },
): Promise<Page<ContainerListRow>> {
  const after = parseCursor(query.cursor, z.tuple([nameKey, z.int()]));
  const values: unknown[] = [view.scopes];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const wanted = [inScope('c.scope_id', view), counts('c')];
  if (query.state !== undefined) wanted.push(`c.state = ${bind(query.state)}`);
  const where = wanted.join(' and ');
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from container c where ${where} limit ${countMax + 1}) c`,
    values,
  );
  const next =
    after === undefined ? '' : `and (c.name collate "C", c.id) > (${bind(after[0])}, ${bind(after[1])}::bigint)`;
  const { rows } = await database.query<ContainerListRow & { key: number }>(
    `select ${containerColumns('c.gone_at')}
     from (select * from container c where ${where} ${next} order by c.name collate "C", c.id limit ${bind(query.limit + 1)}) c
     ${containerJoins} order by c.name collate "C", c.id`,
    values,
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ name, key }) => [name, key]);
}

export interface ContainerDetailRow extends ContainerListRow {
  readonly exitCode: number | null;
  readonly ports: ContainerDetail['ports'];
  readonly firstSeen: Date;
  readonly changedAt: Date;
  readonly goneAt: Date | null;
  readonly presence: readonly {
    readonly state: ContainerState;
    readonly from: Date;
    readonly to: Date | null;
    readonly cause: 'host-not-heard-from' | null;
  }[];
  /** It was in more states than these. */
  readonly more: boolean;
}

const PRESENCE_MAX = 50;

/** One container, there or gone, with the latest states that it was in. */
export async function findContainer(
  database: Queryable,
  view: ScopeView,
  of: { readonly host: string; readonly runtime: string; readonly id: string },
): Promise<ContainerDetailRow | undefined> {
  const { rows } = await database.query<Omit<ContainerDetailRow, 'presence' | 'more'> & { key: number }>(
    `select ${containerColumns(`case when ${endedWithHost} then c.gone_at end`)}, c.exit_code as "exitCode", c.ports, c.first_seen as "firstSeen",
            c.seen_at as "changedAt", c.gone_at as "goneAt"
     from container c ${containerJoins} where ${inScope('c.scope_id', view)} and c.host_id = $2 and c.runtime = $3 and c.runtime_id = $4`,
    [view.scopes, of.host, of.runtime, of.id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { rows: states } = await database.query<ContainerDetailRow['presence'][number]>(
    `select state, valid_from as "from", valid_to as "to", cause from container_presence where container_id = $1
     order by valid_from desc limit ${PRESENCE_MAX + 1}`,
    [row.key],
  );
  return { ...row, presence: states.slice(0, PRESENCE_MAX), more: states.length > PRESENCE_MAX };
}
