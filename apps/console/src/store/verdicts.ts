import { isDeepStrictEqual } from 'node:util';
import type { verdictCauses } from '@hullcheck/contract';
import type { Judgement } from '@hullcheck/core';
import type { Transaction } from './database.ts';
import type { JudgedBy } from './feeds.ts';
import { plainJson } from './plain-text.ts';
import { measureOf, type VerdictStep } from './standing-steps.ts';
import { upsertGroups } from './vulnerability-groups.ts';

/** Stored. `aliases-merged`: two vulnerabilities proved to be one; nothing appeared or vanished, and no history tells it. */
export type VerdictCause = (typeof verdictCauses)[number] | 'aliases-merged';

export interface Explanation {
  readonly cause: VerdictCause;
  /** Field → before and after, of what is shown. Empty where it appeared or vanished. */
  readonly changes: { readonly [field: string]: readonly [unknown, unknown] };
}

export interface SubjectJudgement {
  readonly subjectId: number;
  /** Open judgements only; what is not here is an all-clear. */
  readonly judgements: readonly Judgement[];
}

/** What made the difference; null where only details drifted that make no history (a probability within its band). */
export type Explain = (subjectId: number, before: Judgement | null, after: Judgement | null) => Explanation | null;

export interface WrittenVerdicts {
  /** What changed, for the figures of the images that hold the subjects. */
  readonly steps: readonly VerdictStep[];
  /** Groups that took in others: figures of their images have to be counted anew. */
  readonly merged: readonly number[];
}

interface OpenVerdict {
  readonly id: number;
  readonly subjectId: number;
  readonly groupId: number;
  readonly body: Judgement;
}

/**
 * Writes what changed of the subjects' verdicts: an ended one gets its end, a changed one ends and begins anew, each with its
 * cause; one that only drifted gets its new body in place. The caller holds the subjects' locks.
 */
export async function writeVerdicts(
  transaction: Transaction,
  judged: readonly SubjectJudgement[],
  by: JudgedBy,
  epoch: number,
  explain: Explain,
): Promise<WrittenVerdicts> {
  const ids = judged.map(({ subjectId }) => subjectId);
  const merged: number[] = [];
  const groups = await upsertGroups(
    transaction,
    judged.flatMap(({ judgements }) => judgements),
    (group) => merged.push(group),
  );
  const { rows: open } = await transaction.query<OpenVerdict>(
    `select id, subject_id as "subjectId", group_id as "groupId", body from verdict where subject_id = any($1::bigint[]) and valid_to is null`,
    [ids],
  );
  const before = new Map(open.map((verdict) => [`${verdict.subjectId} ${verdict.groupId}`, verdict]));
  const begin: BegunVerdict[] = [];
  const drifted: { id: number; judgement: Judgement }[] = [];
  const end: { id: number; cause: VerdictCause; changes: unknown }[] = [];
  const steps: VerdictStep[] = [];
  const kept = new Set<string>();
  for (const { subjectId, judgements } of judged) {
    for (const judgement of judgements) {
      const groupId = groups.get(judgement.id);
      if (groupId === undefined) throw new Error('a judgement has no group');
      const key = `${subjectId} ${groupId}`;
      if (kept.has(key)) continue;
      kept.add(key);
      const was = before.get(key);
      const now = JSON.parse(plainJson(judgement)) as Judgement;
      if (was !== undefined && isDeepStrictEqual(was.body, now)) continue;
      const why = explain(subjectId, was?.body ?? null, now);
      steps.push({
        subjectId,
        groupId,
        before: was === undefined ? null : measureOf(was.body),
        after: measureOf(now),
      });
      if (why === null && was !== undefined) {
        drifted.push({ id: was.id, judgement: now });
        continue;
      }
      const cause = why?.cause ?? 'first-seen';
      if (was !== undefined) end.push({ id: was.id, cause, changes: why?.changes ?? null });
      begin.push({ subjectId, groupId, cause, judgement: now });
    }
  }
  for (const [key, verdict] of before) {
    if (kept.has(key)) continue;
    const cause = explain(verdict.subjectId, verdict.body, null)?.cause ?? 'advisory-withdrawn';
    end.push({ id: verdict.id, cause, changes: null });
    const { subjectId, groupId } = verdict;
    steps.push({ subjectId, groupId, before: measureOf(verdict.body), after: null });
  }
  await writeEnds(transaction, end, by.revision);
  await writeDrift(transaction, drifted);
  await writeBegins(transaction, begin, by.revision);
  await transaction.query('update subject set judged_epoch = $2 where id = any($1::bigint[])', [ids, epoch]);
  return { steps, merged };
}

interface BegunVerdict {
  readonly subjectId: number;
  readonly groupId: number;
  readonly cause: VerdictCause;
  readonly judgement: Judgement;
}

async function writeEnds(
  transaction: Transaction,
  ended: readonly { readonly id: number; readonly cause: VerdictCause; readonly changes: unknown }[],
  revision: string,
): Promise<void> {
  if (ended.length === 0) return;
  await transaction.query(
    `update verdict v set valid_to = now(), ended_cause = x.cause, ended_revision = $2, ended_changes = nullif(x.changes, 'null')
     from jsonb_to_recordset($1::jsonb) as x(id bigint, cause text, changes jsonb) where v.id = x.id`,
    [plainJson(ended), revision],
  );
}

/** Columns beside the body, out of it and its measure. */
const measured = (judgement: Judgement) => ({ kind: judgement.verdict, ...measureOf(judgement), body: judgement });
const recordset =
  'kind text, risk int, rating text, severity text, exploitable boolean, undetermined boolean, body jsonb';
const measuredColumns = ['kind', 'risk', 'rating', 'severity', 'exploitable', 'undetermined', 'body'];

async function writeDrift(
  transaction: Transaction,
  drifted: readonly { readonly id: number; readonly judgement: Judgement }[],
): Promise<void> {
  if (drifted.length === 0) return;
  await transaction.query(
    `update verdict v set ${measuredColumns.map((column) => `${column} = x.${column}`).join(', ')}
     from jsonb_to_recordset($1::jsonb) as x(id bigint, ${recordset}) where v.id = x.id`,
    [plainJson(drifted.map(({ id, judgement }) => ({ id, ...measured(judgement) })))],
  );
}

async function writeBegins(transaction: Transaction, begun: readonly BegunVerdict[], revision: string): Promise<void> {
  if (begun.length === 0) return;
  await transaction.query(
    `insert into verdict (subject_id, group_id, cause, database_revision, ${measuredColumns.join(', ')})
     select x."subjectId", x."groupId", x.cause, $2, ${measuredColumns.map((column) => `x.${column}`).join(', ')}
     from jsonb_to_recordset($1::jsonb) as x("subjectId" bigint, "groupId" bigint, cause text, ${recordset})`,
    [
      plainJson(
        begun.map(({ subjectId, groupId, cause, judgement }) => ({
          subjectId,
          groupId,
          cause,
          ...measured(judgement),
        })),
      ),
      revision,
    ],
  );
}
