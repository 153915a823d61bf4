import type { Queryable, Transaction } from './database.ts';
import type { SummaryStep } from './summaries.ts';

/*
 * A container that a cluster's agent and the agent of its node both report counts once, at the node: there it is known when it ran, and
 * which image it is. Which it is says the runtime's id, which both name (ADR 0045). The cluster's row stays, with the pod's owner and node,
 * and names the host where it counts (`counts_on`) for as long as that one has it. Whoever reports second decides.
 */

/** SQL: of a container `c`, that it is there and counts where it stands. */
export const counts = (c: string): string => `${c}.gone_at is null and ${c}.counts_on is null`;

/** A node's row of a pod's container: the predicate of the index that finds it by its id alone. */
const ofPod = (n: string) => `${n}.gone_at is null and ${n}.pod_namespace is not null and ${n}.runtime <> 'kubernetes'`;
const ofCluster = (k: string) => `${k}.runtime = 'kubernetes'`;
/**
 * A node's row names the pod of the cluster's. The kubelet gives a static pod an id of its own, the API its mirror another:
 * https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
 */
const samePod = (n: string, k: string) =>
  `(${n}.pod_uid = ${k}.pod_uid or ${k}.pod_owner like 'Node/%' and ${n}.pod_namespace = ${k}.pod_namespace and ${n}.pod_name = ${k}.pod_name)`;
/** What was enrolled as the agent of a node has no pods of others; an agent with a token of its own may be any node's. */
const onNodeOf = (k: string, host: string) =>
  `coalesce((select a.node from host o join agent a on a.id = o.agent_id where o.id = ${host}) = ${k}.pod_node, true)`;

/**
 * SQL: whether the host `h` counts as one that has the image. A cluster names the images of all of its pods and counts for those of which a
 * container counts there. Looked up by itself each time: as a join it would read what all clusters have.
 */
export const countsAsHost = (h: string, image: string): string =>
  `(not ${h}.is_cluster or ${h}.inactive_at is not null or exists (
     select from container k where k.host_id = ${h}.id and k.image_id = ${image} and ${ofCluster('k')} and ${counts('k')} offset 0))`;

/** SQL: owner and node of the pod of a container `c` that counts at a node, whose own runtime knows neither. */
export const podInCluster = (c: string): string =>
  `(select k.pod_owner, k.pod_node from container k where k.counts_on = ${c}.host_id and k.runtime_id = ${c}.runtime_id limit 1)`;

const clustersLock = 8_480_010;

/**
 * Until the transaction ends: `cluster` writes the containers of a cluster, before it holds anything else; `node` has written those of
 * another host and changes where a cluster's count. Of two that report the same at once, the second sees what the first wrote.
 */
export async function holdClusters(transaction: Transaction, scopeId: string, by: 'cluster' | 'node'): Promise<void> {
  const lock = by === 'cluster' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  await transaction.query(`select ${lock}($1::int, hashtext($2))`, [clustersLock, scopeId]);
}

/** The same for a cluster whose host is held already, whom a node's report may wait for: false where it would have to wait. */
export async function tryHoldClusters(transaction: Transaction, scopeId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ held: boolean }>(
    'select pg_try_advisory_xact_lock($1::int, hashtext($2)) as held',
    [clustersLock, scopeId],
  );
  return rows[0]?.held === true;
}

/** What a cluster's agent has just reported, all of it or these ids, counts at the nodes that have it. Holds `cluster`. */
export async function leaveToNodes(
  transaction: Transaction,
  cluster: { readonly id: string; readonly scopeId: string },
  ids: readonly string[] | 'all',
): Promise<void> {
  if (ids.length === 0) return;
  const among = ids === 'all' ? '' : 'and k.runtime_id = any($3)';
  await transaction.query(
    `update container c set counts_on = x.host_id
     from (select k.id, (select n.host_id from container n where n.runtime_id = k.runtime_id and n.scope_id = $1 and ${ofPod('n')}
                         and ${samePod('n', 'k')} and ${onNodeOf('k', 'n.host_id')} limit 1) as host_id
           from container k where k.host_id = (select $2::uuid) and ${ofCluster('k')} and ${counts('k')} ${among}) x
     where c.id = x.id and x.host_id is not null`,
    [cluster.scopeId, cluster.id, ...(ids === 'all' ? [] : [ids])],
  );
}

/**
 * Whether containers of clusters count at this host: asked of one that has no pods too, whatever it reports as now. Of what counts at a host
 * that does not give it back, nobody else would.
 */
export async function hasTaken(transaction: Transaction, hostId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ taken: boolean }>(
    'select exists (select from container where counts_on = $1) as taken',
    [hostId],
  );
  return rows[0]?.taken === true;
}

/** A cluster's container that counts at a node from now on, or no longer. */
interface Moved {
  readonly clusterId: string;
  readonly imageId: string | null;
  readonly isRunning: boolean;
  readonly toNode: boolean;
}

/**
 * Brings the clusters of the scope in step with the containers that this host has now: what it has counts here, what it has no more at the
 * cluster again, or at another host that has it. To be done once what the host has is written.
 */
