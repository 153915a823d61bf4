import type { AgentReport } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { isRevoked } from './agents.ts';
import { counts } from './cluster-containers.ts';
import type { Transaction } from './database.ts';
import { isSilent } from './host-silence.ts';
import { plainJson, plainText } from './plain-text.ts';

export interface ReportingHost {
  readonly id: string;
  readonly scopeId: string;
  readonly name: string;
  /** Last report that was taken. */
  readonly sequence: number;
  /** Nothing of it is written yet. */
  readonly isNew: boolean;
  /** It was silent for so long that what it had has ended (silent-hosts.ts). */
  readonly isInactive: boolean;
  /** It was a cluster when it last reported: what counts at its nodes does not count here (cluster-containers.ts). */
  readonly isCluster: boolean;
}

/**
 * The host that this agent reports, locked until the transaction ends: two copies of one report are taken one after the
 * other. A new agent takes over the host of its machine only from one that was revoked, fell silent or ran on the console's
 * own host before; else a stolen machine id would take somebody's host away.
 */
export async function lockHost(
  transaction: Transaction,
  agent: { readonly id: string; readonly scopeId: string },
  reported: AgentReport['host'],
): Promise<ReportingHost> {
  const columns =
    'h.id, h.scope_id as "scopeId", h.name, h.report_sequence as sequence, h.inactive_at is not null as "isInactive", h.is_cluster as "isCluster"';
  const known = `${columns}, false as "isNew"`;
  const { rows: asked } = await transaction.query<{ revoked: boolean }>(
    `select ${isRevoked('a')} as revoked from agent a where a.id = $1 for update of a`,
    [agent.id],
  );
  // Its key was good when the report began to come.
  if (asked[0]?.revoked !== false) throw new Fault('unauthenticated', 'this agent was revoked');
  const { rows: own } = await transaction.query<ReportingHost>(
    `select ${known} from host h where h.agent_id = $1 for update`,
    [agent.id],
  );
  if (own[0] !== undefined) return own[0];
  const { rows: left } = await transaction.query<{ id: string }>(
    `select h.id from host h left join agent o on o.id = h.agent_id
     where h.scope_id = $1 and h.machine_id = $2
       and (o.id is null or ${isRevoked('o')} or ${isSilent('h')}
            or (o.local and (select local from agent where id = $3)))
     order by h.seen_at desc limit 1 for update of h`,
    [agent.scopeId, plainText(reported.machineId), agent.id],
  );
  const { rows } =
    left[0] === undefined
      ? await transaction.query<ReportingHost>(
          `insert into host as h (scope_id, agent_id, machine_id, name) values ($1, $2, $3, $4) returning ${columns}, true as "isNew"`,
          [agent.scopeId, agent.id, plainText(reported.machineId), plainText(reported.name)],
        )
      : await transaction.query<ReportingHost>(
          `update host h set agent_id = $2, report_sequence = 0 where h.id = $1 returning ${known}`,
          [left[0].id, agent.id],
        );
  const [host] = rows;
  if (host === undefined) throw new Error('a host was neither found nor made');
  return host;
}

/** Who reports, as it is at this moment: the node that it was enrolled as the agent of, and its host, where it has one. */
export async function findReporter(
  transaction: Transaction,
  agentId: string,
): Promise<{
  readonly node: string | null;
  readonly host: Pick<ReportingHost, 'sequence' | 'isInactive' | 'isCluster'> | undefined;
}> {
  const { rows } = await transaction.query<{
    node: string | null;
    sequence: number | null;
    isInactive: boolean;
    isCluster: boolean;
  }>(
    `select a.node, h.report_sequence as sequence, h.inactive_at is not null as "isInactive", coalesce(h.is_cluster, false) as "isCluster"
     from agent a left join host h on h.agent_id = a.id where a.id = $1`,
    [agentId],
  );
  const [found] = rows;
  if (found === undefined || found.sequence === null) return { node: found?.node ?? null, host: undefined };
  const { node, sequence, isInactive, isCluster } = found;
  return { node, host: { sequence, isInactive, isCluster } };
}

