import type { ConnectionKindId } from '@hullcheck/contract';
import { z } from 'zod';
import { keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import { lost, standsFor } from './queue.ts';
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
  readonly repositoryCount: number;
  readonly imageCount: number;
}

export interface RateLimitRecord {
  readonly limit: number | null;
  readonly remaining: number;
  readonly windowSeconds: number | null;
  readonly observedAtMs: number;
}

/** A limited reading goes on when the limit ends; any other begins again after its interval. */
const nextReading = `coalesce(c.retry_at, coalesce(c.sync_at, c.created_at) + make_interval(mins => c.every_minutes))`;

const columns = `c.id, c.scope_id as "scopeId", c.kind, c.name, c.url, c.registry, c.api_url as "apiUrl", c.namespaces, c.auth_kind as "authKind", c.username, c.credential, c.repositories,
  c.exclude_repositories as "excludeRepositories", c.allowed_addresses as "allowedAddresses", c.tags_include as "tagsInclude",
  c.tags_exclude as "tagsExclude", c.platforms, c.every_minutes as "everyMinutes", c.attached_sboms as "attachedSboms", c.status_code as "statusCode", c.ok_at as "okAt",
  c.retry_at as "retryAt", c.rate_limit as "rateLimit", c.sync_cursor as "syncCursor", ${nextReading} as "syncNext",
  (select coalesce(jsonb_agg(jsonb_build_object('pattern', k.pattern, 'authKind', k.auth_kind, 'username', k.username,
     'credential', encode(k.credential, 'base64')) order by k.position), '[]') from connection_credential k
   where k.connection_id = c.id) as "repositoryCredentials",
  c.tls_client_certificate as "tlsClientCertificate", c.tls_client_key as "tlsClientKey", c.tls_ca as "tlsCa", c.insecure_http as "insecureHttp", c.tags_max as "tagsMax", c.status, c.status_partial as "statusPartial",
  c.status_detail as "statusDetail", c.status_at as "statusAt", c.sync_activity as "syncActivity", c.sync_at as "syncAt", c.sync_error as "syncError",
  c.created_at as "createdAt", (select count(*) from repository r where r.connection_id = c.id and r.gone_at is null)::int as "repositoryCount",
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

export type ConnectionFields = Pick<
  ConnectionRecord,
  | 'kind'
  | 'name'
  | 'url'
  | 'registry'
  | 'authKind'
  | 'username'
  | 'credential'
  | 'repositories'
  | 'tlsCa'
  | 'tlsClientCertificate'
  | 'tlsClientKey'
  | 'insecureHttp'
  | 'tagsMax'
  | 'apiUrl'
  | 'namespaces'
  | 'excludeRepositories'
  | 'allowedAddresses'
  | 'tagsInclude'
  | 'tagsExclude'
  | 'platforms'
  | 'everyMinutes'
  | 'attachedSboms'
>;

const fieldColumns = [
  'kind',
  'name',
  'url',
  'registry',
  'auth_kind',
  'username',
  'credential',
  'repositories',
  'tls_ca',
  'insecure_http',
  'tags_max',
  'api_url',
  'namespaces',
  'exclude_repositories',
  'allowed_addresses',
  'tags_include',
  'tags_exclude',
  'platforms',
  'every_minutes',
  'attached_sboms',
  'tls_client_certificate',
  'tls_client_key',
] as const;
const valuesOf = (fields: ConnectionFields) => [
  fields.kind,
  plainText(fields.name),
  fields.url,
  fields.registry,
  fields.authKind,
  fields.username,
  fields.credential,
  JSON.stringify(fields.repositories),
  fields.tlsCa,
  fields.insecureHttp,
  fields.tagsMax,
  fields.apiUrl,
  JSON.stringify(fields.namespaces),
  JSON.stringify(fields.excludeRepositories),
  JSON.stringify(fields.allowedAddresses),
  JSON.stringify(fields.tagsInclude),
  JSON.stringify(fields.tagsExclude),
  JSON.stringify(fields.platforms),
  fields.everyMinutes,
  fields.attachedSboms,
  fields.tlsClientCertificate,
  fields.tlsClientKey,
];

/** The id is the caller's, because the credential is sealed for it. */
export async function insertConnection(
  transaction: Transaction,
  id: string,
  scopeId: string,
  fields: ConnectionFields,
): Promise<void> {
  const places = fieldColumns.map((_, index) => `$${index + 3}`);
  await transaction.query(
    `insert into connection (id, scope_id, ${fieldColumns.join(', ')}) values ($1, $2, ${places.join(', ')})`,
    [id, scopeId, ...valuesOf(fields)],
  );
}

export async function updateConnection(
  transaction: Transaction,
  view: ScopeView,
  id: string,
  fields: ConnectionFields,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update connection set ${fieldColumns.map((column, index) => `${column} = $${index + 3}`).join(', ')}, status = 'unknown',
            status_partial = null, status_code = 'UNKNOWN', status_detail = 'Not tried since it was changed.', status_at = null,
            retry_at = null, sync_cursor = null
     where scope_id = any($1) and id = $2`,
    [view.scopes, id, ...valuesOf(fields)],
  );
  return rowCount === 1;
}

