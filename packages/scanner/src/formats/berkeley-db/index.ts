import { type DatabaseFault, type DatabaseRecord, databaseFault } from '../database-record.ts';
import { limits } from '../limits.ts';
import type { Readable } from '../text/index.ts';
import { type HashFile, type HashPage, openHash, PAGE_HEADER_BYTES, type PageHeader } from './pages.ts';

const TYPE_INVALID = 0;
const TYPE_HASH_UNSORTED = 2;
const TYPE_OVERFLOW = 7;
const TYPE_HASH = 13;

const ITEM_DATA = 1;
const ITEM_OFF_PAGE = 3;
const OFF_PAGE_ITEM_BYTES = 12;

/**
 * The records of a Berkeley DB hash whose keys are 32-bit numbers, bucket by bucket. A page belongs to one chain only, so
 * cyclic chains end at once and the whole walk reads no more than the file has.
 */
export function* hashRecords(file: Readable): Generator<DatabaseRecord> {
  const hash = openHash(file);
  if (hash.kind === 'fault') {
    yield hash;
    return;
  }
  if (hash.statedPages > hash.pages) {
    yield databaseFault('unreadable', `the database has ${hash.pages} of its ${hash.statedPages} pages`);
  }
  if (hash.maxBucket >= hash.pages) {
    yield databaseFault('unreadable', `${hash.maxBucket + 1} buckets do not fit into ${hash.pages} pages`);
  }
  const visited = new Set<number>([0]);
  const buckets = Math.min(hash.maxBucket + 1, hash.pages);
  for (let bucket = 0; bucket < buckets; bucket += 1) yield* bucketRecords(hash, bucket, visited);
  yield* strayRecords(hash, visited);
}

/** A table never shrinks and pages out of use lose their type: a filled hash page in no bucket says that a bucket was lost. */
function* strayRecords(hash: HashFile, visited: Set<number>): Generator<DatabaseRecord> {
  for (let number = 1; number < hash.pages; number += 1) {
    if (visited.has(number)) continue;
    const page = hash.page(number);
    if (page === undefined || !isHashPage(page.header, number) || page.header.entries === 0) continue;
    visited.add(number);
    yield databaseFault('unreadable', `hash page ${number} belongs to no bucket`);
    yield* pageRecords(hash, number, page, visited);
  }
}

function isHashPage({ type, number }: PageHeader, place: number): boolean {
  return (type === TYPE_HASH || type === TYPE_HASH_UNSORTED) && number === place;
}

function* bucketRecords(hash: HashFile, bucket: number, visited: Set<number>): Generator<DatabaseRecord> {
  // `spares` holds one entry for each doubling of the table: bucket 0, bucket 1, buckets 2 and 3, 4 to 7 …
  const first = bucket + (hash.spares[32 - Math.clz32(bucket)] ?? 0);
  for (let number = first; number !== 0; ) {
    if (visited.has(number)) {
      yield databaseFault('unreadable', `bucket ${bucket} continues on page ${number} of another chain`);
      return;
    }
    visited.add(number);
    const page = hash.page(number);
    if (page === undefined) {
      yield databaseFault('unreadable', `bucket ${bucket} continues on page ${number}, which is not in the file`);
      return;
    }
    const { header } = page;
    // Buckets of a doubling get their pages at once; those that were never filled are still zeros.
    if (number === first && header.type === TYPE_INVALID && header.number === 0 && header.entries === 0) return;
    if (!isHashPage(header, number)) {
      yield databaseFault('unreadable', `page ${number} of bucket ${bucket} is no hash page`);
      return;
    }
    yield* pageRecords(hash, number, page, visited);
    number = header.next;
  }
}

