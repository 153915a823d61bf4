import { DatabaseSync } from 'node:sqlite';
import { hasStatements } from '../database/reading.ts';

/** For tests: every row that a look-up can answer, under names instead of row numbers, and the feeds. */
export function revisionContents(location: string): Readonly<Record<string, readonly unknown[]>> {
  const connection = new DatabaseSync(location, { readOnly: true });
  try {
    const all = (sql: string) => connection.prepare(sql).all();
    return {
      revision: all(`select value from meta where key in ('revision', 'built_at', 'contents') order by key`),
      feed: all('select ordinal, id, version, snapshot, records from feed order by id'),
      source: all('select f.id as feed, s.* from source s join feed f on f.ordinal = s.feed order by s.id'),
      advisory: all(
        'select f.id as feed, a.name, a.body from advisory a join feed f on f.ordinal = a.feed order by f.id, a.name',
      ),
      affected: all(
        `select f.id as feed, e.name as ecosystem, x.name, a.name as advisory, x.ordinal, x.body from affected x
         join ecosystem e on e.id = x.ecosystem join advisory a on a.id = x.advisory join feed f on f.ordinal = a.feed
         order by f.id, e.name, x.name, a.name, x.ordinal`,
      ),
      statements: hasStatements(connection)
        ? all(
            'select f.id as feed, s.product, s.body from statements s join feed f on f.ordinal = s.feed order by f.id, s.product',
          )
        : [],
      fact: all(
        'select f.id as feed, x.cve, x.body from fact x join feed f on f.ordinal = x.feed order by f.id, x.cve',
      ),
      support: all(
        `select f.id as feed, x.distribution, x.release, x.end_of_life, x.extended from support x
         join feed f on f.ordinal = x.feed order by f.id, x.distribution, x.release`,
      ),
    };
  } finally {
    connection.close();
  }
}
