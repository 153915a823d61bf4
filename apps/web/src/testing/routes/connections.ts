import type { CallOutput, ConnectionRow } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { uuid } from '../estate/ids.ts';
import type { Memory } from '../memory.ts';
import { pageOf } from './lists.ts';
import { changedOf, savedOf, tried, tryConnection } from './trials.ts';
import type { Handlers } from './types.ts';

export function connectionRoutes(memory: Memory): Handlers {
  return {
    'connections.list': ({ query }) => pageOf(memory.connections, query),
    'connections.test': ({ body }) => tryConnection(body),
    'connections.create': ({ body }) => {
      if (memory.connections.some(({ name }) => name === body.name))
        throw new Fault('conflict', `a connection named ${body.name} exists`, { hint: 'Choose another name.' });
      memory.revision += 1;
      const connection: ConnectionRow = {
        ...savedOf(body),
        id: uuid(9_100 + memory.revision),
        status: { ...tried, checkedAt: memory.at(0), okAt: memory.at(0) },
        rateLimit: null,
        sync: { activity: 'running', at: null, next: null, repositories: 0, images: 0, error: null },
        createdAt: memory.at(0),
      };
      memory.connections = [...memory.connections, connection];
      return connection;
    },
    'connections.get': ({ params }) => memory.loadConnection(params.id),
    'connections.update': ({ params, body }) => {
      const old = memory.loadConnection(params.id);
      const changed: ConnectionRow = {
        ...old,
        ...changedOf(old, body),
      };
      memory.connections = memory.connections.map((one) => (one.id === params.id ? changed : one));
      return changed;
    },
    'connections.delete': ({ params }) => {
      memory.loadConnection(params.id);
      memory.connections = memory.connections.filter(({ id }) => id !== params.id);
      memory.revision += 1;
      return undefined;
    },
    'connections.sync': ({ params }) => {
      const old = memory.loadConnection(params.id);
      const changed: ConnectionRow = { ...old, sync: { ...old.sync, activity: 'running' } };
      memory.connections = memory.connections.map((one) => (one.id === params.id ? changed : one));
      return changed;
    },
    'repositories.list': ({ query }) => {
      if (memory.connections.length === 0) return pageOf([], query);
      const rows = new Map<string, CallOutput<'repositories.list'>['items'][number]>();
      for (const { detail } of memory.images) {
        if (detail.repository === null || detail.registry === null || !detail.repository.includes(query.q ?? ''))
          continue;
        const old = rows.get(detail.repository);
        const kind = detail.registry === 'docker.io' ? 'docker-hub' : 'generic';
        if (query.kind !== undefined && query.kind !== kind) continue;
        rows.set(detail.repository, {
          id: old?.id ?? uuid(12_000 + rows.size),
          description: detail.repository === 'shop/checkout' ? 'Takes orders and payments' : null,
          kind,
          error: null,
          newestBy: 'pushed',
          newestReason: null,
          readAt: memory.at(6),
          goneAt: null,
          registry: detail.registry,
          repository: detail.repository,
          connection: { id: uuid(9_001), name: 'corp registry' },
          tags: (old?.tags ?? 0) + detail.tags.length,
          images: (old?.images ?? 0) + 1,
          risk: detail.risk === null ? (old?.risk ?? null) : Math.max(old?.risk ?? 0, detail.risk),
        });
      }
      return pageOf(
        [...rows.values()].sort((a, b) => (b.risk ?? 1001) - (a.risk ?? 1001)),
        query,
      );
    },
    'repositories.tags': ({ params, query }) =>
      pageOf(
        ['1.4.2', '1.4.1', '1.3.9'].map((name, index) => ({
          name,
          digest: `sha256:${String(index).repeat(64)}`,
          image:
            index === 2 || params.id === ''
              ? null
              : {
                  id: memory.images[index]?.detail.id ?? uuid(1),
                  risk: memory.images[index]?.detail.risk ?? null,
                  readBy: index === 1 ? 'build-03' : 'console',
                },
          error: null,
          seenAt: memory.at(6 + index),
          goneAt: index === 2 ? memory.at(3_000) : null,
        })),
        query,
      ),
  };
}