export async function writeHost(
  transaction: Transaction,
  hostId: string,
  agentId: string,
  report: AgentReport,
): Promise<void> {
  await transaction.query(
    `update host set name = $2, os = $3, kernel = $4, architecture = $5, machine_id = $6, runtimes = $7, report_sequence = $8, seen_at = now(),
            inactive_at = null, is_cluster = $10, clock_skew_ms = (extract(epoch from $9::timestamptz - now()) * 1000)::bigint where id = $1`,
    [
      hostId,
      plainText(report.host.name),
      report.host.os,
      report.host.kernel,
      report.host.architecture,
      plainText(report.host.machineId),
      plainJson(report.runtimes),
      report.sequence,
      report.sentAt,
      isCluster(report),
    ],
  );
  await transaction.query('update agent set seen_at = now(), version = $2, mode = $3 where id = $1', [
    agentId,
    report.agent.version,
    report.agent.mode,
  ]);
}

export const isCluster = ({ agent }: AgentReport): boolean => agent.mode === 'cluster';

/** It was heard of, though nothing new was said. */
export async function touchHost(transaction: Transaction, hostId: string, agentId: string): Promise<void> {
  await transaction.query('update host set seen_at = now() where id = $1', [hostId]);
  await transaction.query('update agent set seen_at = now() where id = $1', [agentId]);
}

/** The image that each key names; keys that meant another image before are led to the new one. Answers the images it left. */
export async function writeHostImages(
  transaction: Transaction,
  hostId: string,
  images: readonly { readonly key: string; readonly imageId: string }[],
): Promise<readonly string[]> {
  const rows = plainJson(images);
  const { rows: left } = await transaction.query<{ imageId: string }>(
    `select hi.image_id as "imageId" from host_image hi join jsonb_to_recordset($2::jsonb) as x(key text, "imageId" uuid) on x.key = hi.image_key
     where hi.host_id = $1 and hi.image_id <> x."imageId"`,
    [hostId, rows],
  );
  await transaction.query(
    `insert into host_image (host_id, image_key, image_id) select $1, x.key, x."imageId" from jsonb_to_recordset($2::jsonb) as x(key text, "imageId" uuid)
     on conflict (host_id, image_key) do update set image_id = excluded.image_id, seen_at = now()`,
    [hostId, rows],
  );
  return left.map((row) => row.imageId);
}

/** Forgets keys: the named ones, or, of a full report, all that it does not name. Answers their images. */
export async function dropHostImages(
  transaction: Transaction,
  hostId: string,
  keys: { readonly gone: readonly string[] } | { readonly allBut: readonly string[] },
): Promise<readonly string[]> {
  const full = 'allBut' in keys;
  if (!full && keys.gone.length === 0) return [];
  const { rows } = await transaction.query<{ imageId: string }>(
    `delete from host_image where host_id = $1 and ($3 <> (image_key = any($2))) returning image_id as "imageId"`,
    [hostId, full ? keys.allBut : keys.gone, full],
  );
  return rows.map((row) => row.imageId);
}

/** Of these images, those that the host has under no key any more. */
export async function imagesLeft(
  transaction: Transaction,
  hostId: string,
  imageIds: readonly string[],
): Promise<readonly string[]> {
  if (imageIds.length === 0) return [];
  const { rows } = await transaction.query<{ id: string }>(
    `select i as id from unnest($2::uuid[]) i where not exists (select 1 from host_image hi where hi.host_id = $1 and hi.image_id = i)`,
    [hostId, imageIds],
  );
  return rows.map((row) => row.id);
}

const columns = `name, image_key, image_id, image_reference, state, created_at, started_at, finished_at, exit_code, ports, network_mode, labels,
  pod_namespace, pod_name, pod_uid, pod_owner, pod_node`;
const each = (prefix: string) => columns.replace(/(\w+)/g, `${prefix}.$1`);

