import type { ConnectionKindId } from '@hullcheck/contract';
import { z } from 'zod';
import { keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable } from './database.ts';
import type { ScopeView } from './scope.ts';

export type StoredAuthKind = 'anonymous' | 'basic' | 'token' | 'aws-key' | 'entra' | 'google-key' | 'machine';

/** How single repositories are read, sealed. */
export interface RepositoryCredentialRecord {
  readonly pattern: string;
  readonly authKind: StoredAuthKind;
  readonly username: string | null;
  /** Base64 of the envelope. */
  readonly credential: string | null;
}

export interface ConnectionRecord {
  readonly id: string;
  readonly scopeId: string;
  readonly kind: ConnectionKindId;
  readonly name: string;
  readonly url: string;
  readonly registry: string;
  readonly apiUrl: string | null;
  readonly namespaces: readonly string[];
  readonly authKind: StoredAuthKind;
  readonly username: string | null;
  readonly credential: Buffer | null;
  /** In the order in which they are tried. */
  readonly repositoryCredentials: readonly RepositoryCredentialRecord[];
  readonly repositories: readonly string[];
  readonly excludeRepositories: readonly string[];
  readonly tlsCa: string | null;
  readonly tlsClientCertificate: string | null;
  /** Sealed. */
  readonly tlsClientKey: Buffer | null;
  readonly insecureHttp: boolean;
  readonly allowedAddresses: readonly string[];
  /** Origins of token servers that an administrator confirmed. */
  readonly trustedRealms: readonly string[];
  readonly tagsMax: number;
  readonly tagsInclude: readonly string[];
  readonly tagsExclude: readonly string[];
  readonly platforms: readonly string[];
  readonly everyMinutes: number | null;
  readonly attachedSboms: boolean;
  readonly status:
    | 'connected'
    | 'authorization_failed'
    | 'not_found'
    | 'ssl_handshake'
    | 'rate_limited'
    | 'unreachable'
    | 'unknown';
  readonly statusPartial: 'list_only' | 'pull_only' | null;
  readonly statusCode: string;
  readonly statusDetail: string;
  readonly statusAt: Date | null;
  readonly okAt: Date | null;
  readonly retryAt: Date | null;
  readonly rateLimit: RateLimitRecord | null;
  readonly syncActivity: 'idle' | 'queued' | 'running';
  readonly syncAt: Date | null;
  readonly syncNext: Date | null;
  readonly syncError: string | null;
  readonly syncCursor: string | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** What nobody could read at its registry is still to be asked for. */
  readonly asksUnread: boolean;
  readonly repositoryCount: number;
  readonly imageCount: number;
}

export interface RateLimitRecord {
  readonly limit: number | null;
  readonly remaining: number;
  readonly windowSeconds: number | null;
  readonly observedAtMs: number;
}

/** SQL: when a connection `c` is read next. A limited reading goes on when the limit ends; any other begins again after its interval. */
export const nextReading = `coalesce(c.retry_at, coalesce(c.sync_at, c.created_at) + make_interval(mins => c.every_minutes))`;

const columns = `c.id, c.scope_id as "scopeId", c.kind, c.name, c.url, c.registry, c.api_url as "apiUrl", c.namespaces, c.auth_kind as "authKind", c.username, c.credential, c.repositories,
  c.exclude_repositories as "excludeRepositories", c.allowed_addresses as "allowedAddresses", c.trusted_realms as "trustedRealms", c.tags_include as "tagsInclude",
  c.tags_exclude as "tagsExclude", c.platforms, c.every_minutes as "everyMinutes", c.attached_sboms as "attachedSboms", c.status_code as "statusCode", c.ok_at as "okAt",
  c.retry_at as "retryAt", c.rate_limit as "rateLimit", c.sync_cursor as "syncCursor", ${nextReading} as "syncNext",
  (select coalesce(jsonb_agg(jsonb_build_object('pattern', k.pattern, 'authKind', k.auth_kind, 'username', k.username,
     'credential', encode(k.credential, 'base64')) order by k.position), '[]') from connection_credential k
   where k.connection_id = c.id) as "repositoryCredentials",
  c.tls_client_certificate as "tlsClientCertificate", c.tls_client_key as "tlsClientKey", c.tls_ca as "tlsCa", c.insecure_http as "insecureHttp", c.tags_max as "tagsMax", c.status, c.status_partial as "statusPartial",
  c.status_detail as "statusDetail", c.status_at as "statusAt", c.sync_activity as "syncActivity", c.sync_at as "syncAt", c.sync_error as "syncError",
  c.created_at as "createdAt", c.changed_at as "changedAt", c.asks_unread as "asksUnread", (select count(*) from repository r where r.connection_id = c.id and r.gone_at is null)::int as "repositoryCount",
  (select count(*) from image_sighting g where g.source_id = c.id)::int as "imageCount"`;

export async function listConnections(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<ConnectionRecord>> {
  const after = parseCursor(query.cursor, z.tuple([nameKey, z.uuid()]));
  const { rows } = await database.query<ConnectionRecord>(
    `select ${columns} from connection c where c.scope_id = any($1)
     and ($3::text is null or (c.name collate "C", c.id) > ($3, $4::uuid)) order by c.name collate "C", c.id limit $2`,
    [view.scopes, query.limit + 1, ...(after ?? [null, null])],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    'select count(*) as n from connection where scope_id = any($1)',
    [view.scopes],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ name, id }) => [name, id]);
}

export async function findConnection(
  database: Queryable,
  view: ScopeView,
  id: string,
): Promise<ConnectionRecord | undefined> {
  const { rows } = await database.query<ConnectionRecord>(
    `select ${columns} from connection c where c.scope_id = any($1) and c.id = $2`,
    [view.scopes, id],
  );
  return rows[0];
}

/** For jobs, which act for the scope that the connection has. */
export async function findConnectionById(database: Queryable, id: string): Promise<ConnectionRecord | undefined> {
  const { rows } = await database.query<ConnectionRecord>(`select ${columns} from connection c where c.id = $1`, [id]);
  return rows[0];
}

/** Connections to a registry whose scope sees the image. */
export async function connectionsFor(
  database: Queryable,
  registry: string,
  imageId: string,
): Promise<readonly ConnectionRecord[]> {
  const { rows } = await database.query<ConnectionRecord>(
    `select ${columns} from connection c where c.registry = $1
       and exists (select 1 from image_sighting g where g.image_id = $2 and g.scope_id = c.scope_id)
     order by c.status = 'connected' desc, c.created_at, c.id`,
    [registry, imageId],
  );
  return rows;
}
