/** Runs one or several statements; gives the rows of one. */
export type RunStatements = (text: string) => Promise<readonly object[]>;

interface Moment {
  readonly table: string;
  readonly column: string;
  readonly type: 'timestamp with time zone' | 'date';
}

/** So many days away no row has a date. */
const FAR_DAYS = 100_000;

/**
 * Lets time pass in a console's database by moving all that it remembers into the past: PostgreSQL has no other clock than its
 * machine's. What is due by the time of a row is due then. Processes that live told of themselves meanwhile.
 */
export async function letTimePass(run: RunStatements, hours: number): Promise<void> {
  const moments = (await run(
    `select c.table_name as table, c.column_name as column, c.data_type as type from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.table_name <> 'worker_process' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER' and c.data_type in ('timestamp with time zone', 'date')`,
  )) as readonly Moment[];
  if (moments.length === 0) throw new Error('a database that remembers no time');
  const days = Math.floor(hours / 24);
  const updates: string[] = [];
  for (const [table, columns] of Map.groupBy(moments, (moment) => moment.table)) {
    const dates = columns.filter(({ type }) => type === 'date');
    const moved = columns.map(({ column, type }) =>
      type === 'date'
        ? `${column} = ${column} - ${FAR_DAYS}`
        : `${column} = ${column} - make_interval(hours => ${hours})`,
    );
    updates.push(`update ${table} set ${moved.join(', ')}`);
    // A day that is part of a key would meet that of another row on its way.
    const back = dates.map(({ column }) => `${column} = ${column} + ${FAR_DAYS - days}`);
    if (back.length > 0) updates.push(`update ${table} set ${back.join(', ')}`);
  }
  // No trigger takes it for a change.
  await run(['begin', 'set local session_replication_role = replica', ...updates, 'commit'].join('; '));
}

/** How many rows each table has, the queue's too. */
export async function countRows(run: RunStatements): Promise<ReadonlyMap<string, number>> {
  const tables = (await run(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
  )) as readonly { readonly name: string }[];
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [counted] = (await run(`select count(*)::int as n from ${name}`)) as readonly { readonly n: number }[];
    counts.set(name.replace(/^public\./, ''), counted?.n ?? 0);
  }
  return counts;
}
