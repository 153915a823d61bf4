/* What an agent may claim of a cluster's containers, that none stays hidden by it, and that it keeps nobody else waiting. */
import { expect, it } from 'vitest';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import { holdClusters } from '../store/cluster-containers.ts';
import type { Database } from '../store/database.ts';
import { defaultScope } from '../store/scope.ts';
import { has, images, inCluster, onNode, pod, saidOf } from './cluster-containers.testing.ts';
import { endSilentHost } from './end-silent-hosts.ts';
import { listenAllDay, makeReportedHost, passHours, type ReportedHost } from './reported-hosts.testing.ts';

let database: Database;
databaseForEach(async (opened) => {
  database = opened;
  await listenAllDay(database);
});

const end = () => endSilentHost(database, 1_000);
const makeCluster = () => makeReportedHost(database, 'production', 'cluster');
const makeNode = (name = 'node-1') => makeReportedHost(database, name);
/** As if its cluster had vouched for it as the agent of that node. */
const enrolAs = (host: ReportedHost, node: string) =>
  database.query('update agent set node = $2 where id = $1', [host.agentId, node]);

const said = () => saidOf(database);

const once = {
  images: { web: '1 hosts, 1 run', job: '1 hosts, 0 run' },
  hosts: ['node-1: 1/2, 0 elsewhere', 'production: 0/0, 2 elsewhere'],
  containers: ['c1 at node-1', 'c2 at node-1'],
};
const nodeHas = [onNode('c1'), onNode('c2', 'job', 'exited')];
const clusterHas = [inCluster('c1'), inCluster('c2', 'job', 'exited')];

async function makeBoth() {
  const [cluster, node] = [await makeCluster(), await makeNode()];
  await has(cluster, clusterHas);
  await has(node, nodeHas);
  return { cluster, node };
}

it('gives back what counts at a host that reports as a cluster from now on, or has no pods any more', async () => {
  const { cluster, node } = await makeBoth();
  const alone = { hosts: ['node-1: 0/0, 0 elsewhere', 'production: 1/2, 0 elsewhere'], images: once.images };
  const as = (mode: 'cluster' | 'inventory') => ({ agent: { version: '1', mode } });
  // Its pods would go on counting as a node's: a change alone says nothing of them, nor does a part.
  expect(await node.report([], {}, { ...as('cluster'), full: false, baseSequence: 1 })).toMatchObject({ resync: true });
  expect(await said()).toEqual(once);
  await node.report([], {}, { ...as('cluster'), part: { at: 0, of: 256 } });
  expect(await said()).toMatchObject(alone);
  await node.report(images, {}, { ...as('inventory'), containers: nodeHas });
  expect(await said()).toEqual(once);
  // A console that knows nothing of it took the report by which the last pod went.
  await database.query('update container set gone_at = now() where host_id = $1', [await node.hostId()]);
  await has(node, []);
  expect(await said()).toMatchObject({ containers: ['c1 at production', 'c2 at production'] });
  await has(node, nodeHas);
  await database.query('update host set is_cluster = true where id = $1', [await node.hostId()]);
  await passHours(database, 7, 'node-1');
  expect(await end()).toBe(true);
  expect(await said()).toMatchObject(alone);
  await has(cluster, clusterHas);
  expect(await said()).toMatchObject(alone);
});

it('takes no pods of a runtime from a cluster, and no cluster from the agent of a node', async () => {
  const { cluster, node } = await makeBoth();
  await expect(has(cluster, [...clusterHas, onNode('c3')])).rejects.toMatchObject({ code: 'invalid-input' });
  await enrolAs(node, 'node-1');
  await expect(node.report([], {}, { agent: { version: '1', mode: 'cluster' } })).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect(await said()).toEqual(once);
});

it('holds no node for a report of a cluster that changes nothing', async () => {
  const { cluster, node } = await makeBoth();
  let news: Promise<unknown> | undefined;
  await database.write(async (transaction) => {
    await holdClusters(transaction, defaultScope, 'node');
    const [repeated, late] = await Promise.all([
      cluster.report(images, {}, { sequence: 1 }),
      cluster.report(images, {}, { full: false, sequence: 9, baseSequence: 8 }),
    ]);
    expect([repeated, late]).toMatchObject([
      { sequence: 1, resync: false },
      { sequence: 1, resync: true },
    ]);
    news = has(cluster, [...clusterHas, inCluster('c3')]);
    await someoneWaits(database);
  });
  await news;
  await has(node, nodeHas);
  expect(await said()).toMatchObject({ hosts: ['node-1: 1/2, 0 elsewhere', 'production: 1/1, 2 elsewhere'] });
});

it('ends other hosts while a silent cluster is held by nodes', async () => {
  const { cluster } = await makeBoth();
  const lost = await makeReportedHost(database, 'lost');
  await lost.report(['web'], { own: ['web', 'running'] });
  await passHours(database, 8, 'production');
  await passHours(database, 7, 'lost');
  const passed = new Set<string>();
  await database.write(async (transaction) => {
    await holdClusters(transaction, defaultScope, 'node');
    expect(await endSilentHost(database, 1_000, passed)).toBe(true);
    expect(await endSilentHost(database, 1_000, passed)).toBe(false);
  });
  expect([...passed]).toEqual([await cluster.hostId()]);
  expect(await said()).toMatchObject({ images: once.images });
  // The next round's.
  expect([await end(), await end()]).toEqual([true, false]);
});

it('counts at a host only what its pod says too, and at the agent of a node only what is on that node', async () => {
  const cluster = await makeCluster();
  await has(cluster, clusterHas);
  const [thief, other] = [await makeNode('thief'), await makeNode('other')];
  const alone = { hosts: ['other: 0/0, 0 elsewhere', 'production: 1/2, 0 elsewhere', 'thief: 1/1, 0 elsewhere'] };
  await has(other, []);
  await has(thief, [{ ...onNode('c1'), pod: { ...pod, uid: 'u-2' } }]);
  expect(await said()).toMatchObject(alone);
  // Whichever of the two is second.
  await has(cluster, clusterHas);
  expect(await said()).toMatchObject(alone);
  await enrolAs(thief, 'node-2');
  await has(thief, [onNode('c1')]);
  expect(await said()).toMatchObject(alone);
  await has(cluster, clusterHas);
  expect(await said()).toMatchObject(alone);
  // Nor when the one that has it lets go.
  await has(other, nodeHas);
  expect(await said()).toMatchObject({
    hosts: ['other: 1/2, 0 elsewhere', 'production: 0/0, 2 elsewhere', 'thief: 1/1, 0 elsewhere'],
  });
  await has(other, []);
  expect(await said()).toMatchObject(alone);
  await enrolAs(thief, 'node-1');
  await has(thief, [onNode('c1')]);
  expect(await said()).toMatchObject({
    hosts: ['other: 0/0, 0 elsewhere', 'production: 0/1, 1 elsewhere', 'thief: 1/1, 0 elsewhere'],
  });
});

it.each(['cluster', 'node'] as const)('counts a static pod once, which the %s reports first', async (first) => {
  const [cluster, node] = [await makeCluster(), await makeNode()];
  const mirror = { ...inCluster('c1'), pod: { ...pod, uid: 'of the mirror', owner: 'Node/node-1', node: 'node-1' } };
  const reports = [() => has(cluster, [mirror]), () => has(node, [onNode('c1')])];
  for (const report of first === 'cluster' ? reports : reports.toReversed()) await report();
  expect(await said()).toMatchObject({ containers: ['c1 at node-1'] });
});
