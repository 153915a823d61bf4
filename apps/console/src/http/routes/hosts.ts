import { Fault } from '@hullcheck/core';
import { chartCommands, containerCommands, hostCommand } from '../../agent-install/commands.ts';
import type { AgentDownloads, Reach } from '../../agent-install/downloads.ts';
import { actorOf } from '../../auth/principal.ts';
import { listAgents } from '../../store/agents.ts';
import { recordAudit } from '../../store/audit.ts';
import { type ContainerListRow, findContainer, listContainers } from '../../store/containers.ts';
import type { Page } from '../../store/cursor.ts';
import type { Database } from '../../store/database.ts';
import { listHostContainers } from '../../store/host-containers.ts';
import { findHost, type HostListRow, listHosts } from '../../store/hosts.ts';
import { listImages } from '../../store/image-lists.ts';
import { defaultScope, type ScopeView } from '../../store/scope.ts';
import { makeEnrollment } from '../../usecases/agents.ts';
import { adviseContainers, type CountedImages } from '../../usecases/container-advice.ts';
import { revokeAgent } from '../../usecases/revoke-agent.ts';
import { allowNodeEnrollment } from '../../usecases/tell-cluster.ts';
import type { Handlers } from '../route-table.ts';
import { toContainerDetail, toContainerRow, toHostRow } from './host-rows.ts';
import { rowContext, toImageRow, toInstant } from './image-rows.ts';

type HostHandlers = Pick<
  Handlers,
  | 'hosts.list'
  | 'hosts.get'
  | 'hosts.containers'
  | 'hosts.container'
  | 'hosts.images'
  | 'containers.list'
  | 'agents.list'
  | 'agents.revoke'
  | 'agents.update'
  | 'agents.enrollments'
>;

export interface HostContext {
  readonly database: Database;
  readonly now: () => number;
  /** How agents reach this console, with the fingerprint of its own certificate where nobody else vouches for it. */
  readonly reach: (origin: string) => Reach;
  /** What bare hosts take the agent from; undefined where this console has no program to give. */
  readonly downloads: ((origin: string) => Promise<AgentDownloads>) | undefined;
}

export function hostHandlers({ database, reach, downloads, now }: HostContext): HostHandlers {
  const loadHost = async (view: ScopeView, id: string): Promise<HostListRow> => {
    const host = await findHost(database, view, id);
    if (host === undefined) throw new Fault('not-found', 'there is no host with this id');
    return host;
  };
  const counted: CountedImages = new Map();
  const withAdvice = async (view: ScopeView, page: Page<ContainerListRow>) => {
    const advice = await adviseContainers(database, view, page.items, counted);
    return { ...page, items: page.items.map((row, index) => toContainerRow(row, advice[index] ?? null)) };
  };
  return {
    'hosts.list': async ({ view, query }) => {
      const page = await listHosts(database, view, {
        ...query,
        inactive: flagOf(query.inactive),
        unreadable: flagOf(query.unreadable),
      });
      return { ...page, items: page.items.map(toHostRow) };
    },
    'hosts.get': async ({ view, params }) => toHostRow(await loadHost(view, params.id)),
    'hosts.containers': async ({ view, params, query }) => {
      const { state } = await loadHost(view, params.id);
      const page = await listHostContainers(database, view, {
        ...query,
        running: flagOf(query.running),
        host: params.id,
        ended: state === 'inactive',
      });
      return withAdvice(view, page);
    },
    'hosts.container': async ({ view, params: { id, runtime, container } }) => {
      const row = await findContainer(database, view, { host: id, runtime, id: container });
      if (row === undefined) throw new Fault('not-found', 'this host has had no such container');
      const [advice = null] = await adviseContainers(database, view, [row], counted);
      return toContainerDetail(row, advice);
    },
    'hosts.images': async ({ view, params, query }) => {
      await loadHost(view, params.id);
      const page = await listImages(database, view, { ...query, sort: '-risk', host: params.id });
      const context = await rowContext(database, now);
      return { ...page, items: page.items.map((row) => toImageRow(row, context)) };
    },
    'containers.list': async ({ view, query }) => {
      return withAdvice(view, await listContainers(database, view, query));
    },
    'agents.list': async ({ view, query }) => {
      const page = await listAgents(database, view, query);
      return {
        ...page,
        items: page.items.map((agent) => ({
          id: agent.id,
          name: agent.name,
          host: agent.host,
          version: agent.version,
          enrolledAt: agent.enrolledAt.toISOString(),
          lastSeen: toInstant(agent.seenAt),
          revokedAt: toInstant(agent.revokedAt),
          differing: agent.differing,
          through:
            agent.throughId === null
              ? null
              : { id: agent.throughId, name: agent.throughName ?? '', node: agent.node ?? '' },
          nodes: agent.isCluster ? { mayEnroll: agent.enrollsNodes, enrolled: agent.nodes } : null,
        })),
      };
    },
    'agents.revoke': async ({ view, params, principal, address }) => {
      await revokeAgent(database, view, params.id, { actor: actorOf(principal), address });
      return undefined;
    },
    'agents.update': async ({ view, params, body, principal, address }) => {
      await allowNodeEnrollment(database, view, params.id, body.nodesMayEnroll, { actor: actorOf(principal), address });
      return undefined;
    },
    'agents.enrollments': async ({ principal, address, view, origin, body: { nodes } }) => {
      const scopeId = view.scopes[0] ?? defaultScope;
      const made = await database.write(async (transaction) => {
        const enrollment = await makeEnrollment(transaction, {
          scopeId,
          createdBy: actorOf(principal),
          local: false,
          nodes,
        });
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'agents.enrollments',
          target: null,
          outcome: 'ok',
          address,
          detail: { nodes },
        });
        return enrollment;
      });
      const { url, pin } = reach(origin);
      const install = (await downloads?.(origin))?.command ?? null;
      return {
        token: made.token,
        expiresAt: made.expiresAt.toISOString(),
        command: hostCommand({ url, pin }),
        install,
        container: nodes ? null : containerCommands({ url, pin }),
        kubernetes: nodes ? chartCommands({ url, pin }) : null,
      };
    },
  };
}

const flagOf = (text: 'true' | 'false' | undefined) => (text === undefined ? undefined : text === 'true');
