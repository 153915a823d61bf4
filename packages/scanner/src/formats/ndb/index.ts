import { type DatabaseFault, type DatabaseRecord, databaseFault } from '../database-record.ts';
import { limits } from '../limits.ts';
import type { Readable } from '../text/index.ts';

const PAGE_BYTES = 4096;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const BLOB_HEAD_BYTES = 16;
const BLOB_TAIL_BYTES = 12;
const MAGIC = 'RpmP';

interface Slot {
  readonly key: number;
  /** Both in blocks of 16 bytes. */
  readonly offset: number;
  readonly count: number;
}

/**
 * The records of rpm's own "new database", Packages.db: pages of slots, then blobs with head, checksum and tail. Slots may
 * not overlap, so the whole walk reads no more than the file has.
 * https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c
 */
export function* ndbRecords(file: Readable): Generator<DatabaseRecord> {
  const head = Buffer.from(file.read(0, 2 * SLOT_BYTES));
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    yield databaseFault('unreadable', 'no ndb header');
    return;
  }
  if (head.byteLength < 2 * SLOT_BYTES) {
    yield databaseFault('unreadable', 'the ndb header is cut off');
    return;
  }
  if (head.readUInt32LE(4) !== 0) {
    yield databaseFault('unsupported', `ndb version ${head.readUInt32LE(4)} is not 0`);
    return;
  }
  const slotPages = head.readUInt32LE(12);
  if (slotPages === 0 || slotPages > limits.ndbSlotPagesMax) {
    const code = slotPages === 0 ? 'unreadable' : 'limit-exceeded';
    yield databaseFault(code, `the ndb header states ${slotPages} pages of slots, of at most ndbSlotPagesMax`);
    return;
  }
  const first = (slotPages * PAGE_BYTES) / BLOCK_BYTES;
  let left = Math.floor(file.sizeBytes / BLOCK_BYTES) - first;
  for (let page = 0; page < slotPages; page += 1) {
    for (const slot of readSlots(file, page)) {
      if ('kind' in slot) {
        yield slot;
        continue;
      }
      left -= slot.count;
      if (left < 0) {
        yield databaseFault('unreadable', 'the slots hold more than the file has: it is cut off, or they overlap');
        return;
      }
      const bytes =
        slot.offset < first
          ? databaseFault('unreadable', `record ${slot.key} lies among the slots`)
          : readBlob(file, slot);
      yield 'kind' in bytes ? bytes : { kind: 'record', key: slot.key, bytes };
    }
  }
}

function* readSlots(file: Readable, page: number): Generator<Slot | DatabaseFault> {
  const bytes = Buffer.from(file.read(page * PAGE_BYTES, PAGE_BYTES));
  if (bytes.byteLength < PAGE_BYTES) {
    yield databaseFault('unreadable', `page ${page} of the slots is cut off`);
    return;
  }
  // The header takes the place of the first two.
  for (let at = page === 0 ? 2 * SLOT_BYTES : 0; at < PAGE_BYTES; at += SLOT_BYTES) {
    if (bytes.toString('latin1', at, at + 4) !== 'Slot') {
      yield databaseFault('unreadable', `no slot at byte ${page * PAGE_BYTES + at}`);
      return;
    }
    const offset = bytes.readUInt32LE(at + 8);
    const key = bytes.readUInt32LE(at + 4);
    // A slot that was freed holds zeros and nothing else.
    if (offset !== 0) yield { key, offset, count: bytes.readUInt32LE(at + 12) };
    else if (key !== 0) yield databaseFault('unreadable', `the slot of record ${key} leads nowhere`);
  }
}

function readBlob(file: Readable, { key, offset, count }: Slot): Uint8Array | DatabaseFault {
  const total = count * BLOCK_BYTES;
  if (total > limits.databaseRecordBytesMax) {
    return databaseFault('limit-exceeded', `record ${key} has ${total} bytes, above databaseRecordBytesMax`);
  }
  const blob = readRange(file, offset * BLOCK_BYTES, total);
  if (blob === undefined) return databaseFault('unreadable', `record ${key} is cut off`);
  const tail = total - BLOB_TAIL_BYTES;
  if (
    tail < BLOB_HEAD_BYTES ||
    blob.toString('latin1', 0, 4) !== 'BlbS' ||
    blob.toString('latin1', total - 4) !== 'BlbE'
  ) {
    return databaseFault('unreadable', `record ${key} has no head and tail`);
  }
  const length = blob.readUInt32LE(12);
  if (blob.readUInt32LE(4) !== key || blob.readUInt32LE(tail + 4) !== length || BLOB_HEAD_BYTES + length > tail) {
    return databaseFault('unreadable', `record ${key} has a head or tail of another`);
  }
  if (adler32(blob.subarray(0, tail)) !== blob.readUInt32LE(tail)) {
    return databaseFault('unreadable', `record ${key} fails its checksum`);
  }
  return blob.subarray(BLOB_HEAD_BYTES, BLOB_HEAD_BYTES + length);
}

/** A claimed file gives only so much at a time. */
function readRange(file: Readable, offset: number, length: number): Buffer | undefined {
  if (offset + length > file.sizeBytes) return undefined;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < length; ) {
    const piece = file.read(offset + at, Math.min(limits.readChunkBytes, length - at));
    if (piece.byteLength === 0) return undefined;
    pieces.push(piece);
    at += piece.byteLength;
  }
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined
    ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    : Buffer.concat(pieces);
}

/** https://www.rfc-editor.org/rfc/rfc1950#section-9, with the remainder taken only as often as 32 bits need it. */
function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.byteLength; start += 5552) {
    const end = Math.min(start + 5552, bytes.byteLength);
    for (let at = start; at < end; at += 1) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= 65_521;
    high %= 65_521;
  }
  return ((high << 16) | low) >>> 0;
}
