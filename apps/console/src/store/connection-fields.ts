import type { ConnectionRecord, StoredAuthKind } from './connections.ts';
import type { Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

/** What people enter of a connection, the credential sealed. */
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
  | 'trustedRealms'
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
  'trusted_realms',
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
  JSON.stringify(fields.trustedRealms),
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
            retry_at = null, sync_cursor = null, asks_unread = true, changed_at = now()
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
