import type { Database } from './database.ts';

/** Below that, a wrong plan costs nothing that anyone would notice. */
const CHANGED_ROWS_MIN = 5_000;

/**
 * Gives PostgreSQL statistics of tables that at least doubled since it last looked, or that it never looked at. Its own round
 * comes once a minute: the hosts of a new estate report for the first time within less, and a table that it takes for empty is
 * read as a whole for each image (434 ms instead of 2, bench/results/estate.md). One that is being looked at already is passed
 * over. Answers the tables' names.
 */
export async function refreshStatistics(database: Database): Promise<readonly string[]> {
  const { rows } = await database.query<{ name: string }>(
    `select quote_ident(s.relname) as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
     where s.schemaname = current_schema() and s.n_mod_since_analyze > $1 and s.n_mod_since_analyze > c.reltuples
     order by s.n_mod_since_analyze desc`,
    [CHANGED_ROWS_MIN],
  );
  for (const { name } of rows) await database.query(`analyze (skip_locked) ${name}`);
  return rows.map(({ name }) => name);
}
