import { type DatabaseFault, databaseFault } from '../database-record.ts';
import type { Readable } from '../text/index.ts';

/** Fields that every page begins with. */
export interface PageHeader {
  readonly number: number;
  readonly next: number;
  readonly entries: number;
  /** On overflow pages: bytes of content. On hash pages: where the lowest item begins. */
  readonly contentBytes: number;
  readonly type: number;
}

export interface HashFile {
  readonly kind: 'hash';
  readonly littleEndian: boolean;
  readonly pageBytes: number;
  readonly pages: number;
  /** Pages that the file should have. */
  readonly statedPages: number;
  readonly maxBucket: number;
  /** What to add to a bucket's number for its page, by the doubling that brought the bucket. */
  readonly spares: readonly number[];
  /** Undefined where the file does not have the whole page. */
  page(number: number): HashPage | undefined;
}

export interface HashPage {
  readonly header: PageHeader;
  readonly view: DataView;
}

export const PAGE_HEADER_BYTES = 26;

const META_BYTES = 512;
const HASH_MAGIC = 0x061561;
const BTREE_MAGIC = 0x053162;
const SPARES = 32;

/**
 * Opens a hash database without reading more than its first page. The byte order is that of the machine that wrote it.
 * Layout: `struct _hashmeta33` of https://github.com/berkeleydb/libdb/blob/master/src/dbinc/db_page.h
 */
export function openHash(file: Readable): HashFile | DatabaseFault {
  const head = file.read(0, META_BYTES);
  if (head.byteLength < META_BYTES) return databaseFault('unreadable', 'the Berkeley DB metadata page is cut off');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magics = [view.getUint32(12, true), view.getUint32(12, false)];
  if (magics.includes(BTREE_MAGIC))
    return databaseFault('unsupported', 'a Berkeley DB b-tree, not the hash that rpm writes');
  const littleEndian = magics[0] === HASH_MAGIC;
  if (!littleEndian && magics[1] !== HASH_MAGIC) return databaseFault('unreadable', 'no Berkeley DB header');
  const field = (at: number): number => view.getUint32(at, littleEndian);
  const version = field(16);
  if (version < 5 || version > 10)
    return databaseFault('unsupported', `Berkeley DB hash version ${version} is not 5 to 10`);
  const pageBytes = field(20);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    return databaseFault('unreadable', 'the Berkeley DB page size is no power of two of 512 to 65536');
  }
  if (view.getUint8(25) !== 8)
    return databaseFault('unreadable', 'the first Berkeley DB page is no hash metadata page');
  if (view.getUint8(24) !== 0 || (view.getUint8(26) & 1) !== 0) {
    return databaseFault(
      'unsupported',
      'the Berkeley DB pages are encrypted or have checksums, which rpm never writes',
    );
  }
  return {
    kind: 'hash',
    littleEndian,
    pageBytes,
    pages: Math.floor(file.sizeBytes / pageBytes),
    statedPages: field(32) + 1,
    maxBucket: field(72),
    spares: Array.from({ length: SPARES }, (_, index) => field(96 + index * 4)),
    page: (number) => readPage(file, number * pageBytes, pageBytes, littleEndian),
  };
}

function readPage(file: Readable, offset: number, pageBytes: number, littleEndian: boolean): HashPage | undefined {
  if (offset + pageBytes > file.sizeBytes) return undefined;
  const bytes = file.read(offset, pageBytes);
  if (bytes.byteLength < pageBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    view,
    header: {
      number: view.getUint32(8, littleEndian),
      next: view.getUint32(16, littleEndian),
      entries: view.getUint16(20, littleEndian),
      contentBytes: view.getUint16(22, littleEndian),
      type: view.getUint8(25),
    },
  };
}
