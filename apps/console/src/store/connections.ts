import { countMax, offsetOf, offsetPage, type Page } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

export interface ConnectionRecord {
  readonly id: string;
  readonly scopeId: string;
  readonly kind: 'generic' | 'docker-hub';
  readonly name: string;
  readonly url: string;
  readonly registry: string;
  readonly authKind: 'anonymous' | 'basic' | 'token';
  readonly username: string | null;
  readonly credential: Buffer | null;
  readonly repositories: readonly string[];
  readonly tlsCa: string | null;
  readonly insecureHttp: boolean;
  readonly tagsMax: number;
  readonly status:
    | 'connected'
    | 'authorization_failed'
    | 'not_found'
    | 'ssl_handshake'
    | 'rate_limited'
    | 'unreachable'
    | 'unknown';
  readonly statusPartial: 'list_only' | 'pull_only' | null;
  readonly statusDetail: string;
  readonly statusAt: Date | null;
  readonly syncActivity: 'idle' | 'queued' | 'running';
  readonly syncAt: Date | null;
  readonly syncError: string | null;
  readonly createdAt: Date;
  readonly repositoryCount: number;
  readonly imageCount: number;
}

const columns = `c.id, c.scope_id as "scopeId", c.kind, c.name, c.url, c.registry, c.auth_kind as "authKind", c.username, c.credential, c.repositories,
  c.tls_ca as "tlsCa", c.insecure_http as "insecureHttp", c.tags_max as "tagsMax", c.status, c.status_partial as "statusPartial",
  c.status_detail as "statusDetail", c.status_at as "statusAt", c.sync_activity as "syncActivity", c.sync_at as "syncAt", c.sync_error as "syncError",
  c.created_at as "createdAt", (select count(*) from repository r where r.connection_id = c.id)::int as "repositoryCount",
  (select count(*) from image_sighting g where g.source_id = c.id)::int as "imageCount"`;

