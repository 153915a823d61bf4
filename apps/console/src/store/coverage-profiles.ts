import { createHash } from 'node:crypto';
import { coverageOfEcosystems, type DatabaseSource, problemsOfCoverage } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { plainJson } from './plain-text.ts';
import { restateProfiles } from './standings.ts';

/** What the sources make of these ecosystems. `sources` null: there is no database. */
export function stateOfProfile(
  ecosystems: readonly string[],
  sources: readonly DatabaseSource[] | null,
  nowMs: number,
): 'none' | 'partial' | 'complete' {
  const coverage = coverageOfEcosystems(ecosystems, sources ?? []);
  if (coverage.every(({ extent }) => extent === 'none')) return 'none';
  return problemsOfCoverage(coverage, nowMs).length > 0 ? 'partial' : 'complete';
}

/** The row of a set of ecosystems (in code-unit order), made where it is new. */
export async function upsertProfile(
  transaction: Transaction,
  ecosystems: readonly string[],
  sources: readonly DatabaseSource[] | null,
  nowMs: number,
): Promise<number> {
  const key = createHash('sha256').update(JSON.stringify(ecosystems)).digest('hex');
  await transaction.query(
    `insert into coverage_profile (ecosystems, sha256, state) values ($1, decode($2, 'hex'), $3) on conflict do nothing`,
    [plainJson(ecosystems), key, stateOfProfile(ecosystems, sources, nowMs)],
  );
  const { rows } = await transaction.query<{ id: number }>(
    `select id from coverage_profile where sha256 = decode($1, 'hex')`,
    [key],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a profile was neither found nor made');
  return row.id;
}

interface ProfileRow {
  readonly id: number;
  readonly ecosystems: readonly string[];
  readonly state: string;
}

/**
 * Says again what the sources lack, and of the images whose answer changed what state they are in. Asked when the sources
 * changed, and again and again because they age.
 */
export async function refreshProfiles(
  transaction: Transaction,
  sources: readonly DatabaseSource[] | null,
  nowMs: number,
): Promise<void> {
  const { rows } = await transaction.query<ProfileRow>(
    'select id, ecosystems, state from coverage_profile order by id for update',
  );
  const changed = rows.flatMap(({ id, ecosystems, state }) => {
    const now = stateOfProfile(ecosystems, sources, nowMs);
    return now === state ? [] : [{ id, now }];
  });
  if (changed.length === 0) return;
  await transaction.query(
    `update coverage_profile p set state = x.now from jsonb_to_recordset($1::jsonb) as x(id bigint, now text) where p.id = x.id`,
    [JSON.stringify(changed)],
  );
  await restateProfiles(
    transaction,
    changed.map(({ id }) => id),
  );
}

/** Whether any profile's state is not what these sources make of it now: without locks, for a look every quarter of a minute. */
export async function isProfileStale(
  database: Queryable,
  sources: readonly DatabaseSource[] | null,
  nowMs: number,
): Promise<boolean> {
  const { rows } = await database.query<ProfileRow>('select id, ecosystems, state from coverage_profile');
  return rows.some(({ ecosystems, state }) => stateOfProfile(ecosystems, sources, nowMs) !== state);
}
