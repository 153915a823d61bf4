import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { DatabaseStatus } from './database.ts';
import { readSources, readStatus } from './open.ts';
import { asInvalid, invalid, openFile } from './reading.ts';
import { SCHEMA_VERSION } from './schema.ts';

/** Everything that a look-up can answer, in an order that does not depend on how the file came about. */
const CONTENT = [
  `select s.id, f.id as feed, s.updated_at, s.extent, s.records, s.ecosystems, s.licence
   from source s join feed f on f.ordinal = s.feed order by s.id`,
  'select id, version, snapshot, records from feed order by id',
  `select e.name as ecosystem, x.name, f.id as feed, a.name as id, x.ordinal, a.body, x.body as affected
   from affected x join ecosystem e on e.id = x.ecosystem join advisory a on a.id = x.advisory
   join feed f on f.ordinal = a.feed order by e.name, x.name, f.id, a.name, x.ordinal`,
  'select x.cve, f.id as feed, x.body from fact x join feed f on f.ordinal = x.feed order by x.cve, f.id',
  `select x.distribution, x.release, f.id as feed, x.end_of_life, x.extended
   from support x join feed f on f.ordinal = x.feed order by x.distribution, x.release, f.id`,
] as const;

/** The content hash that names a revision: equal content has an equal name, whenever and wherever it was built. */
export function contentRevision(connection: DatabaseSync): string {
  const hash = createHash('sha256').update(`schema ${SCHEMA_VERSION}\n`);
  for (const sql of CONTENT) {
    for (const row of connection.prepare(sql).iterate()) hash.update(`${JSON.stringify(Object.values(row))}\n`);
    hash.update('\n');
  }
  return hash.digest('hex');
}

/** Checks every page and recomputes the content hash. Fault `database-invalid` when anything disagrees. */
export function verifyDatabase(location: string): DatabaseStatus {
  const file = openFile(location);
  try {
    const check = file.connection.prepare('pragma integrity_check(1)').get();
    if (check?.integrity_check !== 'ok') throw invalid(location, `SQLite finds: ${String(check?.integrity_check)}`);
    if (contentRevision(file.connection) !== file.revision)
      throw invalid(location, 'its content is not what its name says');
    return readStatus(location, file, readSources(file));
  } catch (error) {
    throw asInvalid(error, location);
  } finally {
    file.connection.close();
  }
}
