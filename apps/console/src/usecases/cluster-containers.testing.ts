import type { AgentContainer } from '@hullcheck/contract';
import { digestOf, listedContainer } from '@hullcheck/testkit';
import { expect } from 'vitest';
import { listContainers } from '../store/containers.ts';
import type { Database } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';
import { defaultScope } from '../store/scope.ts';
import { countsOf, type ReportedHost } from './reported-hosts.testing.ts';

export const images = ['web', 'job'];
export const pod = { namespace: 'shop', name: 'web-1', uid: 'u-1', owner: null, node: null };
type State = AgentContainer['state'];
const of = (image: string) => ({ imageKey: `docker/${digestOf(image)}`, imageReference: `${image}:1` });

/** As the runtime of its node has it. */
export const onNode = (id: string, image = 'web', state: State = 'running') =>
  listedContainer(id, { runtime: 'containerd-k8s.io', ...of(image), state, pod });
/** As the API of the cluster has it. */
export const inCluster = (id: string, image = 'web', state: State = 'running') =>
  listedContainer(id, {
    runtime: 'kubernetes',
    ...of(image),
    state,
    pod: { ...pod, owner: 'DaemonSet/web', node: 'node-1' },
  });

/** The host reports these containers and no others, of images that it has. */
export const has = (host: ReportedHost, containers: readonly AgentContainer[], of: readonly string[] = images) =>
  host.report(of, {}, { containers: [...containers] });

/** What lists say: of images as they are counted, of hosts, and of containers. */
export async function saidOf(database: Database) {
  for (const { said, counted } of await countsOf(database)) expect(said).toBe(counted);
  const { items: hosts } = await listHosts(database, { scopes: [defaultScope] }, { limit: 10 });
  const { items: containers } = await listContainers(database, { scopes: [defaultScope] }, { limit: 10 });
  return {
    images: Object.fromEntries((await countsOf(database)).map(({ image, said }) => [image, said])),
    hosts: hosts.map(
      ({ name, running, containers, onNodes }) => `${name}: ${running}/${containers}, ${onNodes} elsewhere`,
    ),
    containers: containers.map(({ id, hostName }) => `${id} at ${hostName}`),
  };
}
