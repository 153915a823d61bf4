import { inflateRawSync } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import type { ArchiveEntry } from './archive.ts';
import {
  ARCHIVE_ENTRIES_MAX,
  RECORD_BYTES_MAX,
  UNPACKED_BYTES_MAX,
  ZIP_DIRECTORY_BYTES_MAX,
  ZIP_WINDOW_BYTES,
} from './limits.ts';
import type { SnapshotReader } from './snapshot.ts';

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const END_SIGNATURE = 0x06054b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;

/**
 * The files of a zip, as its central directory lists them (Go CVE-2024-24789: readers that disagree on the directory;
 * here the only end record taken is one whose comment ends with the file). Stored and deflated entries. Of zip64 the end record
 * is read, because osv.dev's npm has more than 65,535 entries; a file above 4 GiB is beyond every limit here.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function* zipEntries(
  file: SnapshotReader,
  wanted: (path: string) => boolean,
): AsyncGenerator<ArchiveEntry> {
  const { entries, bytes, offset } = await findEnd(file);
  const window = new Window(file);
  if (entries > ARCHIVE_ENTRIES_MAX || bytes > ZIP_DIRECTORY_BYTES_MAX) {
    throw new Fault('limit-exceeded', `${file.path} has too large a directory`, { place: file.path });
  }
  const directory = Buffer.from(await file.readAt(offset, bytes));
  let unpacked = 0;
  let at = 0;
  for (let index = 0; index < entries; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY_SIGNATURE) throw invalid(file);
    const method = directory.readUInt16LE(at + 10);
    const packed = directory.readUInt32LE(at + 20);
    const size = directory.readUInt32LE(at + 24);
    const nameLength = directory.readUInt16LE(at + 28);
    const local = directory.readUInt32LE(at + 42);
    const path = directory.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (path.endsWith('/') || !wanted(path)) continue;
    if (size > RECORD_BYTES_MAX || packed > RECORD_BYTES_MAX) {
      yield { path, bytes: undefined };
      continue;
    }
    unpacked += size;
    if (unpacked > UNPACKED_BYTES_MAX) {
      throw new Fault('limit-exceeded', `${file.path} unpacks to more than ${UNPACKED_BYTES_MAX} bytes`, {
        place: file.path,
      });
    }
    yield { path, bytes: await entryBytes(file, window, { method, packed, size, local }) };
  }
}

async function findEnd(file: SnapshotReader): Promise<{ entries: number; bytes: number; offset: number }> {
  const length = Math.min(file.bytes, END_BYTES + COMMENT_BYTES_MAX);
  const tail = Buffer.from(await file.readAt(file.bytes - length, length));
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const entries = tail.readUInt16LE(at + 10);
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    const is64 = entries === 0xffff || bytes === 0xffffffff || offset === 0xffffffff;
    const end = is64 ? await readEnd64(file, file.bytes - tail.length + at) : { entries, bytes, offset };
    if (end.offset + end.bytes > file.bytes) throw invalid(file);
    return end;
  }
  throw invalid(file);
}

/** The end record of zip64, through the locator that lies before the usual one. */
async function readEnd64(file: SnapshotReader, endAt: number): ReturnType<typeof findEnd> {
  if (endAt < LOCATOR_BYTES + END64_BYTES) throw invalid(file);
  const locator = Buffer.from(await file.readAt(endAt - LOCATOR_BYTES, LOCATOR_BYTES));
  const at = Number(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE || at > endAt - LOCATOR_BYTES - END64_BYTES) throw invalid(file);
  const record = Buffer.from(await file.readAt(at, END64_BYTES));
  if (record.readUInt32LE(0) !== END64_SIGNATURE) throw invalid(file);
  // Above 2^53 a Number is not exact, but still above every limit that it is held against.
  return {
    entries: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}

/**
 * Reads on from where the last entry was: archives list their files in the order in which they lie, and a system call for
 * each of npm's 230,000 records would take longer than parsing them.
 */
class Window {
  readonly #file: SnapshotReader;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(file: SnapshotReader) {
    this.#file = file;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const at = position - this.#start;
    if (at >= 0 && at + length <= this.#bytes.byteLength) return this.#bytes.subarray(at, at + length);
    if (length >= ZIP_WINDOW_BYTES) return await this.#file.readAt(position, length);
    const ahead = Math.min(ZIP_WINDOW_BYTES, Math.max(this.#file.bytes - position, length));
    this.#bytes = await this.#file.readAt(position, ahead);
    this.#start = position;
    return this.#bytes.subarray(0, length);
  }
}

async function entryBytes(
  file: SnapshotReader,
  window: Window,
  entry: { readonly method: number; readonly packed: number; readonly size: number; readonly local: number },
): Promise<Uint8Array> {
  const header = Buffer.from(await window.read(entry.local, 30));
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw invalid(file);
  const start = entry.local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await window.read(start, entry.packed);
  // A copy: the window moves on.
  if (entry.method === 0) return packed.slice();
  if (entry.method !== 8) {
    throw new Fault('unsupported', `${file.path} uses compression method ${entry.method}`, { place: file.path });
  }
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) });
    if (bytes.byteLength !== entry.size) throw invalid(file);
    return bytes;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('feed-invalid', `${file.path} has an entry that cannot be unpacked`, {
      cause: error,
      place: file.path,
    });
  }
}

function invalid(file: SnapshotReader): Fault {
  return new Fault('feed-invalid', `${file.path} is not a whole zip archive`, { place: file.path });
}