export async function listConnections(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<ConnectionRecord>> {
  const offset = offsetOf(query.cursor);
  const { rows } = await database.query<ConnectionRecord>(
    `select ${columns} from connection c where c.scope_id = any($1) order by c.name collate "C", c.id limit $2 offset $3`,
    [view.scopes, query.limit + 1, offset],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    'select count(*) as n from connection where scope_id = any($1)',
    [view.scopes],
  );
  return offsetPage(rows, query.limit, offset, counted[0]?.n ?? 0);
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
  | 'insecureHttp'
  | 'tagsMax'
>;
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
];

/** The id is the caller's, because the credential is sealed for it. */
export async function insertConnection(
  transaction: Transaction,
  id: string,
  scopeId: string,
  fields: ConnectionFields,
): Promise<void> {
  await transaction.query(
    `insert into connection (id, scope_id, kind, name, url, registry, auth_kind, username, credential, repositories, tls_ca, insecure_http, tags_max)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
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
    `update connection set kind = $3, name = $4, url = $5, registry = $6, auth_kind = $7, username = $8, credential = $9, repositories = $10,
            tls_ca = $11, insecure_http = $12, tags_max = $13, status = 'unknown', status_partial = null, status_detail = 'Not tried since it was changed.', status_at = null
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

export async function writeStatus(
  database: Queryable,
  id: string,
  status: { readonly status: string; readonly partial: string | null; readonly detail: string },
): Promise<void> {
  await database.query(
    'update connection set status = $2, status_partial = $3, status_detail = $4, status_at = now() where id = $1',
    [id, status.status, status.partial, plainText(status.detail)],
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
    `update connection set sync_activity = 'running', sync_token = gen_random_uuid() where id = $1 returning sync_token as token`,
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

export async function endSync(
  transaction: Transaction,
  id: string,
  token: string,
  error: string | null,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update connection set sync_activity = 'idle', sync_token = null, sync_at = now(), sync_error = $3 where id = $1 and sync_token = $2`,
    [id, token, error === null ? null : plainText(error)],
  );
  return rowCount === 1;
}

/** Connections that were not read for the interval: read again by the janitor. */
export async function connectionsDue(transaction: Transaction, everySeconds: number): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select id from connection where sync_activity = 'idle' and coalesce(sync_at, created_at) < now() - make_interval(secs => $1) order by id for update skip locked`,
    [everySeconds],
  );
  return rows.map((row) => row.id);
}

export interface RepositoryListRow {
  readonly registry: string;
  readonly repository: string;
  readonly connectionId: string;
  readonly connectionName: string;
  readonly tags: number;
  readonly images: number;
  readonly risk: number | null;
}

export async function listRepositories(
  database: Queryable,
  view: ScopeView,
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly connection?: string | undefined;
    readonly q?: string | undefined;
  },
): Promise<Page<RepositoryListRow>> {
  const offset = offsetOf(query.cursor);
  const values = [
    view.scopes,
    query.connection ?? null,
    query.q === undefined ? null : `%${query.q.replace(/[\\%_]/g, (character) => `\\${character}`)}%`,
  ];
  const where = `r.scope_id = any($1) and ($2::uuid is null or r.connection_id = $2) and ($3::text is null or r.registry || '/' || r.name ilike $3)`;
  const { rows } = await database.query<RepositoryListRow>(
    `select r.registry, r.name as repository, c.id as "connectionId", c.name as "connectionName", count(t.name)::int as tags,
            count(distinct t.image_id)::int as images, max(i.risk) as risk
     from repository r join connection c on c.id = r.connection_id
     left join tag t on t.repository_id = r.id left join image_result i on i.image_id = t.image_id
     where ${where} group by r.id, c.id order by r.registry collate "C", r.name collate "C", r.id limit $4 offset $5`,
    [...values, query.limit + 1, offset],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from repository r where ${where} limit ${countMax + 1}) c`,
    values,
  );
  return offsetPage(rows, query.limit, offset, counted[0]?.n ?? 0);
}

export async function writeRepository(
  transaction: Transaction,
  connection: ConnectionRecord,
  name: string,
  tags: readonly {
    readonly name: string;
    readonly digest: string;
    readonly imageId: string | null;
    readonly error: string | null;
  }[],
  error: string | null,
): Promise<void> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into repository (scope_id, connection_id, registry, name, error, synced_at) values ($1, $2, $3, $4, $5, now())
     on conflict (connection_id, name) do update set error = excluded.error, synced_at = now(), registry = excluded.registry returning id`,
    [connection.scopeId, connection.id, connection.registry, name, error === null ? null : plainText(error)],
  );
  const id = rows[0]?.id;
  if (error === null)
    await transaction.query('delete from tag where repository_id = $1 and name <> all($2)', [
      id,
      tags.map((tag) => tag.name),
    ]);
  await transaction.query(
    `insert into tag (repository_id, name, digest, image_id, error) select $1, x.name, x.digest, x."imageId", x.error
     from jsonb_to_recordset($2::jsonb) as x(name text, digest text, "imageId" uuid, error text)
     on conflict (repository_id, name) do update set digest = excluded.digest, image_id = excluded.image_id, error = excluded.error, seen_at = now()`,
    [id, JSON.stringify(tags)],
  );
}

/** Repositories that the registry lists no more, with their tags. */
export async function dropRepositories(
  transaction: Transaction,
  connectionId: string,
  kept: readonly string[],
): Promise<void> {
  await transaction.query('delete from repository where connection_id = $1 and name <> all($2)', [connectionId, kept]);
}

/** Images that the connection had and no tag of it names any more. */
export async function imagesWithoutTag(transaction: Transaction, connectionId: string): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select g.image_id as id from image_sighting g where g.source_id = $1 and not exists (
       select 1 from tag t join repository r on r.id = t.repository_id where r.connection_id = $1 and t.image_id = g.image_id)`,
    [connectionId],
  );
  return rows.map((row) => row.id);
}

/** Tags as they were read last: a tag whose digest did not change is not fetched again. */
export async function knownTags(
  database: Queryable,
  connectionId: string,
  repository: string,
): Promise<ReadonlyMap<string, { readonly digest: string; readonly imageId: string }>> {
  const { rows } = await database.query<{ name: string; digest: string; imageId: string }>(
    `select t.name, t.digest, t.image_id as "imageId" from tag t join repository r on r.id = t.repository_id
     where r.connection_id = $1 and r.name = $2 and t.image_id is not null`,
    [connectionId, repository],
  );
  return new Map(rows.map(({ name, ...row }) => [name, row]));
}
