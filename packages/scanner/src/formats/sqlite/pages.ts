import { type DatabaseFault, databaseFault } from '../database-record.ts';
import type { Readable } from '../text/index.ts';

/** The pages of a database, numbered from 1, as the file or its write-ahead log has them. */
export interface PageSource {
  readonly pageBytes: number;
  /** Bytes of a page that hold content; the rest is reserved for extensions. */
  readonly usableBytes: number;
  /** Undefined where the source does not have the whole page. */
  page(number: number): Uint8Array | undefined;
}

export interface SqliteFile extends PageSource {
  readonly kind: 'database';
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Whether a write-ahead log beside the file belongs to it. */
  readonly writeAhead: boolean;
  /** Pages that the header says there are; null where it was written by something that did not keep the count. */
  readonly statedPages: number | null;
}

const MAGIC = 'SQLite format 3\u0000';
const HEADER_BYTES = 100;
const ENCODINGS = ['utf-8', 'utf-8', 'utf-16le', 'utf-16be'] as const;

/** Opens a database file without reading more than its header. https://www.sqlite.org/fileformat2.html#the_database_header */
export function openSqlite(file: Readable): SqliteFile | DatabaseFault {
  const head = Buffer.from(file.read(0, HEADER_BYTES));
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) return databaseFault('unreadable', 'no SQLite header');
  if (head.byteLength < HEADER_BYTES) return databaseFault('unreadable', 'the SQLite header is cut off');
  const pageBytes = toPageBytes(head.readUInt16BE(16));
  if (pageBytes === undefined)
    return databaseFault('unreadable', 'the SQLite page size is no power of two of 512 to 65536');
  const usableBytes = pageBytes - head.readUInt8(20);
  if (usableBytes < 480) return databaseFault('unreadable', 'the SQLite pages have less than 480 usable bytes');
  const format = head.readUInt8(19);
  if (format !== 1 && format !== 2)
    return databaseFault('unsupported', `SQLite read version ${format} is neither 1 nor 2`);
  const stated = head.readUInt32BE(28);
  return {
    kind: 'database',
    pageBytes,
    usableBytes,
    encoding: ENCODINGS[head.readUInt32BE(56)] ?? 'utf-8',
    writeAhead: format === 2,
    // The count is valid only where the change counter is the one that it was written with.
    statedPages: stated > 0 && head.readUInt32BE(24) === head.readUInt32BE(92) ? stated : null,
    page: (number) => readPage(file, (number - 1) * pageBytes, pageBytes),
  };
}

/** The value 1 stands for 65536, which does not fit in two bytes. */
export function toPageBytes(stated: number): number | undefined {
  const bytes = stated === 1 ? 65_536 : stated;
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0 ? bytes : undefined;
}

export function readPage(file: Readable, offset: number, pageBytes: number): Uint8Array | undefined {
  if (offset < 0 || offset + pageBytes > file.sizeBytes) return undefined;
  const page = file.read(offset, pageBytes);
  return page.byteLength === pageBytes ? page : undefined;
}