/** Forgets the connection, its credential and what only it had seen. Answers the images it had. */
export async function deleteConnection(
  transaction: Transaction,
  view: ScopeView,
  id: string,
): Promise<readonly string[] | undefined> {
  const { rowCount } = await transaction.query('delete from connection where scope_id = any($1) and id = $2', [
    view.scopes,
    id,
  ]);
  if (rowCount !== 1) return undefined;
  const { rows } = await transaction.query<{ id: string }>(
    'delete from image_sighting where source_id = $1 returning image_id as id',
    [id],
  );
  await transaction.query('delete from image_name where source_id = $1', [id]);
  return rows.map((row) => row.id);
}

/** Replaces the credentials of single repositories, in this order. */
export async function writeRepositoryCredentials(
  transaction: Transaction,
  id: string,
  credentials: readonly {
    readonly pattern: string;
    readonly authKind: StoredAuthKind;
    readonly username: string | null;
    readonly credential: Buffer | null;
  }[],
): Promise<void> {
  await transaction.query('delete from connection_credential where connection_id = $1', [id]);
  for (const [position, { pattern, authKind, username, credential }] of credentials.entries()) {
    await transaction.query(
      `insert into connection_credential (connection_id, pattern, position, auth_kind, username, credential) values ($1, $2, $3, $4, $5, $6)`,
      [id, pattern, position, authKind, username, credential],
    );
  }
}

export interface StatusFields {
  readonly status: string;
  readonly partial: string | null;
  readonly code: string;
  readonly detail: string;
}

export async function writeStatus(database: Queryable, id: string, status: StatusFields): Promise<void> {
  await database.query(
    `update connection set status = $2, status_partial = $3, status_code = $4, status_detail = $5, status_at = now() where id = $1`,
    [id, status.status, status.partial, status.code, plainText(status.detail)],
  );
}

export async function markSyncQueued(transaction: Transaction, id: string): Promise<void> {
  await transaction.query(
    `update connection set sync_activity = case sync_activity when 'running' then 'running' else 'queued' end where id = $1`,
    [id],
  );
}

/** Begins a run: only its token may write what the registry has. */
export async function beginSync(database: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await database.query<{ token: string }>(
    `update connection set sync_activity = 'running', sync_token = gen_random_uuid(), retry_at = null where id = $1 returning sync_token as token`,
    [id],
  );
  return rows[0]?.token;
}

export async function holdsSync(transaction: Transaction, id: string, token: string): Promise<boolean> {
  const { rowCount } = await transaction.query('select 1 from connection where id = $1 and sync_token = $2 for share', [
    id,
    token,
  ]);
  return rowCount === 1;
}

export interface SyncEnd {
  /** Null: nothing to complain of. */
  readonly error: string | null;
  /** Epoch milliseconds; null: after the interval. */
  readonly retryAtMs: number | null;
  /** Where the next reading begins; null: at the first repository. */
  readonly cursor: string | null;
  readonly rateLimit: RateLimitRecord | null;
}

export async function endSync(transaction: Transaction, id: string, token: string, end: SyncEnd): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update connection set sync_activity = 'idle', sync_token = null, sync_at = now(), sync_error = $3, sync_cursor = $4,
            retry_at = to_timestamp($5::float8 / 1000), rate_limit = coalesce($6::jsonb, rate_limit),
            ok_at = case when $3::text is null then now() else ok_at end
     where id = $1 and sync_token = $2`,
    [
      id,
      token,
      end.error === null ? null : plainText(end.error),
      end.cursor,
      end.retryAtMs,
      end.rateLimit === null ? null : JSON.stringify(end.rateLimit),
    ],
  );
  return rowCount === 1;
}

/**
 * Ends readings that no job stands for, as `requeueLost` does for assessments: the next one begins after the interval, and what
 * this one would still write it can't.
 */
export async function endLostSyncs(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update connection c set sync_activity = 'idle', sync_token = null, sync_at = now(), sync_error = $1
     where c.sync_activity <> 'idle' and not exists (select 1 from graphile_worker.jobs j where j.key = 'sync:' || c.id and ${standsFor})`,
    [lost],
  );
}

/** Connections whose next reading is due: begun by the janitor. */
export async function connectionsDue(transaction: Transaction): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select c.id from connection c where c.sync_activity = 'idle' and ${nextReading} < now() order by c.id for update skip locked`,
  );
  return rows.map((row) => row.id);
}
