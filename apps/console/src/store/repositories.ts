import type { ConnectionKindId } from '@hullcheck/contract';
import { z } from 'zod';
import type { ConnectionRecord } from './connections.ts';
import { countMax, keyedPage, nameKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { partOf } from './named-order.ts';
import { plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';
import { keepAbsence, type RepositoryContents, writeTags } from './tags.ts';

export interface RepositoryListRow {
  readonly id: string;
  readonly registry: string;
  readonly repository: string;
  readonly description: string | null;
  readonly kind: ConnectionKindId;
  readonly connectionId: string;
  readonly connectionName: string;
  readonly tags: number;
  readonly images: number;
  readonly risk: number | null;
  readonly error: string | null;
  readonly newestBy: 'all' | 'pushed' | 'name' | null;
  readonly newestReason: string | null;
  readonly readAt: Date | null;
  readonly goneAt: Date | null;
}

export async function listRepositories(
  database: Queryable,
  view: ScopeView,
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly connection?: string | undefined;
    readonly kind?: string | undefined;
    readonly q?: string | undefined;
  },
): Promise<Page<RepositoryListRow>> {
  const after = parseCursor(query.cursor, z.tuple([z.enum(['here', 'gone']), nameKey, nameKey, z.uuid()]));
  const values: unknown[] = [
    view.scopes,
    query.connection ?? null,
    query.q === undefined ? null : partOf(query.q),
    query.kind ?? null,
  ];
  const from = `repository r join connection c on c.id = r.connection_id`;
  const where = `r.scope_id = any($1) and ($2::uuid is null or r.connection_id = $2) and ($4::text is null or c.kind = $4)
    and ($3::text is null or r.registry || '/' || r.name ilike $3)`;
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from ${from} where ${where} limit ${countMax + 1}) c`,
    values,
  );
  const key = `r.gone_at is not null, r.registry collate "C", r.name collate "C", r.id`;
  // The page first: tags and images are counted for what is shown alone.
  const { rows } = await database.query<RepositoryListRow>(
    `with page as materialized (
       select r.*, c.kind, c.name as connection_name from ${from} where ${where}
         and ($6::boolean is null or (${key}) > ($6, $7, $8, $9::uuid)) order by ${key} limit $5
     )
     select r.id, r.registry, r.name as repository, r.description, r.kind, r.connection_id as "connectionId", r.connection_name as "connectionName",
            t.tags, t.images, t.risk, r.error, r.newest_by as "newestBy", r.newest_reason as "newestReason", r.synced_at as "readAt", r.gone_at as "goneAt"
     from page r cross join lateral (
       select count(distinct t.name)::int as tags, count(distinct m.image_id)::int as images, max(i.risk) as risk
       from tag t left join tag_image m on m.repository_id = t.repository_id and m.name = t.name
       left join image_standing i on i.image_id = m.image_id
       where t.repository_id = r.id and t.gone_at is null and r.gone_at is null) t
     order by ${key}`,
    [
      ...values,
      query.limit + 1,
      after === undefined ? null : after[0] === 'gone',
      ...(after?.slice(1) ?? [null, null, null]),
    ],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ goneAt, registry, repository, id }) => [
    goneAt === null ? 'here' : 'gone',
    registry,
    repository,
    id,
  ]);
}

export async function writeRepository(
  transaction: Transaction,
  connection: Pick<ConnectionRecord, 'id' | 'scopeId' | 'registry'>,
  name: string,
  found: {
    readonly description?: string | undefined;
    readonly error: string | null;
    /** Left out: it stays as it was said last. */
    readonly newest?: { readonly by: 'all' | 'pushed' | 'name'; readonly reason: string | null };
    readonly contents: RepositoryContents | null;
  },
  goneTagsMax: number,
): Promise<void> {
  await keepAbsence(transaction, connection.id, name);
  const { rows } = await transaction.query<{ id: string }>(
    `insert into repository (scope_id, connection_id, registry, name, error, description, newest_by, newest_reason, synced_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now())
     on conflict (connection_id, name) do update set error = excluded.error, synced_at = now(), registry = excluded.registry,
       description = coalesce(excluded.description, repository.description), gone_at = null,
       newest_by = coalesce(excluded.newest_by, repository.newest_by),
       newest_reason = case when excluded.newest_by is null then repository.newest_reason else excluded.newest_reason end
     returning id`,
    [
      connection.scopeId,
      connection.id,
      connection.registry,
      name,
      found.error === null ? null : plainText(found.error),
      found.description === undefined ? null : plainText(found.description.slice(0, 500)),
      found.newest?.by ?? null,
      found.newest?.reason == null ? null : plainText(found.newest.reason),
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined || found.contents === null) return;
  await writeTags(transaction, id, found.contents, goneTagsMax);
}

/**
 * Repositories that are not read any more: those that the registry had and has no more are marked, those that are no longer wanted
 * go with their tags.
 */
export async function settleRepositories(
  transaction: Transaction,
  connectionId: string,
  settled: { readonly kept: readonly string[]; readonly gone: readonly string[] },
): Promise<void> {
  await transaction.query(
    'update repository set gone_at = now() where connection_id = $1 and name = any($2) and gone_at is null',
    [connectionId, settled.gone],
  );
  await transaction.query('delete from repository where connection_id = $1 and name <> all($2)', [
    connectionId,
    [...settled.kept, ...settled.gone],
  ]);
}

export async function repositoryNames(database: Queryable, connectionId: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ name: string }>('select name from repository where connection_id = $1', [
    connectionId,
  ]);
  return rows.map((row) => row.name);
}

/** Images that some tag of the repository names, there or gone. */
export async function imagesOfRepository(
  transaction: Transaction,
  connectionId: string,
  repository: string,
): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select distinct m.image_id as id from repository r join tag_image m on m.repository_id = r.id where r.connection_id = $1 and r.name = $2`,
    [connectionId, repository],
  );
  return rows.map((row) => row.id);
}

/**
 * Images that the connection had and no tag of it names any more. `among`: no others are looked at, because a connection has as
 * many as all its repositories together.
 */
export async function imagesWithoutTag(
  transaction: Transaction,
  connectionId: string,
  among: readonly string[] | null,
): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select g.image_id as id from image_sighting g where g.source_id = $1 ${among === null ? '' : 'and g.image_id = any($2)'} and not exists (
       select 1 from tag_image m join tag t on t.repository_id = m.repository_id and t.name = m.name
       join repository r on r.id = t.repository_id
       where r.connection_id = $1 and m.image_id = g.image_id and t.gone_at is null and r.gone_at is null)`,
    among === null ? [connectionId] : [connectionId, among],
  );
  return rows.map((row) => row.id);
}
