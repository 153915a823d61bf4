import { type Step, takeSome, takeTurn } from './cleaning.ts';
import type { Database, Transaction } from './database.ts';
import { holdLayers } from './layers.ts';
import { holdVerdicts } from './subjects.ts';

/**
 * Rows that images share outlive them: an image that is read again has other packages, one whose reader was revoked has none,
 * and the last image with a layer may be merged into another. What no image has any more, now or in its history, goes here.
 *
 * Each table is walked by its ids in rounds, some thousand ids a step (cleaning.ts). Candidates are found without a lock. Only where
 * there are some, everybody is kept from writing what could refer to them, for a moment, and they are looked at once more: nothing
 * can come to need a row that is going.
 */
export type Orphaned = 'subject' | 'package' | 'vulnerability_group' | 'layer' | 'coverage_profile';

export interface CleaningLimits {
  /** Ids that a step looks at, and rows that it deletes. */
  readonly idsMax: number;
  readonly orphansMax: number;
  /** Verdicts of subjects that go in one step, after which it takes no further subject. */
  readonly verdictsMax: number;
  /** How long a step waits for readings and judgings, which wait behind it. */
  readonly waitMs: number;
  /** From the end of a round to the beginning of the next. */
  readonly roundSeconds: number;
  /** A layer's report that was made or used since then is needed by a reading that is not written yet. */
  readonly unusedSeconds: number;
}

interface Walk {
  /** Condition on `t`, a row of the table. */
  readonly orphan: (limits: CleaningLimits) => string;
  /** Of how many rows deleting one costs as much. */
  readonly weight?: string;
  /** Until the transaction ends nobody comes to need one of them. */
  readonly hold: (transaction: Transaction) => Promise<void>;
  /** Deletes these, which nothing needs and nobody can come to need. */
  readonly remove: (transaction: Transaction, ids: readonly number[]) => Promise<void>;
}

const deleteBy = async (transaction: Transaction, table: string, column: string, ids: readonly number[]) => {
  await transaction.query(`delete from ${table} where ${column} = any($1::bigint[])`, [ids]);
};
const judging = (transaction: Transaction) => holdVerdicts(transaction, 'judging');

const walks: { readonly [what in Orphaned]: Walk } = {
  // With it all verdicts on it: pages tell the history of what some image has, or had (occurrence_change).
  subject: {
    orphan: () => `not exists (select from occurrence o where o.subject_id = t.id)
      and not exists (select from occurrence_change c where c.subject_id = t.id)`,
    weight: '(select count(*) from verdict v where v.subject_id = t.id)::int',
    hold: judging,
    remove: async (transaction, ids) => {
      await deleteBy(transaction, 'verdict', 'subject_id', ids);
      await deleteBy(transaction, 'subject', 'id', ids);
    },
  },
  package: {
    orphan: () => `not exists (select from occurrence o where o.package_id = t.id)
      and not exists (select from occurrence_change c where c.package_id = t.id)`,
    hold: judging,
    remove: (transaction, ids) => deleteBy(transaction, 'package', 'id', ids),
  },
  // Made again under its names by the next verdict on it.
  vulnerability_group: {
    orphan: () => 'not exists (select from verdict v where v.group_id = t.id)',
    hold: judging,
    remove: async (transaction, ids) => {
      await deleteBy(transaction, 'vulnerability_alias', 'group_id', ids);
      await deleteBy(transaction, 'vulnerability_group', 'id', ids);
    },
  },
  // An agent's reading names layers, whoever's reading the image shows; an alarm tells of two reports, whether it has ended or not.
  layer: {
    orphan: ({ unusedSeconds }) => `not exists (select from image_layer i where i.layer_id = t.id)
      and not exists (select from layer_report r where r.layer_id = t.id and r.used_at > now() - interval '${unusedSeconds} seconds')
      and not exists (select from reading_alarm a where a.layer_id = t.id)
      and not exists (select from agent_reading r where r.reading -> 'layers' @> jsonb_build_array(jsonb_build_object('diffId', t.diff_id)))`,
    hold: holdLayers,
    remove: async (transaction, ids) => {
      await deleteBy(transaction, 'layer_file', 'layer_id', ids);
      await deleteBy(transaction, 'layer_report', 'layer_id', ids);
      await deleteBy(transaction, 'layer', 'id', ids);
    },
  },
  // Made again by the next image that needs these ecosystems.
  coverage_profile: {
    orphan: () => 'not exists (select from image_result r where r.profile_id = t.id)',
    hold: judging,
    remove: (transaction, ids) => deleteBy(transaction, 'coverage_profile', 'id', ids),
  },
};

export const orphaned = Object.keys(walks) as readonly Orphaned[];

/** One step. Answers how many rows of the table went, and undefined where it is not its time, or it can't be without waiting long. */
export async function removeOrphans(
  database: Database,
  what: Orphaned,
  limits: CleaningLimits,
): Promise<number | undefined> {
  return (await takeTurn(database, what, limits, (transaction, turn) => step(transaction, what, turn.after, limits)))
    ?.removed;
}

async function step(transaction: Transaction, what: Orphaned, after: number, limits: CleaningLimits): Promise<Step> {
  const walk = walks[what];
  const { rows: looked } = await transaction.query<{ id: number }>(
    `select id from ${what} where id > $1 order by id limit $2`,
    [after, limits.idsMax],
  );
  const candidates = await findOrphans(
    transaction,
    what,
    looked.map(({ id }) => id),
    limits,
  );
  const taken = takeSome(candidates, limits.orphansMax, limits.verdictsMax).map(({ id }) => id);
  let gone: readonly number[] = [];
  if (taken.length > 0) {
    await walk.hold(transaction);
    gone = await lockOrphans(transaction, what, taken, limits);
    if (gone.length > 0) await walk.remove(transaction, gone);
  }
  // Those that were not taken are the next step's.
  const upTo = taken.length < candidates.length ? taken.at(-1) : looked.at(-1)?.id;
  const isOver = taken.length === candidates.length && looked.length < limits.idsMax;
  return { removed: gone.length, next: isOver ? null : { after: upTo ?? 0 } };
}

interface Candidate {
  readonly id: number;
  readonly weight: number;
}

async function findOrphans(
  transaction: Transaction,
  what: Orphaned,
  ids: readonly number[],
  limits: CleaningLimits,
): Promise<readonly Candidate[]> {
  const { orphan, weight = '0' } = walks[what];
  const { rows } = await transaction.query<Candidate>(
    `select t.id, ${weight} as weight from ${what} t where t.id = any($1::bigint[]) and ${orphan(limits)} order by t.id limit $2`,
    [ids, limits.orphansMax + 1],
  );
  return rows;
}

/** Of these, those that nothing needs still, now that everybody else waits. */
async function lockOrphans(
  transaction: Transaction,
  what: Orphaned,
  ids: readonly number[],
  limits: CleaningLimits,
): Promise<readonly number[]> {
  // A reading that takes a report marks it as used without waiting for anybody; once the report is locked, it finds none.
  if (what === 'layer')
    await transaction.query(
      'select 1 from layer_report where layer_id = any($1::bigint[]) order by layer_id, trust_domain, readers_sha256 for update',
      [ids],
    );
  const { rows } = await transaction.query<{ id: number }>(
    `select t.id from ${what} t where t.id = any($1::bigint[]) and ${walks[what].orphan(limits)} order by t.id for update skip locked`,
    [ids],
  );
  return rows.map(({ id }) => id);
}