/** Containers as they are reported, with the image that their key names on this host: $2. */
const given = `given as materialized (
    select x.runtime, x.id as runtime_id, x.name, x."imageKey" as image_key, hi.image_id, x."imageReference" as image_reference, x.state,
           x.created as created_at, x.started as started_at, x.finished as finished_at, x."exitCode" as exit_code, x.ports, x."networkMode" as network_mode, x.labels,
           x.pod ->> 'namespace' as pod_namespace, x.pod ->> 'name' as pod_name, x.pod ->> 'uid' as pod_uid, x.pod ->> 'owner' as pod_owner,
           x.pod ->> 'node' as pod_node
    from json_to_recordset($3::json) as x(runtime text, id text, name text, "imageKey" text, "imageReference" text, state text,
           created timestamptz, started timestamptz, finished timestamptz, "exitCode" int, ports jsonb, "networkMode" text, labels jsonb, pod jsonb)
    left join host_image hi on hi.host_id = $2 and hi.image_key = x."imageKey"
  )`;

/** Of which containers a report tells: of all, of a part of them (contract: `part`), or of those that it names, these as gone. */
type Told = { readonly full: true } | NonNullable<AgentReport['part']> | { readonly gone: readonly string[] };

/**
 * Takes the containers as they are now, in one statement. States that ended are kept as intervals by the console's clock; what
 * is unchanged is not written.
 */
export async function writeContainers(
  transaction: Transaction,
  host: ReportingHost,
  containers: AgentReport['containers'],
  keys: Told,
): Promise<void> {
  // What is named as gone is gone, whatever else is said of it.
  const left = new Set('gone' in keys ? keys.gone : []);
  const rows = containers
    .filter(({ runtime, id }) => !left.has(`${runtime}/${id}`) && !left.has(id))
    // In the order of the index that finds them again, which is then walked instead of searched.
    .sort((a, b) => compare(a.runtime, b.runtime) || compare(a.id, b.id));
  const insert = `insert into container as c (scope_id, host_id, runtime, runtime_id, ${columns}) select $1, $2, runtime, runtime_id, ${columns} from given`;
  const values = [host.scopeId, host.id, plainJson(rows)];
  if (host.isNew) {
    await transaction.query(`with ${given} ${insert}`, values);
    return;
  }
  await holdHostImages(transaction, host.id, rows);
  const { condition, named } = goneBy(keys);
  await transaction.query(
    `with ${given}, gone as (
       select c.id, c.state, c.since from container c where c.host_id = (select $2::uuid) and c.gone_at is null and ${condition}
     ), ended as (
       insert into container_state (container_id, state, valid_from, valid_to)
       select c.id, c.state, c.since, greatest(now(), c.since)
       from (select * from gone union all
             select c.id, c.state, c.since from given g join container c on c.host_id = $2 and c.runtime = g.runtime and c.runtime_id = g.runtime_id
             where c.gone_at is null and c.state <> g.state) c
       on conflict do nothing
     ), left_ as (
       update container c set gone_at = now() from gone where c.id = gone.id
     )
     ${insert}
     on conflict (host_id, runtime, runtime_id) do update set (${columns}) = (${each('excluded')}), seen_at = now(), gone_at = null,
         since = case when c.gone_at is null and c.state = excluded.state then c.since else now() end
       where c.gone_at is not null or (${each('c')}) is distinct from (${each('excluded')})`,
    [...values, ...named],
  );
}

/**
 * Keeps what these keys name on the host until the transaction ends: two images that prove to be one meanwhile take along what is
 * written now, before it or after. A new host's are held already, as they were written by the same transaction.
 */
