import { z } from 'zod';
import { countMax, keyedPage, momentKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';
import { plainText } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

export interface NewUpload {
  readonly id: string;
  readonly scopeId: string;
  readonly kind: 'upload' | 'sample';
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly file: string;
  readonly createdBy: string;
}

export async function insertUpload(transaction: Transaction, upload: NewUpload): Promise<void> {
  await transaction.query(
    'insert into upload (id, scope_id, kind, name, bytes, sha256, file, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8)',
    [
      upload.id,
      upload.scopeId,
      upload.kind,
      plainText(upload.name),
      upload.bytes,
      upload.sha256,
      upload.file,
      upload.createdBy,
    ],
  );
}

export async function insertUploadImage(
  transaction: Transaction,
  uploadId: string,
  position: number,
  imageId: string,
  assessmentId: string,
): Promise<void> {
  await transaction.query(
    'insert into upload_image (upload_id, image_id, position, assessment_id) values ($1, $2, $3, $4)',
    [uploadId, imageId, position, assessmentId],
  );
}

export interface UploadListRow {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly receivedAt: Date;
  readonly images: readonly { readonly id: string; readonly assessment: string | null }[];
}

export async function listUploads(
  database: Queryable,
  view: ScopeView,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<UploadListRow>> {
  const after = parseCursor(query.cursor, z.tuple([momentKey, z.uuid()]));
  const { rows } = await database.query<UploadListRow & { key: string }>(
    `select u.id, u.name, u.bytes, u.received_at as "receivedAt",
            coalesce((select json_agg(json_build_object('id', i.image_id, 'assessment', i.assessment_id) order by i.position) from upload_image i where i.upload_id = u.id), '[]') as images,
            u.received_at::text as key
     from upload u where u.scope_id = any($1) and ($3::timestamptz is null or u.received_at < $3 or (u.received_at = $3 and u.id > $4::uuid))
     order by u.received_at desc, u.id limit $2`,
    [view.scopes, query.limit + 1, after?.[0] ?? null, after?.[1] ?? null],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    `select count(*) as n from (select 1 from upload where scope_id = any($1) limit ${countMax + 1}) c`,
    [view.scopes],
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ key, id }) => [key, id]);
}

/** Kept archives that nothing waits for: every image of them was assessed, or given up. Their bytes may go. */
export async function takeFinishedFiles(
  transaction: Transaction,
): Promise<readonly { readonly id: string; readonly file: string }[]> {
  const { rows } = await transaction.query<{ id: string; file: string }>(
    `update upload u set file = null from (
       select id, file from upload where file is not null and received_at < now() - interval '5 seconds' for update skip locked
     ) f where u.id = f.id
       and not exists (select 1 from upload_image ui join assessment a on a.image_id = ui.image_id
                       where ui.upload_id = u.id and a.state in ('queued', 'running', 'waiting'))
     returning u.id, f.file`,
  );
  return rows;
}

/** Names of the files that rows still need. */
export async function neededFiles(database: Queryable): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ file: string }>('select file from upload where file is not null');
  return new Set(rows.map((row) => row.file));
}

/** The sample archive of this content that was loaded before. */
export async function findSample(
  database: Queryable,
  view: ScopeView,
  sha256: string,
): Promise<readonly string[] | undefined> {
  const { rows } = await database.query<{ imageId: string }>(
    `select ui.image_id as "imageId" from upload u join upload_image ui on ui.upload_id = u.id
     where u.kind = 'sample' and u.sha256 = $1 and u.scope_id = any($2) order by ui.position`,
    [sha256, view.scopes],
  );
  return rows.length === 0 ? undefined : [...new Set(rows.map((row) => row.imageId))];
}
