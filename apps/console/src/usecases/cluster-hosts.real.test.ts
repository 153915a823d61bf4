/* What lists say of a cluster, and of its nodes, where containers count at the nodes. */
import type { AgentReport } from '@hullcheck/contract';
import { digestOf, listedContainer, listedImage } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { databaseForEach, someoneWaits } from '../store/cloned.testing.ts';
import type { Database, Transaction } from '../store/database.ts';
import { listHostContainers } from '../store/host-containers.ts';
import { listHosts } from '../store/hosts.ts';
import { defaultScope } from '../store/scope.ts';
import { spreadStandings } from '../store/standings.ts';
import { makeReportedHost } from './reported-hosts.testing.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const view = { scopes: [defaultScope] };
const container = (
  id: string,
  image: string,
  runtime: string,
  pod: Partial<AgentReport['containers'][number]['pod']>,
) =>
  listedContainer(id, {
    runtime,
    imageKey: `docker/${digestOf(image)}`,
    imageReference: `${image}:1`,
    state: 'running',
    pod: { namespace: 'shop', name: `${image}-1`, uid: `u-${id}`, owner: null, node: null, ...pod },
  });
const onNode = (id: string, image: string) => container(id, image, 'containerd-k8s.io', {});
const inCluster = (id: string, image: string) =>
  container(id, image, 'kubernetes', { owner: 'DaemonSet/Courier', node: 'rack-7' });

const none = Array.from({ length: 18 }, () => 0).join(', ');
async function judge(transaction: Transaction, image: string, risk: number): Promise<void> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe,
       moderate, total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown, worst_subject)
     select image_id, 'complete', $2, '1', ${none} from image_digest where digest = $1 limit 1
     on conflict (image_id) do update set score = excluded.score returning image_id as id`,
    [digestOf(image), risk],
  );
  await spreadStandings(
    transaction,
    rows.map(({ id }) => id),
  );
}

it('knows the risk of a cluster after each change, though its containers count at their nodes', async () => {
  const [node, cluster] = [
    await makeReportedHost(database, 'node'),
    await makeReportedHost(database, 'cluster', 'cluster'),
  ];
  await node.report(['low', 'high'], {}, { containers: [onNode('c1', 'low'), onNode('c2', 'high')] });
  await database.write(async (transaction) => {
    await judge(transaction, 'low', 100);
    await judge(transaction, 'high', 900);
  });
  const risk = async () =>
    (await listHosts(database, view, { limit: 10 })).items.find(({ name }) => name === 'cluster')?.risk;
  await cluster.report(['low'], {}, { containers: [inCluster('c1', 'low')] });
  expect(await risk()).toBe(100);
  const image = (name: string) => listedImage(digestOf(name), `${name}:1`);
  const change = (sequence: number, more: Partial<AgentReport>) =>
    cluster.report([], {}, { full: false, sequence, baseSequence: sequence - 1, ...more });
  await change(2, { images: [image('high')], containers: [inCluster('c2', 'high')] });
  expect(await risk()).toBe(900);
  const gone = { images: [image('high').key], containers: ['kubernetes/c2'] };
  await change(3, { gone });
  expect(await risk()).toBe(100);
  // While the risk of what it brings is being changed, and nobody is to be asked for it.
  await database.query(`update assessment set state = 'none', cancelled = true, finished_at = now()`);
  let report: Promise<unknown> = Promise.resolve();
  await database.write(async (transaction) => {
    await judge(transaction, 'high', 700);
    report = change(4, { images: [image('high')], containers: [inCluster('c2', 'high')] });
    await someoneWaits(database);
  });
  await report;
  expect(await risk()).toBe(700);
});

it('finds a container at its node by the owner and node of its pod, which only the cluster knows', async () => {
  const [node, cluster] = [
    await makeReportedHost(database, 'node'),
    await makeReportedHost(database, 'cluster', 'cluster'),
  ];
  await cluster.report(['app', 'db'], {}, { containers: [inCluster('c1', 'app')] });
  await node.report(['app', 'db'], {}, { containers: [onNode('c1', 'app'), onNode('c2', 'db')] });
  const host = await node.hostId();
  const found = async (q: string) => {
    const { items, total } = await listHostContainers(database, view, { host, limit: 10, q });
    expect(total).toEqual({ value: items.length, exact: true });
    return items.map(({ id, podOwner, podNode }) => [id, podOwner, podNode]);
  };
  const shown = ['c1', 'DaemonSet/Courier', 'rack-7'];
  expect(await found('courier')).toEqual([shown]);
  expect(await found('RACK-7')).toEqual([shown]);
  // Not by what the list does not show.
  expect(await found('kubernetes')).toEqual([]);
  expect(await found('shop')).toEqual([shown, ['c2', null, null]]);
});
