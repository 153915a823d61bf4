import { hashRecords } from '../../formats/berkeley-db/index.ts';
import type { DatabaseFault, DatabaseRecord } from '../../formats/database-record.ts';
import { ndbRecords } from '../../formats/ndb/index.ts';
import type { Readable } from '../../formats/text/index.ts';
import { PackageCollector } from './collect-packages.ts';
import type { RpmPackage, RpmTable } from './evidence.ts';

export interface ReadDatabase {
  readonly packages: readonly RpmPackage[];
  /** Only of SQLite databases, where a write-ahead log may belong to them. */
  readonly table: RpmTable | undefined;
  readonly faults: readonly DatabaseFault[];
}

const COUNTER_BYTES = 4;

/** The packages of a database whose records are headers: Berkeley DB's `Packages`, ndb's `Packages.db`. */
export function parseRecords(
  file: Readable,
  backend: 'berkeley-db' | 'ndb',
  keep: (path: string) => boolean,
): ReadDatabase {
  const collector = new PackageCollector(keep);
  const records: Iterable<DatabaseRecord> = backend === 'ndb' ? ndbRecords(file) : hashRecords(file);
  for (const record of records) {
    if (!collector.open) break;
    if (record.kind === 'fault') collector.fault(record);
    // Berkeley DB keeps the next free key under the key 0.
    else if (record.key !== 0 || record.bytes.byteLength !== COUNTER_BYTES) {
      const added = collector.add(record.bytes);
      if (typeof added === 'object') collector.fault(added);
    }
  }
  const { packages, faults } = collector.finish();
  return { packages, faults, table: undefined };
}
