import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Judgement, lookupsOf, type Subject, subjectKey } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import type { JudgedBy } from './feeds.ts';
import { plainJson } from './plain-text.ts';
import { upsertGroups } from './vulnerability-groups.ts';

const hashKey = (subject: Subject): string => createHash('sha256').update(subjectKey(subject)).digest('hex');

/** The id of each distinct subject by its key, made where it is new. */
export async function upsertSubjects(
  transaction: Transaction,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, number>> {
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

export interface StaleSubject extends StoredSubject {
  /** It was judged before, but by another version's rules. */
  readonly otherRules: boolean;
}

async function insertLookups(transaction: Transaction, subjects: readonly StoredSubject[]): Promise<void> {
  const lookups = subjects.flatMap(({ id, body }) =>
    lookupsOf(body).map(({ ecosystem, name }) => ({ id, ecosystem, name })),
  );
  await transaction.query(
    `insert into subject_lookup (ecosystem, name, subject_id)
     select x.ecosystem, x.name, x.id from jsonb_to_recordset($1::jsonb) as x(id bigint, ecosystem text, name text) on conflict do nothing`,
    [plainJson(lookups)],
  );
}

/**
 * Of these subjects, those whose verdicts are not of this database revision and these rules. Locked, in one order, until the
 * transaction ends. Where the rules were others, the look-ups are made anew: a matcher that came with an upgrade has to hear
 * of advisories that are published after it.
 */
export async function lockStale(
  transaction: Transaction,
  ids: readonly number[],
  by: JudgedBy,
): Promise<readonly StaleSubject[]> {
  const { rows } = await transaction.query<StoredSubject & { revision: string | null; rules: string | null }>(
    `select id, body, judged_revision as revision, judged_rules as rules from subject
     where id = any($1::bigint[]) and (judged_revision is distinct from $2 or judged_rules is distinct from $3) order by id for update`,
    [ids, by.revision, by.rules],
  );
  const old = rows.filter(({ rules }) => rules !== by.rules);
  await transaction.query('delete from subject_lookup where subject_id = any($1::bigint[])', [old.map(({ id }) => id)]);
  await insertLookups(transaction, old);
  return rows.map(({ id, body, revision, rules }) => ({
    id,
    body,
    otherRules: revision !== null && rules !== by.rules,
  }));
}

/**
 * Why a verdict began or ended: its subject was first seen, an advisory that names it changed, a fact about the flaw did, or
 * another version of the product judges otherwise.
 */
export type VerdictCause = 'seen' | 'advisories' | 'facts' | 'rules';

export interface SubjectJudgement {
  readonly subjectId: number;
  /** Open judgements only; what is not here is an all-clear. */
  readonly judgements: readonly Judgement[];
}

interface OpenVerdict {
  readonly id: number;
  readonly subjectId: number;
  readonly groupId: number;
  readonly body: unknown;
}

/**
 * Writes what changed of the subjects' verdicts: an ended one gets its end, a changed one ends and begins anew, each with
 * its cause. Answers the subjects of which anything changed. The caller holds the subjects' locks.
 */
export async function writeVerdicts(
  transaction: Transaction,
  judged: readonly SubjectJudgement[],
  by: JudgedBy,
  cause: VerdictCause,
): Promise<ReadonlySet<number>> {
  const ids = judged.map(({ subjectId }) => subjectId);
  const groups = await upsertGroups(
    transaction,
    judged.flatMap(({ judgements }) => judgements),
  );
  const { rows: open } = await transaction.query<OpenVerdict>(
    `select id, subject_id as "subjectId", group_id as "groupId", body from verdict where subject_id = any($1::bigint[]) and valid_to is null`,
    [ids],
  );
  const before = new Map(open.map((verdict) => [`${verdict.subjectId} ${verdict.groupId}`, verdict]));
  const begin: { subjectId: number; groupId: number; judgement: Judgement }[] = [];
  const end: number[] = [];
  const changed = new Set<number>();
  const kept = new Set<string>();
  for (const { subjectId, judgements } of judged) {
    for (const judgement of judgements) {
      const groupId = groups.get(judgement.id);
      if (groupId === undefined) throw new Error('a judgement has no group');
      const key = `${subjectId} ${groupId}`;
      if (kept.has(key)) continue;
      kept.add(key);
      const was = before.get(key);
      if (was !== undefined && isDeepStrictEqual(was.body, JSON.parse(plainJson(judgement)))) continue;
      if (was !== undefined) end.push(was.id);
      begin.push({ subjectId, groupId, judgement });
      changed.add(subjectId);
    }
  }
  for (const [key, verdict] of before) {
    if (kept.has(key)) continue;
    end.push(verdict.id);
    changed.add(verdict.subjectId);
  }
  await transaction.query('update verdict set valid_to = now(), ended_cause = $2 where id = any($1::bigint[])', [
    end,
    cause,
  ]);
  await transaction.query(
    `insert into verdict (subject_id, group_id, kind, risk, body, cause, database_revision)
     select x."subjectId", x."groupId", x.judgement ->> 'verdict', (x.judgement ->> 'risk')::int, x.judgement, $2, $3
     from jsonb_to_recordset($1::jsonb) as x("subjectId" bigint, "groupId" bigint, judgement jsonb)`,
    [plainJson(begin), cause, by.revision],
  );
  await transaction.query('update subject set judged_revision = $2, judged_rules = $3 where id = any($1::bigint[])', [
    ids,
    by.revision,
    by.rules,
  ]);
  return changed;
}

/** Subjects that the changed keys name, in pages by id. */
export async function subjectsOfKeys(
  database: Queryable,
  keys: readonly { readonly ecosystem: string; readonly name: string }[],
  vulnerabilities: readonly string[],
): Promise<{ readonly byKey: readonly number[]; readonly byFacts: readonly number[] }> {
  const { rows: byKey } = await database.query<{ id: number }>(
    `select distinct s.subject_id as id from subject_lookup s
     join jsonb_to_recordset($1::jsonb) as x(ecosystem text, name text) on x.ecosystem = s.ecosystem and x.name = s.name order by 1`,
    [plainJson(keys)],
  );
  const { rows: byFacts } = await database.query<{ id: number }>(
    `select distinct v.subject_id as id from verdict v join vulnerability_alias a on a.group_id = v.group_id
     where v.valid_to is null and a.alias = any($1) order by 1`,
    [vulnerabilities],
  );
  return { byKey: byKey.map((row) => row.id), byFacts: byFacts.map((row) => row.id) };
}

/** What these rules judged by `from` and nobody named is as it was: its verdicts are of the new revision too. */
export async function carryVerdicts(transaction: Transaction, from: string, to: JudgedBy): Promise<void> {
  await transaction.query('update subject set judged_revision = $2 where judged_revision = $1 and judged_rules = $3', [
    from,
    to.revision,
    to.rules,
  ]);
}

export async function imagesOfSubjects(database: Queryable, ids: readonly number[]): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    'select distinct image_id as id from package_occurrence where subject_id = any($1::bigint[]) order by 1',
    [ids],
  );
  return rows.map((row) => row.id);
}

/** Subjects whose verdicts are of another revision or other rules and that some image still has. */
export async function staleSubjects(
  database: Queryable,
  by: JudgedBy,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await database.query<{ id: number }>(
    `select s.id from subject s where s.id > $2 and (s.judged_revision is distinct from $1 or s.judged_rules is distinct from $4)
       and exists (select 1 from package_occurrence o where o.subject_id = s.id) order by s.id limit $3`,
    [by.revision, after, limit, by.rules],
  );
  return rows.map((row) => row.id);
}