async function holdHostImages(
  transaction: Transaction,
  hostId: string,
  containers: AgentReport['containers'],
): Promise<void> {
  const keys = [...new Set(containers.flatMap(({ imageKey }) => imageKey ?? []))];
  await transaction.query(
    'select 1 from host_image where host_id = $1 and image_key = any($2) order by image_key for share',
    [hostId, keys],
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/**
 * Which of the host's containers are gone, by `runtime/id`: two namespaces of containerd may each have one of the same name.
 * Agents of before that name what is gone by its id alone; an id holds no slash.
 */
function goneBy(keys: Told) {
  const unnamed = 'not exists (select 1 from given g where g.runtime = c.runtime and g.runtime_id = c.runtime_id)';
  if ('full' in keys) return { condition: unnamed, named: [] };
  if ('of' in keys) {
    const part = `get_byte(sha256(convert_to(c.runtime || '/' || c.runtime_id, 'UTF8')), 0) % $4 = $5`;
    return { condition: `${part} and ${unnamed}`, named: [keys.of, keys.at] };
  }
  if (keys.gone.length === 0) return { condition: 'false', named: [] };
  return { condition: `(c.runtime || '/' || c.runtime_id = any($4) or c.runtime_id = any($4))`, named: [keys.gone] };
}

/** What a host has now: its images, and of each how many containers run. */
export interface Holding {
  /** Those that it counts for as a host: of a cluster, where a container counts there. */
  readonly images: ReadonlySet<string>;
  readonly running: ReadonlyMap<string, number>;
  /** Whether it counts for them or not: its risk is that of the worst of them. */
  readonly imagesAll: ReadonlySet<string>;
  /** All containers, running or not, of known images or not. */
  readonly containers: number;
  readonly runningAll: number;
  /** Of a cluster, beside them: containers that count at its nodes. */
  readonly onNodes: number;
  /** Whether any is a pod's. */
  readonly hasPods: boolean;
}

export const holdsNothing: Holding = {
  images: new Set(),
  running: new Map(),
  imagesAll: new Set(),
  containers: 0,
  runningAll: 0,
  onNodes: 0,
  hasPods: false,
};

/** By a host that the planner does not see (hosts.ts). */
export async function countHolding(
  transaction: Transaction,
  { id: hostId, isCluster }: Pick<ReportingHost, 'id' | 'isCluster'>,
): Promise<Holding> {
  const { rows: images } = await transaction.query<{ id: string }>(
    'select distinct image_id as id from host_image where host_id = $1',
    [hostId],
  );
  const { rows } = await transaction.query<{
    id: string | null;
    running: number;
    containers: number;
    onNodes: number;
    pods: number;
  }>(
    `select image_id as id, count(*) filter (where ${counts('c')} and state = 'running')::int as running, count(*) filter (where ${counts('c')})::int as containers,
            count(counts_on)::int as "onNodes", count(pod_namespace)::int as pods
     from container c where host_id = (select $1::uuid) and gone_at is null group by image_id`,
    [hostId],
  );
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const imagesAll = new Set(images.map(({ id }) => id));
  const counted = rows.flatMap(({ id, containers }) => (id === null || containers === 0 ? [] : id));
  return {
    images: isCluster ? new Set(counted) : imagesAll,
    running: new Map(rows.flatMap(({ id, running }) => (id === null ? [] : [[id, running] as const]))),
    imagesAll,
    containers: sum((row) => row.containers),
    runningAll: sum((row) => row.running),
    onNodes: sum((row) => row.onNodes),
    hasPods: rows.some(({ pods }) => pods > 0),
  };
}

export async function writeHostCounts(transaction: Transaction, hostId: string, holding: Holding): Promise<void> {
  await transaction.query('update host set images = $2, running = $3, containers = $4, on_nodes = $5 where id = $1', [
    hostId,
    holding.imagesAll.size,
    holding.runningAll,
    holding.containers,
    holding.onNodes,
  ]);
}

export async function writeAgentReading(
  transaction: Transaction,
  imageId: string,
  agentId: string,
  reading: unknown,
): Promise<void> {
  await transaction.query(
    `insert into agent_reading (image_id, agent_id, reading) values ($1, $2, $3)
     on conflict (image_id, agent_id) do update set reading = excluded.reading, received_at = now()`,
    [imageId, agentId, plainJson(reading)],
  );
}
