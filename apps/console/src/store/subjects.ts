import { createHash } from 'node:crypto';
import { lookupsOf, type Subject, subjectKey } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { plainJson } from './plain-text.ts';

const hashKey = (subject: Subject): string => createHash('sha256').update(subjectKey(subject)).digest('hex');

/** The id of each distinct subject by its key, made where it is new. None of them goes before the transaction ends (orphans.ts). */
export async function upsertSubjects(
  transaction: Transaction,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, number>> {
  await holdVerdicts(transaction, 'reading');
  const distinct = new Map(subjects.map((subject) => [hashKey(subject), subject]));
  const rows = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, body]) => ({ key, body }));
  const { rows: made } = await transaction.query<{ id: number; key: string }>(
    `insert into subject (key_sha256, body)
     select decode(x.key, 'hex'), x.body from jsonb_to_recordset($1::jsonb) as x(key text, body jsonb)
     on conflict (key_sha256) do nothing returning id, encode(key_sha256, 'hex') as key`,
    [plainJson(rows)],
  );
  await insertLookups(
    transaction,
    made.flatMap(({ id, key }) => {
      const body = distinct.get(key);
      return body === undefined ? [] : [{ id, body }];
    }),
  );
  const { rows: all } = await transaction.query<{ id: number; key: string }>(
    `select id, encode(key_sha256, 'hex') as key from subject
     where key_sha256 in (select decode(k, 'hex') from unnest($1::text[]) k)`,
    [[...distinct.keys()]],
  );
  const idOf = new Map(all.map(({ id, key }) => [key, id]));
  return new Map(
    [...distinct].flatMap(([key, subject]) => {
      const id = idOf.get(key);
      return id === undefined ? [] : [[subjectKey(subject), id] as const];
    }),
  );
}

export interface StoredSubject {
  readonly id: number;
  readonly body: Subject;
}

/** Stands for an ecosystem where the look-up is for a vendor's statements on a product. */
const VENDOR_PRODUCT = 'vendor-product';

async function insertLookups(transaction: Transaction, subjects: readonly StoredSubject[]): Promise<void> {
  const lookups = subjects.flatMap(({ id, body }) => [
    ...lookupsOf(body).map(({ ecosystem, name }) => ({ id, ecosystem, name })),
    ...(body.vendor?.products ?? []).map((name) => ({ id, ecosystem: VENDOR_PRODUCT, name })),
  ]);
  await transaction.query(
    `insert into subject_lookup (ecosystem, name, subject_id)
     select x.ecosystem, x.name, x.id from jsonb_to_recordset($1::jsonb) as x(id bigint, ecosystem text, name text) on conflict do nothing`,
    [plainJson(lookups)],
  );
}

/** Makes the look-ups of these subjects anew: a matcher that came with an upgrade has to hear of advisories published after it. */
export async function renewLookups(transaction: Transaction, subjects: readonly StoredSubject[]): Promise<void> {
  await transaction.query('delete from subject_lookup where subject_id = any($1::bigint[])', [
    subjects.map(({ id }) => id),
  ]);
  await insertLookups(transaction, subjects);
}

const judgingLock = 8_480_007;

/**
 * Held until the transaction ends. `reading`: an image is written by the verdicts that stand, so none of them changes
 * meanwhile. `judging`: verdicts change, and with them the figures of the images that are there.
 */
export async function holdVerdicts(transaction: Transaction, mode: 'reading' | 'judging'): Promise<void> {
  await transaction.query(
    mode === 'judging' ? 'select pg_advisory_xact_lock($1)' : 'select pg_advisory_xact_lock_shared($1)',
    [judgingLock],
  );
}

/** Of these subjects, those that were never judged. Locked, in one order, until the transaction ends. */
export async function lockUnjudged(
  transaction: Transaction,
  ids: readonly number[],
): Promise<readonly StoredSubject[]> {
  const { rows } = await transaction.query<StoredSubject>(
    'select id, body from subject where id = any($1::bigint[]) and judged_epoch is null order by id for update',
    [ids],
  );
  return rows;
}

/** Of these subjects, those that were not judged in this epoch. Locked, in one order, until the transaction ends. */
export async function lockJudgedBefore(
  transaction: Transaction,
  ids: readonly number[],
  epoch: number,
): Promise<readonly (StoredSubject & { readonly isNew: boolean })[]> {
  const { rows } = await transaction.query<StoredSubject & { isNew: boolean }>(
    `select id, body, judged_epoch is null as "isNew" from subject
     where id = any($1::bigint[]) and (judged_epoch is null or judged_epoch < $2) order by id for update`,
    [ids, epoch],
  );
  return rows;
}

/**
 * Subjects that the changed look-up keys or products of vendors name, and those with an open verdict on a flaw whose facts changed.
 * By the name of what they were built of: subjects that share flaws are judged side by side, and an image that holds several is
 * counted once.
 */
export async function subjectsOfKeys(
  database: Queryable,
  keys: readonly { readonly ecosystem: string; readonly name: string }[],
  vulnerabilities: readonly string[],
  products: readonly string[],
): Promise<readonly number[]> {
  const { rows } = await database.query<{ id: number }>(
    `select b.id from subject b where b.id in (
       select s.subject_id from subject_lookup s
         join jsonb_to_recordset($1::jsonb) as x(ecosystem text, name text) on x.ecosystem = s.ecosystem and x.name = s.name
       union
       select v.subject_id from verdict v join vulnerability_alias a on a.group_id = v.group_id
       where v.valid_to is null and a.alias = any($2)) order by ${bySource}, b.id`,
    [plainJson([...keys, ...products.map((name) => ({ ecosystem: VENDOR_PRODUCT, name }))]), vulnerabilities],
  );
  return rows.map((row) => row.id);
}

/**
 * Subjects that nothing carries into this epoch, in the same order: those judged by nobody or between `from` and it, when another
 * switch came before its work was done.
 */
export async function subjectsJudgedBetween(
  database: Queryable,
  from: number,
  epoch: number,
): Promise<readonly number[]> {
  const { rows } = await database.query<{ id: number }>(
    `select b.id from subject b where b.judged_epoch is null or (b.judged_epoch > $1 and b.judged_epoch < $2) order by ${bySource}, b.id`,
    [from, epoch],
  );
  return rows.map((row) => row.id);
}

const bySource = `coalesce(b.body #>> '{source,name}', b.body ->> 'name') collate "C"`;
