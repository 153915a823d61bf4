import type { Package } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { hashReaders } from './layers.ts';
import { plainJson } from './plain-text.ts';

export interface Occurrence {
  readonly subjectId: number;
  readonly judged: boolean;
  readonly pkg: Package;
}

/**
 * Which packages the image has, in place of those before. A package that other images have too is one row for all: what stands
 * per image is which, at which place, and whether it is judged there.
 */
export async function writeOccurrences(
  transaction: Transaction,
  imageId: string,
  occurrences: readonly Occurrence[],
): Promise<void> {
  await transaction.query('delete from occurrence where image_id = $1', [imageId]);
  const rows = plainJson(
    occurrences.map(({ subjectId, judged, pkg }, position) => ({ position, subject: subjectId, judged, body: pkg })),
  );
  const given = `select x.position, x.subject, x.judged, x.body, sha256(convert_to(x.body::text, 'UTF8')) as sha
    from jsonb_to_recordset($1::jsonb) as x(position int, subject bigint, judged boolean, body jsonb)`;
  await transaction.query(
    `insert into package (sha256, purl, name, version, layer, body)
     select distinct on (g.sha) g.sha, g.body ->> 'purl', g.body ->> 'name', g.body ->> 'version', g.body ->> 'layer', g.body
     from (${given}) g where not exists (select 1 from package p where p.sha256 = g.sha) order by g.sha
     on conflict (sha256) do nothing`,
    [rows],
  );
  await transaction.query(
    `insert into occurrence (image_id, position, subject_id, package_id, judged)
     select $2, g.position, g.subject, p.id, g.judged from (${given}) g join package p on p.sha256 = g.sha`,
    [rows, imageId],
  );
}

/** Those of the images whose packages are judged apart from those of other images, because their vendor answers for them. */
export async function judgedApart(database: Queryable, imageIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ id: string }>(
    `select i as id from unnest($1::uuid[]) i where exists (
       select 1 from occurrence o join subject s on s.id = o.subject_id where o.image_id = i and s.body ? 'vendor')`,
    [imageIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Binds the packages of the image, in their order, to these subjects. */
export async function bindSubjects(
  transaction: Transaction,
  imageId: string,
  subjectIds: readonly number[],
): Promise<void> {
  await transaction.query(
    `update occurrence o set subject_id = x.id from unnest($2::bigint[]) with ordinality as x(id, place)
     where o.image_id = $1 and o.position = x.place - 1 and o.subject_id <> x.id`,
    [imageId, subjectIds],
  );
}

/** Why an image has other packages than when it was read before. Its bytes are the same: only the reading can differ. */
export type OccurrenceCause = 'analyzer-version' | 'package-changed';

interface Held {
  readonly subject: number;
  readonly package: number;
  /** Equal for subjects that differ only in what a vendor may state of them: by which name the image was read is no change of it. */
  readonly identity: string;
}

/** What the image held before it is written again, and by which readers; undefined when it is read for the first time. */
export async function holdOccurrences(
  transaction: Transaction,
  imageId: string,
): Promise<{ readonly readers: string; readonly held: readonly Held[] } | undefined> {
  const { rows } = await transaction.query<{ readers: string }>(
    'select readers_sha256 as readers from image_result where image_id = $1 for update',
    [imageId],
  );
  const [row] = rows;
  return row === undefined ? undefined : { readers: row.readers, held: await listHeld(transaction, imageId) };
}

async function listHeld(transaction: Transaction, imageId: string): Promise<readonly Held[]> {
  const { rows } = await transaction.query<Held>(
    `select o.subject_id as subject, min(o.package_id) as package, md5((s.body - 'vendor')::text) as identity
     from occurrence o join subject s on s.id = o.subject_id where o.image_id = $1 and o.judged group by o.subject_id, s.id`,
    [imageId],
  );
  return rows;
}

/** Notes which subjects the reading added and which it no longer finds. */
export async function noteOccurrenceChanges(
  transaction: Transaction,
  imageId: string,
  before: { readonly readers: string; readonly held: readonly Held[] },
  readers: { readonly [id: string]: number },
): Promise<void> {
  const now = await listHeld(transaction, imageId);
  const [had, has] = [before.held, now].map((list) => new Set(list.map(({ identity }) => identity)));
  const cause: OccurrenceCause = before.readers === hashReaders(readers) ? 'package-changed' : 'analyzer-version';
  const changes = [
    ...now.filter(({ identity }) => had?.has(identity) !== true).map((one) => ({ ...one, appeared: true })),
    ...before.held.filter(({ identity }) => has?.has(identity) !== true).map((one) => ({ ...one, appeared: false })),
  ];
  if (changes.length === 0) return;
  await transaction.query(
    `insert into occurrence_change (image_id, subject_id, package_id, appeared, cause)
     select $1, x.subject, x.package, x.appeared, $3 from jsonb_to_recordset($2::jsonb) as x(subject bigint, package bigint, appeared boolean)`,
    [imageId, JSON.stringify(changes), cause],
  );
}
