import type { Readable } from '../text/index.ts';
import { CENTRAL_HEADER, type DirectoryPlace, findDirectory } from './end-record.ts';
import { isFault, readExactly, readUint64, type ZipFault } from './fault.ts';
import { zipLimits } from './limits.ts';

/** One file of an archive, as its central directory has it; offsets are those of the file that holds the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly nameBytes: number;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Of the local header. */
  readonly headerAt: number;
  /** Where the entries end and the directory begins. */
  readonly dataEnd: number;
}

export interface ZipDirectory {
  /** The wanted entries in the order of their data. */
  readonly entries: readonly ZipEntry[];
  /** All entries, wanted or not. */
  readonly count: number;
  /** What could not be read or is not to be trusted; what is in `entries` was read all the same. */
  readonly faults: readonly ZipFault[];
}

const HEADER_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const NEEDS_64 = 0xffffffff;
const decoder = new TextDecoder('utf-8');

/**
 * The files of a ZIP archive that `wants` chooses by name. Only the central directory is read and only chosen entries are kept: the cost
 * is linear in its bytes whatever the names are (Go CVE-2021-33196, CVE-2025-61728). Never throws.
 */
export function readZipDirectory(file: Readable, wants: (name: string) => boolean): ZipDirectory {
  const place = findDirectory(file);
  if (isFault(place)) return { entries: [], count: 0, faults: [place] };
  const faults = new Faults(place.doubt);
  const wanted: ZipEntry[] = [];
  const records = new RecordReader(file, place);
  for (;;) {
    const entry = records.next(faults, wants);
    if (entry === 'end') break;
    if (entry === 'unwanted') continue;
    if (wanted.length >= zipLimits.wantedMax) {
      faults.add('limit-exceeded', 'the archive holds more files of interest than wantedMax');
      break;
    }
    wanted.push(entry);
  }
  // Writers without ZIP64 state the number modulo 65536.
  if (faults.list.length === 0 && records.count % 0x10000 !== place.entries % 0x10000)
    faults.add('unreadable', `the archive states ${place.entries} entries and lists ${records.count}`);
  return {
    entries: inOrderOfData(lastOfEachName(wanted, faults), faults),
    count: records.count,
    faults: faults.list,
  };
}

class Faults {
  readonly list: ZipFault[];

  constructor(first: ZipFault | undefined) {
    this.list = first === undefined ? [] : [first];
  }

  add(code: ZipFault['code'], fault: string): void {
    if (this.list.length < zipLimits.faultsMax) this.list.push({ code, fault });
  }
}

/** The directory's records one after another, in memory a chunk at a time. */
class RecordReader {
  readonly #file: Readable;
  readonly #place: DirectoryPlace;
  #buffer: Buffer = Buffer.alloc(0);
  /** Bytes of the directory before the buffer's first. */
  #before = 0;
  #at = 0;
  count = 0;

  constructor(file: Readable, place: DirectoryPlace) {
    this.#file = file;
    this.#place = place;
  }

