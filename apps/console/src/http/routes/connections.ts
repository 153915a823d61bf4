import type { ConnectionChange, ConnectionRow } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import type { Envelope } from '../../auth/envelope.ts';
import { actorOf } from '../../auth/principal.ts';
import { recordAudit } from '../../store/audit.ts';
import { type ConnectionRecord, listConnections } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import { listRepositories } from '../../store/repositories.ts';
import { defaultScope } from '../../store/scope.ts';
import { listTagRows } from '../../store/tags.ts';
import {
  changeConnection,
  createConnection,
  loadConnection,
  removeConnection,
  requestSync,
  testConnection,
} from '../../usecases/connections.ts';
import { createKnownCertificates } from '../../usecases/known-certificates.ts';
import type { RegistryCaller } from '../../usecases/registry-access.ts';
import type { Handlers } from '../route-table.ts';
import { toInstant } from './image-rows.ts';

type ConnectionHandlers = Pick<
  Handlers,
  | 'connections.list'
  | 'connections.test'
  | 'connections.create'
  | 'connections.get'
  | 'connections.update'
  | 'connections.delete'
  | 'connections.status'
  | 'connections.sync'
  | 'repositories.list'
  | 'repositories.tags'
>;

export interface ConnectionContext {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly caller: RegistryCaller;
}

export function connectionHandlers({ database, envelope, caller }: ConnectionContext): ConnectionHandlers {
  const factsOf = createKnownCertificates();
  const toConnectionRow = (row: ConnectionRecord) => connectionRowOf(row, factsOf);
  return {
    'connections.list': async ({ view, query }) => {
      const page = await listConnections(database, view, query);
      return { ...page, items: page.items.map(toConnectionRow) };
    },
    'connections.test': async ({ view, body: { saved, ...body }, signal, principal, address }) => {
      const before = saved === undefined ? undefined : await loadConnection(database, view, saved);
      const result = await testConnection(body, before, envelope, caller, signal);
      // Whoever tests makes the console connect somewhere: that is worth a line.
      await database.write((transaction) =>
        recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'connections.test',
          target: null,
          outcome: 'ok',
          address,
          detail: { url: body.url, status: result.status },
        }),
      );
      return result;
    },
    'connections.create': async ({ view, body, principal, address }) => {
      const id = await database.write(async (transaction) => {
        const made = await createConnection(transaction, envelope, view.scopes[0] ?? defaultScope, body, caller);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'connections.create',
          target: made,
          outcome: 'ok',
          address,
          detail: { name: body.name, url: body.url, ...confirmedOf(body) },
        });
        return made;
      });
      return toConnectionRow(await loadConnection(database, view, id));
    },
    'connections.get': async ({ view, params }) => toConnectionRow(await loadConnection(database, view, params.id)),
    'connections.update': async ({ view, params, body, principal, address }) => {
      await database.write(async (transaction) => {
        await changeConnection(transaction, view, envelope, params.id, body, caller);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'connections.update',
          target: params.id,
          outcome: 'ok',
          address,
          detail: { name: body.name, url: body.url, ...confirmedOf(body) },
        });
      });
      return toConnectionRow(await loadConnection(database, view, params.id));
    },
    'connections.delete': async ({ view, params, principal, address }) => {
      await database.write(async (transaction) => {
        await removeConnection(transaction, view, params.id);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'connections.delete',
          target: params.id,
          outcome: 'ok',
          address,
        });
      });
      return undefined;
    },
    'connections.status': async ({ view, params }) => statusOf(await loadConnection(database, view, params.id)),
    'connections.sync': async ({ view, params, principal, address }) => {
      await database.write(async (transaction) => {
        const connection = await loadConnection(transaction, view, params.id);
        await requestSync(transaction, connection.id, connection.name);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'connections.sync',
          target: params.id,
          outcome: 'ok',
          address,
        });
      });
      return toConnectionRow(await loadConnection(database, view, params.id));
    },
    'repositories.list': async ({ view, query }) => {
      const page = await listRepositories(database, view, query);
      return {
        ...page,
        items: page.items.map(({ connectionId, connectionName, readAt, goneAt, ...row }) => ({
          ...row,
          readAt: toInstant(readAt),
          goneAt: toInstant(goneAt),
          connection: { id: connectionId, name: connectionName },
        })),
      };
    },
    'repositories.tags': async ({ view, params, query }) => {
      const page = await listTagRows(database, view, params.id, query);
      if (page === undefined) throw new Fault('not-found', 'there is no such repository');
      return {
        ...page,
        items: page.items.map(({ imageId, risk, readBy, seenAt, goneAt, ...row }) => ({
          ...row,
          image: imageId === null ? null : { id: imageId, risk, readBy },
          seenAt: seenAt.toISOString(),
          goneAt: toInstant(goneAt),
        })),
      };
    },
  };
}

type Client = ConnectionRow['tls']['clientCertificate'];
type FactsOf = ReturnType<typeof createKnownCertificates>;

/** Where an administrator lets the connection go beside what the address says. */
const confirmedOf = ({ allowedAddresses, trustedRealms }: ConnectionChange) => ({
  ...(allowedAddresses.length === 0 ? {} : { allowedAddresses }),
  ...(trustedRealms.length === 0 ? {} : { trustedRealms }),
});

const statusOf = (row: ConnectionRecord) => ({
  status: row.status,
  partial: row.statusPartial,
  code: row.statusCode,
  detail: row.statusDetail,
  retryAt: toInstant(row.retryAt),
  checkedAt: toInstant(row.statusAt),
  okAt: toInstant(row.okAt),
});

function clientOf({ tlsClientCertificate }: ConnectionRecord, factsOf: FactsOf): Client {
  if (tlsClientCertificate === null) return null;
  const { subject, endsAtMs } = factsOf(tlsClientCertificate);
  return { subject, endsAt: new Date(endsAtMs).toISOString() };
}

function connectionRowOf(row: ConnectionRecord, factsOf: FactsOf): ConnectionRow {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    url: row.url,
    apiUrl: row.apiUrl,
    namespaces: [...row.namespaces],
    auth: { kind: row.authKind, username: row.username },
    repositoryCredentials: row.repositoryCredentials.map(({ pattern, authKind: kind, username }) => ({
      pattern,
      auth: { kind, username },
    })),
    repositories: [...row.repositories],
    excludeRepositories: [...row.excludeRepositories],
    tls: { ca: row.tlsCa !== null, insecureHttp: row.insecureHttp, clientCertificate: clientOf(row, factsOf) },
    allowedAddresses: [...row.allowedAddresses],
    trustedRealms: [...row.trustedRealms],
    tagsMax: row.tagsMax,
    tags: { include: [...row.tagsInclude], exclude: [...row.tagsExclude] },
    platforms: [...row.platforms],
    everyMinutes: row.everyMinutes,
    attachedSboms: row.attachedSboms,
    status: statusOf(row),
    rateLimit:
      row.rateLimit === null
        ? null
        : {
            limit: row.rateLimit.limit,
            remaining: row.rateLimit.remaining,
            windowSeconds: row.rateLimit.windowSeconds,
            at: new Date(row.rateLimit.observedAtMs).toISOString(),
          },
    sync: {
      activity: row.syncActivity,
      at: toInstant(row.syncAt),
      next: toInstant(row.syncNext),
      repositories: row.repositoryCount,
      images: row.imageCount,
      error: row.syncError,
    },
    createdAt: row.createdAt.toISOString(),
  };
}