/** Keys and values alternate; each item ends where the one before it begins, the first at the end of the page. */
function* pageRecords(
  hash: HashFile,
  number: number,
  { header, view }: HashPage,
  visited: Set<number>,
): Generator<DatabaseRecord> {
  const { entries, contentBytes } = header;
  if (entries % 2 !== 0 || PAGE_HEADER_BYTES + entries * 2 > hash.pageBytes) {
    yield databaseFault('unreadable', `hash page ${number} states ${entries} entries`);
    return;
  }
  const last = entries === 0 ? hash.pageBytes : view.getUint16(PAGE_HEADER_BYTES + entries * 2 - 2, hash.littleEndian);
  // A page of 65536 bytes without content states 0: its own length does not fit.
  if ((last & 0xffff) !== contentBytes) {
    yield databaseFault(
      'unreadable',
      `hash page ${number} has more or fewer entries than the ${entries} that it states`,
    );
  }
  let end = hash.pageBytes;
  let key = 0;
  for (let index = 0; index < entries; index += 1) {
    const start = view.getUint16(PAGE_HEADER_BYTES + index * 2, hash.littleEndian);
    if (start >= end || start < PAGE_HEADER_BYTES + entries * 2) {
      yield databaseFault('unreadable', `entry ${index} of hash page ${number} lies outside of its place`);
      return;
    }
    const item = new DataView(view.buffer, view.byteOffset + start, end - start);
    end = start;
    if (index % 2 === 0) {
      key = item.byteLength === 5 && item.getUint8(0) === ITEM_DATA ? item.getUint32(1, hash.littleEndian) : Number.NaN;
      if (Number.isNaN(key))
        yield databaseFault('unreadable', `key ${index} of hash page ${number} is no 32-bit number`);
    } else if (!Number.isNaN(key)) {
      const bytes = readValue(hash, key, item, visited);
      yield 'kind' in bytes ? bytes : { kind: 'record', key, bytes };
    }
  }
}

function readValue(hash: HashFile, key: number, item: DataView, visited: Set<number>): Uint8Array | DatabaseFault {
  const type = item.getUint8(0);
  if (type === ITEM_DATA) return new Uint8Array(item.buffer, item.byteOffset + 1, item.byteLength - 1);
  if (type !== ITEM_OFF_PAGE) return databaseFault('unsupported', `record ${key} has the item type ${type}`);
  if (item.byteLength < OFF_PAGE_ITEM_BYTES)
    return databaseFault('unreadable', `record ${key} has a short overflow item`);
  return readOverflow(hash, key, {
    first: item.getUint32(4, hash.littleEndian),
    bytes: item.getUint32(8, hash.littleEndian),
    visited,
  });
}

/** Pieces are collected before anything is allocated: the stated length is the file's word. */
function readOverflow(
  hash: HashFile,
  key: number,
  chain: { readonly first: number; readonly bytes: number; readonly visited: Set<number> },
): Uint8Array | DatabaseFault {
  if (chain.bytes > limits.databaseRecordBytesMax) {
    return databaseFault('limit-exceeded', `record ${key} has ${chain.bytes} bytes, above databaseRecordBytesMax`);
  }
  const pieces: Uint8Array[] = [];
  let missing = chain.bytes;
  for (let number = chain.first; missing > 0; ) {
    if (number === 0)
      return databaseFault('unreadable', `the overflow chain of record ${key} is ${missing} bytes too short`);
    if (chain.visited.has(number)) {
      return databaseFault(
        'unreadable',
        `the overflow chain of record ${key} runs into page ${number} of another chain`,
      );
    }
    chain.visited.add(number);
    const page = hash.page(number);
    if (page === undefined)
      return databaseFault('unreadable', `overflow page ${number} of record ${key} is not in the file`);
    const { contentBytes, type, next } = page.header;
    if (type !== TYPE_OVERFLOW || contentBytes === 0 || PAGE_HEADER_BYTES + contentBytes > hash.pageBytes) {
      return databaseFault('unreadable', `page ${number} in the overflow chain of record ${key} is no overflow page`);
    }
    if (contentBytes > missing) {
      return databaseFault('unreadable', `the overflow chain of record ${key} is longer than its ${chain.bytes} bytes`);
    }
    pieces.push(new Uint8Array(page.view.buffer, page.view.byteOffset + PAGE_HEADER_BYTES, contentBytes));
    missing -= contentBytes;
    number = next;
  }
  return Buffer.concat(pieces);
}