  next(faults: Faults, wants: (name: string) => boolean): ZipEntry | 'unwanted' | 'end' {
    if (this.#before + this.#at >= this.#place.bytes) return 'end';
    if (this.count >= zipLimits.entriesMax) {
      faults.add('limit-exceeded', 'the archive lists more entries than entriesMax');
      return 'end';
    }
    const header = this.#peek(HEADER_BYTES);
    if (header === undefined || header.readUInt32LE(0) !== CENTRAL_HEADER) {
      faults.add('unreadable', `the central directory breaks off after ${this.count} entries`);
      return 'end';
    }
    const nameBytes = header.readUInt16LE(28);
    const extraBytes = header.readUInt16LE(30);
    const record = this.#peek(HEADER_BYTES + nameBytes + extraBytes + header.readUInt16LE(32));
    if (record === undefined) {
      faults.add('unreadable', `the central directory breaks off in entry ${this.count + 1}`);
      return 'end';
    }
    this.#at += record.length;
    this.count++;
    if (nameBytes > zipLimits.nameBytesMax) {
      faults.add('limit-exceeded', `an entry's name has ${nameBytes} bytes, above nameBytesMax`);
      return 'unwanted';
    }
    const name = decoder.decode(record.subarray(HEADER_BYTES, HEADER_BYTES + nameBytes));
    if (name.endsWith('/') || !wants(name)) return 'unwanted';
    const extra = record.subarray(HEADER_BYTES + nameBytes, HEADER_BYTES + nameBytes + extraBytes);
    const entry = toEntry(record, { name, nameBytes, extra, place: this.#place });
    if (!isFault(entry)) return entry;
    faults.add(entry.code, `${name}: ${entry.fault}`);
    return 'unwanted';
  }

  /** The next `length` bytes of the directory, not consumed; undefined where it ends first. */
  #peek(length: number): Buffer | undefined {
    if (this.#buffer.length - this.#at < length) {
      const have = this.#buffer.subarray(this.#at);
      this.#before += this.#at;
      this.#at = 0;
      const left = this.#place.bytes - this.#before - have.length;
      const wanted = Math.min(left, Math.max(length - have.length, zipLimits.readChunkBytes));
      this.#buffer = Buffer.concat([
        have,
        readExactly(this.#file, this.#place.at + this.#before + have.length, Math.max(0, wanted)),
      ]);
    }
    return this.#buffer.length - this.#at < length ? undefined : this.#buffer.subarray(this.#at, this.#at + length);
  }
}

interface NamedRecord {
  readonly name: string;
  readonly nameBytes: number;
  readonly extra: Buffer;
  readonly place: DirectoryPlace;
}

function toEntry(record: Buffer, { name, nameBytes, extra, place }: NamedRecord): ZipEntry | ZipFault {
  // C programs end the name at the first NUL, and would see another file.
  if (name.includes('\u0000')) return { fault: 'the name holds a NUL character', code: 'unreadable' };
  const stated = {
    size: record.readUInt32LE(24),
    compressed: record.readUInt32LE(20),
    offset: record.readUInt32LE(42),
  };
  const sizes = Object.values(stated).includes(NEEDS_64) ? readSizes64(extra, stated) : stated;
  if (sizes === undefined) return { fault: 'its ZIP64 sizes are missing or out of range', code: 'unreadable' };
  const disk = record.readUInt16LE(34);
  if (disk !== 0 && disk !== 0xffff)
    return { fault: 'it lies in another file of a split archive', code: 'unsupported' };
  const headerAt = sizes.offset + place.base;
  if (headerAt + LOCAL_HEADER_BYTES + sizes.compressed > place.at)
    return { fault: 'it reaches into the central directory or beyond the file', code: 'unreadable' };
  return {
    name,
    nameBytes,
    flags: record.readUInt16LE(8),
    method: record.readUInt16LE(10),
    crc32: record.readUInt32LE(16),
    compressedBytes: sizes.compressed,
    sizeBytes: sizes.size,
    headerAt,
    dataEnd: place.at,
  };
}

interface Sizes {
  readonly size: number;
  readonly compressed: number;
  readonly offset: number;
}

/** The ZIP64 extra field states, in this order, only those values that did not fit. APPNOTE 4.5.3 */
function readSizes64(extra: Buffer, stated: Sizes): Sizes | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 0x0001) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let taken = 0;
    const take = (value: number): number | undefined => {
      if (value !== NEEDS_64) return value;
      taken += 8;
      return taken > field.length ? undefined : readUint64(field, taken - 8);
    };
    const [size, compressed, offset] = [take(stated.size), take(stated.compressed), take(stated.offset)];
    if (size === undefined || compressed === undefined || offset === undefined) return undefined;
    return { size, compressed, offset };
  }
  return undefined;
}

/** java.util.zip and Python take the last entry of a name, other readers the first. Copies of one content are no matter. */
function lastOfEachName(entries: readonly ZipEntry[], faults: Faults): readonly ZipEntry[] {
  const byName = new Map<string, ZipEntry>();
  for (const entry of entries) {
    const before = byName.get(entry.name);
    if (before !== undefined && (before.crc32 !== entry.crc32 || before.sizeBytes !== entry.sizeBytes))
      faults.add('unreadable', `two different entries are named ${entry.name}`);
    byName.set(entry.name, entry);
  }
  return [...byName.values()];
}

/**
 * Entries that share data make small archives inflate to terabytes: https://www.bamsoftware.com/hacks/zipbomb/. They are reported
 * and kept, because a lying entry must not hide an honest one; what bounds the work is the caller's budget.
 */
function inOrderOfData(entries: readonly ZipEntry[], faults: Faults): readonly ZipEntry[] {
  const sorted = [...entries].sort((a, b) => a.headerAt - b.headerAt);
  let end = 0;
  for (const entry of sorted) {
    if (entry.headerAt < end) faults.add('unreadable', `${entry.name}: its data overlaps that of another entry`);
    end = Math.max(end, entry.headerAt + LOCAL_HEADER_BYTES + entry.nameBytes + entry.compressedBytes);
  }
  return sorted;
}
