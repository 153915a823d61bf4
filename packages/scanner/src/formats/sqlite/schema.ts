import { type DatabaseFault, databaseFault } from '../database-record.ts';
import { limits } from '../limits.ts';
import type { PageSource, SqliteFile } from './pages.ts';
import { integerOf, parseRecord } from './record.ts';
import { walkTable } from './table.ts';

/** Root page of a table by its name, case as written; a fault where the schema can't be read or does not have it. */
export function findTable(source: PageSource & Pick<SqliteFile, 'encoding'>, name: string): number | DatabaseFault {
  const decoder = new TextDecoder(source.encoding);
  let first: DatabaseFault | undefined;
  let events = 0;
  for (const event of walkTable(source, 1)) {
    events += 1;
    if (events > limits.sqliteSchemaRowsMax) {
      return first ?? databaseFault('limit-exceeded', 'the schema has more rows and pages than sqliteSchemaRowsMax');
    }
    if (event.kind === 'fault') first ??= event;
    if (event.kind !== 'row') continue;
    const [type, title, , root] = parseRecord(event.payload) ?? [];
    if (type === undefined || title === undefined || root === undefined) continue;
    if (decoder.decode(type.bytes) !== 'table' || decoder.decode(title.bytes) !== name) continue;
    const page = integerOf(root);
    if (page !== undefined && page > 0) return page;
  }
  return first ?? databaseFault('unreadable', `the schema has no table ${name}`);
}
