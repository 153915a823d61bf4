import type { HostState } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { containerDetailOf } from '../estate/hosts.ts';
import { hex, uuid } from '../estate/ids.ts';
import type { Memory } from '../memory.ts';
import { listedContainers, listedHosts } from './host-lists.ts';
import { listed, pageOf } from './lists.ts';
import type { Handlers } from './types.ts';

export function hostRoutes(memory: Memory): Handlers {
  return {
    'hosts.list': ({ query }) => {
      const count = (state: HostState): number => memory.hosts.filter((host) => host.state === state).length;
      const found = listedHosts(memory.hosts, query);
      return {
        ...pageOf(found, query),
        states: { reporting: count('reporting'), silent: count('silent'), inactive: count('inactive') },
      };
    },
    'hosts.get': ({ params }) => memory.loadHost(params.id),
    'hosts.containers': ({ params, query }) =>
      pageOf(listedContainers(memory.containersOf.get(memory.loadHost(params.id).id) ?? [], query), query),
    'hosts.container': ({ params }) => {
      const row = memory.containersOf
        .get(memory.loadHost(params.id).id)
        ?.find(({ id, runtime }) => id === params.container && runtime === params.runtime);
      if (row === undefined) throw new Fault('not-found', 'this host has had no such container');
      return containerDetailOf(row, (minutes) => memory.at(minutes));
    },
    'hosts.images': ({ params, query }) => {
      const { name } = memory.loadHost(params.id);
      return pageOf(
        listed(memory.images, { sort: '-risk', q: query.q }).filter((row) =>
          row.sources.some((source) => source.kind === 'host' && source.name === name),
        ),
        query,
      );
    },
    'agents.list': ({ query }) =>
      pageOf(
        memory.hosts.map((host, index) => ({
          id: host.agent?.id ?? uuid(3),
          name: host.name,
          host: host.id,
          version: '0.1.0',
          enrolledAt: memory.at(-90 * 1440),
          lastSeen: host.lastSeen,
          revokedAt: null,
          differing: 0,
          // The first lists a cluster, and vouches for the two after it.
          through:
            index === 1 || index === 2
              ? { id: memory.hosts[0]?.agent?.id ?? uuid(3), name: memory.hosts[0]?.name ?? '', node: host.name }
              : null,
          nodes: index === 0 ? { mayEnroll: memory.nodesMayEnroll, enrolled: 2 } : null,
        })),
        query,
      ),
    'agents.revoke': () => undefined,
    'agents.update': ({ body }) => {
      memory.nodesMayEnroll = body.nodesMayEnroll;
      return undefined;
    },
    'agents.enrollments': ({ body }) => ({
      token: `hce_${hex(11, 43)}`,
      expiresAt: memory.at(60),
      command:
        'hullcheck agent --server https://hullcheck.corp.example:8480 --pin sha256:4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812',
      install:
        "curl -fsSk --pinnedpubkey sha256//Yf0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a59= -o hullcheck-install.sh https://hullcheck.corp.example:8480/agent/install.sh && echo '4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812  hullcheck-install.sh' | sha256sum -c - && sudo sh hullcheck-install.sh",
      container: body.nodes
        ? null
        : {
            enroll:
              'docker run --rm --interactive --network host --user 0:0 --read-only --tmpfs /tmp -v hullcheck-agent:/var/lib/hullcheck-agent -v /run/docker.sock:/run/docker.sock REGISTRY/hullcheck:VERSION --server https://hullcheck.corp.example:8480 --pin sha256:4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812 --data /var/lib/hullcheck-agent --name "$(hostname)" --once',
            run: 'docker run --detach --name hullcheck-agent --restart unless-stopped --network host --user 0:0 --read-only --tmpfs /tmp -v hullcheck-agent:/var/lib/hullcheck-agent -v /run/docker.sock:/run/docker.sock REGISTRY/hullcheck:VERSION --server https://hullcheck.corp.example:8480 --pin sha256:4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812 --data /var/lib/hullcheck-agent --name "$(hostname)"',
          },
      kubernetes: body.nodes
        ? {
            secret: 'kubectl -n hullcheck create secret generic hullcheck-enrollment --from-file=token=/dev/stdin',
            chart:
              'helm upgrade --install hullcheck deploy/helm/hullcheck-collector -n hullcheck --set server=https://hullcheck.corp.example:8480 --set nodes.enabled=true --set image.repository=REGISTRY/hullcheck',
          }
        : null,
    }),
  };
}