export async function takeFromClusters(
  transaction: Transaction,
  host: { readonly id: string; readonly scopeId: string },
): Promise<readonly Moved[]> {
  await holdClusters(transaction, host.scopeId, 'node');
  const { rows } = await transaction.query<Moved & { isPresent: boolean; moves: boolean }>(
    `with mine as materialized (
       select c.runtime_id, c.pod_uid, c.pod_namespace, c.pod_name from container c where c.host_id = (select $2::uuid) and ${ofPod('c')}
     ), known as materialized (
       select k.id, k.runtime_id, k.pod_uid, k.pod_owner, k.pod_namespace, k.pod_name, k.pod_node from container k where k.counts_on = $2
     ), moved as (
       select k.id, (select n.host_id from container n where n.runtime_id = k.runtime_id and n.scope_id = $1 and n.host_id <> $2 and ${ofPod('n')}
                     and ${samePod('n', 'k')} and ${onNodeOf('k', 'n.host_id')} limit 1) as host_id
       from known k where k.runtime_id not in (select runtime_id from mine)
       union all
       select k.id, $2 from (select m.* from mine m where m.runtime_id not in (select runtime_id from known) offset 0) m
         cross join (select id from host where scope_id = $1 and is_cluster) h
         -- One by one: the planner takes a cluster for a host like all others and would read all that it has (0.3 s for 50,000).
         cross join lateral (select k.id from container k where k.host_id = h.id and ${ofCluster('k')} and k.runtime_id = m.runtime_id
                             and k.counts_on is null and ${samePod('m', 'k')} and ${onNodeOf('k', '$2')} offset 0) k
     )
     update container c set counts_on = moved.host_id from moved where c.id = moved.id and (c.counts_on is null or c.counts_on = $2)
     returning c.host_id as "clusterId", c.image_id as "imageId", c.state = 'running' as "isRunning", c.gone_at is null as "isPresent",
               c.counts_on is not null as "toNode", (c.counts_on is null or c.counts_on = $2) as moves`,
    [host.scopeId, host.id],
  );
  return rows.filter(({ isPresent, moves }) => isPresent && moves);
}

/**
 * What that adds to the counts of the clusters, which it writes, and to those of their images. The clusters' hosts are held from here on,
 * so that each sees what those before it moved.
 */
export async function countMoved(transaction: Transaction, moved: readonly Moved[]): Promise<readonly SummaryStep[]> {
  if (moved.length === 0) return [];
  const byCluster = Map.groupBy(moved, ({ clusterId }) => clusterId);
  const clusterIds = [...byCluster.keys()];
  const ofEach = (count: (one: Moved) => number) =>
    clusterIds.map((id) => (byCluster.get(id) ?? []).reduce((sum, one) => sum + count(one), 0));
  const step = ({ toNode }: Moved) => (toNode ? -1 : 1);
  await transaction.query('select 1 from host where id = any($1::uuid[]) order by id for no key update', [clusterIds]);
  await transaction.query(
    `update host h set containers = greatest(0, h.containers + x.containers), running = greatest(0, h.running + x.running),
            on_nodes = greatest(0, h.on_nodes - x.containers)
     from unnest($1::uuid[], $2::int[], $3::int[]) as x(id, containers, running) where h.id = x.id`,
    [clusterIds, ofEach(step), ofEach((one) => (one.isRunning ? step(one) : 0))],
  );
  const ofImage = [...Map.groupBy(moved, ({ clusterId, imageId }) => `${clusterId} ${imageId}`).values()].flatMap(
    (group) => {
      const [first] = group;
      if (first === undefined || first.imageId === null) return [];
      const come = group.filter(({ toNode }) => !toNode).length;
      const running = group.reduce((sum, one) => sum + (one.isRunning ? step(one) : 0), 0);
      return [{ clusterId: first.clusterId, imageId: first.imageId, come, went: group.length - come, running }];
    },
  );
  const left = await countLeft(transaction, ofImage);
  return ofImage.map(({ imageId, come, went, running }, at) => {
    const now = left[at] ?? 0;
    return { imageId, hosts: Number(now > 0) - Number(now - come + went > 0), running };
  });
}

/** How many containers of each image count at the cluster; no further than one more than have come. */
async function countLeft(
  database: Queryable,
  of: readonly { readonly clusterId: string; readonly imageId: string; readonly come: number }[],
): Promise<readonly number[]> {
  const { rows } = await database.query<{ n: number }>(
    `select (select count(*) from (select from container k where k.host_id = x.host_id and k.image_id = x.image_id and ${ofCluster('k')} and ${counts('k')}
                                   limit x.come + 1) c)::int as n
     from unnest($1::uuid[], $2::uuid[], $3::int[]) with ordinality as x(host_id, image_id, come, at) order by x.at`,
    [of.map(({ clusterId }) => clusterId), of.map(({ imageId }) => imageId), of.map(({ come }) => come)],
  );
  return rows.map(({ n }) => n);
}
