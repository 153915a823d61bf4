/* A container that the agent of a cluster and that of its node both report counts once, at the node, whoever reports first. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContainer } from '@hullcheck/contract';
import { digestOf } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { databaseForEach } from '../store/cloned.testing.ts';
import { findPodNode } from '../store/clusters.ts';
import { listContainers } from '../store/containers.ts';
import type { Database } from '../store/database.ts';
import { listHostContainers } from '../store/host-containers.ts';
import { listImageHosts } from '../store/image-details.ts';
import { countOverview } from '../store/overview.ts';
import { defaultScope } from '../store/scope.ts';
import { byLayer, findPlaces } from '../store/where.ts';
import { has, images, inCluster, onNode, saidOf } from './cluster-containers.testing.ts';
import { endSilentHost } from './end-silent-hosts.ts';
import { countsOf, listenAllDay, makeReportedHost, passHours, type ReportedHost } from './reported-hosts.testing.ts';
import { revokeAgent } from './revoke-agent.ts';

let database: Database;
databaseForEach(async (opened) => {
  database = opened;
  await listenAllDay(database);
});

const view = { scopes: [defaultScope] };
const end = () => endSilentHost(database, 1_000);
const makeCluster = () => makeReportedHost(database, 'production', 'cluster');
const makeNode = (name = 'node-1') => makeReportedHost(database, name);
const said = () => saidOf(database);

const once = {
  images: { web: '1 hosts, 1 run', job: '1 hosts, 0 run' },
  hosts: ['node-1: 1/2, 0 elsewhere', 'production: 0/0, 2 elsewhere'],
  containers: ['c1 at node-1', 'c2 at node-1'],
};
const nodeHas = [onNode('c1'), onNode('c2', 'job', 'exited')];
const clusterHas = [inCluster('c1'), inCluster('c2', 'job', 'exited')];

async function makeBoth(first: 'cluster' | 'node' = 'cluster') {
  const [cluster, node] = [await makeCluster(), await makeNode()];
  const reports = [() => has(cluster, clusterHas), () => has(node, nodeHas)];
  for (const report of first === 'cluster' ? reports : reports.toReversed()) await report();
  return { cluster, node };
}

it.each(['cluster', 'node'] as const)('counts once where the %s reports first, wherever it is told', async (first) => {
  const { cluster } = await makeBoth(first);
  expect(await said()).toEqual(once);
  expect(await countOverview(database, view)).toMatchObject({ running: 1, containers: 2 });
  // What only the cluster knows of the pod.
  const { items } = await listContainers(database, view, { limit: 10 });
  expect(
    items.map(({ podNamespace, podName, podOwner, podNode }) => [podNamespace, podName, podOwner, podNode]),
  ).toEqual(Array.from({ length: 2 }, () => ['shop', 'web-1', 'DaemonSet/web', 'node-1']));
  expect((await listHostContainers(database, view, { limit: 10, host: await cluster.hostId() })).items).toEqual([]);
  // By which agents of nodes enrol.
  expect(await database.write((transaction) => findPodNode(transaction, cluster.agentId, 'u-1'))).toBe('node-1');
  const { rows } = await database.query<{ id: string }>('select image_id as id from image_digest where digest = $1', [
    digestOf('web'),
  ]);
  const image = rows[0]?.id ?? '';
  const on = await listImageHosts(database, view, image, { limit: 10 });
  expect(on.items.map((host) => [host.name, host.containers.length])).toEqual([['node-1', 1]]);
  expect(on.total).toEqual({ value: 1, exact: true });
  await database.query(
    `with l as (insert into layer (diff_id) values ('sha256:a') returning id)
     insert into image_layer (image_id, position, layer_id, empty) select $1, 0, id, false from l`,
    [image],
  );
  expect(await findPlaces(database, view, byLayer('sha256:a'), 10)).toMatchObject({
    hosts: [{ name: 'node-1' }],
    containers: [{ id: 'c1' }],
    totals: { images: 1, running: 1 },
  });
});

it('counts at the cluster what runs on nodes without an agent, and what no runtime names', async () => {
  const [cluster, node] = [await makeCluster(), await makeNode()];
  await has(cluster, [...clusterHas, inCluster('c3'), inCluster('uid/starting', 'web', 'created')]);
  await has(node, nodeHas);
  const expected = {
    images: { web: '2 hosts, 2 run', job: '1 hosts, 0 run' },
    hosts: ['node-1: 1/2, 0 elsewhere', 'production: 1/2, 2 elsewhere'],
    containers: ['c1 at node-1', 'c2 at node-1', 'c3 at production', 'uid/starting at production'],
  };
  expect(await said()).toEqual(expected);
  // Whatever else has such an id is no pod's container.
  const docker = await makeReportedHost(database, 'elsewhere');
  await docker.report(['web'], { c3: ['web', 'running'] });
  expect(await said()).toMatchObject({ images: { web: '3 hosts, 3 run' } });
});

it('follows changes of either side', async () => {
  const { cluster, node } = await makeBoth();
  const change = (sequence: number, containers: readonly AgentContainer[], gone: readonly string[] = []) => ({
    full: false,
    sequence,
    baseSequence: sequence - 1,
    containers: [...containers],
    gone: { images: [], containers: [...gone] },
  });
  // It ends at the node; the cluster has not heard of it.
  await node.report([], {}, change(2, [onNode('c1', 'web', 'exited')]));
  expect(await said()).toMatchObject({
    images: { web: '1 hosts, 0 run' },
    hosts: ['node-1: 0/2, 0 elsewhere', once.hosts[1]],
  });
  await cluster.report([], {}, change(2, [inCluster('c1', 'web', 'exited')]));
  // A new one that the cluster names first, then one that the node names first.
  await cluster.report([], {}, change(3, [inCluster('c4')]));
  expect(await said()).toMatchObject({ images: { web: '2 hosts, 1 run' } });
  await node.report([], {}, change(3, [onNode('c4'), onNode('c5')]));
  expect(await said()).toMatchObject({ images: { web: '1 hosts, 2 run' } });
  await cluster.report([], {}, change(4, [inCluster('c5')]));
  expect(await said()).toMatchObject({
    images: { web: '1 hosts, 2 run' },
    hosts: ['node-1: 2/4, 0 elsewhere', 'production: 0/0, 4 elsewhere'],
  });
  // The node has it no more, the cluster has; then neither has.
  await node.report([], {}, change(4, [], ['containerd-k8s.io/c4']));
  expect(await said()).toMatchObject({
    images: { web: '2 hosts, 2 run' },
    hosts: ['node-1: 1/3, 0 elsewhere', 'production: 1/1, 3 elsewhere'],
  });
  await cluster.report([], {}, change(5, [], ['kubernetes/c4']));
  expect(await said()).toMatchObject({ images: { web: '1 hosts, 1 run' } });
  // Gone at the cluster first, and back again.
  await cluster.report([], {}, change(6, [], ['kubernetes/c5']));
  expect(await said()).toMatchObject({
    images: { web: '1 hosts, 1 run' },
    hosts: ['node-1: 1/3, 0 elsewhere', 'production: 0/0, 2 elsewhere'],
  });
  await cluster.report([], {}, change(7, [inCluster('c5')]));
  expect(await said()).toMatchObject({
    images: { web: '1 hosts, 1 run' },
    hosts: ['node-1: 1/3, 0 elsewhere', 'production: 0/0, 3 elsewhere'],
  });
  await node.report([], {}, change(5, [], ['containerd-k8s.io/c1', 'containerd-k8s.io/c5']));
  await cluster.report([], {}, change(8, [], ['kubernetes/c1', 'kubernetes/c5']));
  expect(await said()).toEqual({
    images: { web: '1 hosts, 0 run', job: '1 hosts, 0 run' },
    hosts: ['node-1: 0/1, 0 elsewhere', 'production: 0/0, 1 elsewhere'],
    containers: ['c2 at node-1'],
  });
});

it('counts at the cluster again when the node was silent for too long, and at the node when it is back', async () => {
  const { node } = await makeBoth();
  await passHours(database, 5, 'node-1');
  expect(await end()).toBe(false);
  expect(await said()).toEqual(once);
  await passHours(database, 2, 'node-1');
  expect(await end()).toBe(true);
  const alone = {
    images: { web: '1 hosts, 1 run', job: '1 hosts, 0 run' },
    hosts: ['node-1: 0/0, 0 elsewhere', 'production: 1/2, 0 elsewhere'],
    containers: ['c1 at production', 'c2 at production'],
  };
  expect(await said()).toEqual(alone);
  await has(node, nodeHas);
  expect(await said()).toEqual(once);
  // A machine that is set up anew reports the same beside the host that it was.
  const again = await makeNode('node-1 again');
  await has(again, nodeHas);
  await passHours(database, 7, 'node-1');
  expect(await end()).toBe(true);
  expect(await said()).toMatchObject({ images: once.images, containers: ['c1 at node-1 again', 'c2 at node-1 again'] });
});

it('counts once while a node whose agent was revoked is taken to be there, and when it is forgotten', async () => {
  const { node } = await makeBoth();
  await revokeAgent(database, view, node.agentId, { actor: 'me', address: null });
  expect(await said()).toEqual(once);
  await passHours(database, 7, 'node-1');
  expect(await end()).toBe(true);
  await database.query('delete from host where id = $1', [await node.hostId()]);
  expect(await said()).toMatchObject({ containers: ['c1 at production', 'c2 at production'] });
});

it('counts at the nodes when the cluster was silent for too long, and when it is back', async () => {
  const { cluster } = await makeBoth();
  await passHours(database, 7, 'production');
  expect(await end()).toBe(true);
  expect(await said()).toEqual({ ...once, hosts: [once.hosts[0], 'production: 0/0, 0 elsewhere'] });
  await has(cluster, clusterHas);
  expect(await said()).toEqual(once);
});

it('misses none where both report new containers at the same moment', async () => {
  const { cluster, node } = await makeBoth();
  for (let turn = 0; turn < 30; turn += 1) {
    const ids = [0, 1, 2].map((at) => `new-${turn}-${at}`);
    await Promise.all([
      has(
        cluster,
        ids.map((id) => inCluster(id)),
      ),
      has(
        node,
        ids.map((id) => onNode(id)),
      ),
    ]);
    expect((await said()).images, `turn ${turn}`).toMatchObject({ web: '1 hosts, 3 run' });
  }
});

it('counts right whenever a cluster and its nodes report and end beside each other', async () => {
  const nodes = [0, 1, 2];
  const startedMs = performance.now();
  let [ended, reports] = [0, 0];
  const isOver = () => performance.now() - startedMs > (ended > 10 && reports > 60 ? 3_000 : 90_000);
  const idsOf = (node: number) =>
    Array.from({ length: 6 }, (_, at) => [`n${node}-${at}`, images[at % 2] ?? ''] as const);
  const shifted = (turn: number) => (_: unknown, at: number) => (at + turn) % 3 !== 0;
  const reporter = async (host: ReportedHost, listed: readonly AgentContainer[], at: number) => {
    for (let turn = at; !isOver(); turn += 1) {
      await has(host, listed.filter(shifted(turn)));
      reports += 1;
      await sleep(turn % 7);
    }
    return () => has(host, listed);
  };
  const ender = async () => {
    while (!isOver()) {
      await database.query(
        `update host set seen_at = now() - interval '7 hours' where id = (select id from host where inactive_at is null order by random() limit 1)`,
      );
      if (await end()) ended += 1;
      await sleep(5);
    }
  };
  const cluster = await makeCluster();
  const all = nodes.flatMap((node) => idsOf(node).map(([id, image]) => inCluster(id, image)));
  const reporters = nodes.map(async (node) =>
    reporter(
      await makeNode(`node-${node}`),
      idsOf(node).map(([id, image]) => onNode(id, image)),
      node,
    ),
  );
  const enders = ender();
  const last = await Promise.all([...reporters, reporter(cluster, all, 9)]);
  await enders;
  expect([ended > 10, reports > 60]).toEqual([true, true]);
  for (const { said, counted } of await countsOf(database)) expect(said).toBe(counted);
  const { rows: twice } = await database.query(
    `select runtime_id from container where gone_at is null and counts_on is null group by 1 having count(*) > 1`,
  );
  expect(twice).toEqual([]);
  const { rows: wrong } = await database.query(
    `select h.name from host h left join lateral (
       select count(*) filter (where counts_on is null) as containers, count(*) filter (where counts_on is null and state = 'running') as running, count(counts_on) as on_nodes
       from container c where c.host_id = h.id and c.gone_at is null) c on true
     where (h.containers, h.running, h.on_nodes) is distinct from (c.containers, c.running, c.on_nodes)`,
  );
  expect(wrong).toEqual([]);
  for (const report of last) await report();
  const total = 6 * nodes.length;
  expect(await said()).toMatchObject({
    images: { web: `3 hosts, ${total / 2} run`, job: `3 hosts, ${total / 2} run` },
    hosts: [...nodes.map((node) => `node-${node}: 6/6, 0 elsewhere`), `production: 0/0, ${total} elsewhere`],
  });
}, 150_000);
