import type { Readable } from '../text/index.ts';
import { isFault, readExactly, readUint64, type ZipFault } from './fault.ts';
import { zipLimits } from './limits.ts';

/** Where the central directory lies. */
export interface DirectoryPlace {
  readonly at: number;
  readonly bytes: number;
  /** As the end record states it. */
  readonly entries: number;
  /** Added to every offset that the archive states: the length of a start script or program in front of it. */
  readonly base: number;
  /** Why another reader may see another directory. */
  readonly doubt: ZipFault | undefined;
}

const END_RECORD = 0x06054b50;
const END_RECORD_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const END_RECORD_64 = 0x06064b50;
const END_RECORD_64_BYTES = 56;
const NO_DIRECTORY: ZipFault = { fault: 'no end-of-central-directory record', code: 'unreadable' };

export const CENTRAL_HEADER = 0x02014b50;

/**
 * The central directory as java.util.zip finds it: by the last end record whose comment ends with the file, else by the last that
 * points at a directory. An end record whose comment would reach beyond the file is none (Go CVE-2024-24789); where two records
 * end with the file, or stated and true offset both hit a directory, readers see different archives and the place has a doubt.
 * Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.16
 */
export function findDirectory(file: Readable): DirectoryPlace | ZipFault {
  const tailBytes = Math.min(file.sizeBytes, END_RECORD_BYTES + COMMENT_BYTES_MAX);
  const tailAt = file.sizeBytes - tailBytes;
  const tail = readExactly(file, tailAt, tailBytes);
  if (tail.length < tailBytes) return { fault: 'the file ends before its stated size', code: 'truncated' };
  let best: DirectoryPlace | undefined;
  let padded: DirectoryPlace | undefined;
  let why: ZipFault = NO_DIRECTORY;
  for (const at of endRecords(tail)) {
    const end = at + END_RECORD_BYTES + tail.readUInt16LE(at + 20);
    if (end > tail.length) continue;
    const place = readEndRecord(file, tail.subarray(at, at + END_RECORD_BYTES), tailAt + at);
    if (isFault(place)) {
      if (why === NO_DIRECTORY) why = place;
    } else if (end < tail.length) padded ??= place;
    else if (best === undefined) best = place;
    else if (best.at !== place.at && best.doubt === undefined)
      best = { ...best, doubt: { fault: 'two end records name two central directories', code: 'unreadable' } };
  }
  return best ?? padded ?? why;
}

/** Positions of the signature, last first. */
function endRecords(tail: Buffer): readonly number[] {
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END_RECORD);
  const found: number[] = [];
  let from = tail.length - END_RECORD_BYTES;
  while (from >= 0 && found.length < zipLimits.endRecordsMax) {
    const at = tail.lastIndexOf(signature, from);
    if (at === -1) break;
    found.push(at);
    from = at - 1;
  }
  return found;
}

interface EndRecord {
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
  /** Where the directory ends if nothing lies between it and its end record. */
  readonly directoryEnd: number;
}

function readEndRecord(file: Readable, record: Buffer, at: number): DirectoryPlace | ZipFault {
  const disks = [record.readUInt16LE(4), record.readUInt16LE(6)];
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff))
    return { fault: 'the archive is split over several files', code: 'unsupported' };
  const stated: EndRecord = {
    entries: record.readUInt16LE(10),
    bytes: record.readUInt32LE(12),
    offset: record.readUInt32LE(16),
    directoryEnd: at,
  };
  const large = stated.entries === 0xffff || stated.bytes === 0xffffffff || stated.offset === 0xffffffff;
  const end = large ? (readEndRecord64(file, at) ?? stated) : stated;
  return isFault(end) ? end : placeDirectory(file, end);
}

/** Undefined where there is no ZIP64 record: 65,535 entries exactly need none. */
function readEndRecord64(file: Readable, endRecordAt: number): EndRecord | ZipFault | undefined {
  const locatorAt = endRecordAt - LOCATOR_64_BYTES;
  if (locatorAt < 0) return undefined;
  const locator = readExactly(file, locatorAt, LOCATOR_64_BYTES);
  if (locator.length < LOCATOR_64_BYTES || locator.readUInt32LE(0) !== LOCATOR_64) return undefined;
  // Bytes in front of the archive move the record from where the locator has it, so the place just before the locator counts too.
  for (const at of [readUint64(locator, 8), locatorAt - END_RECORD_64_BYTES]) {
    if (at === undefined || at < 0 || at > locatorAt - END_RECORD_64_BYTES) continue;
    const record = readExactly(file, at, END_RECORD_64_BYTES);
    if (record.length < END_RECORD_64_BYTES || record.readUInt32LE(0) !== END_RECORD_64) continue;
    const [entries, bytes, offset] = [32, 40, 48].map((field) => readUint64(record, field));
    if (entries === undefined || bytes === undefined || offset === undefined) break;
    return { entries, bytes, offset, directoryEnd: at };
  }
  return { fault: 'the ZIP64 end record is missing or out of range', code: 'unreadable' };
}

function placeDirectory(
  file: Readable,
  { entries, bytes, offset, directoryEnd }: EndRecord,
): DirectoryPlace | ZipFault {
  if (entries > zipLimits.entriesMax)
    return { fault: `the archive states ${entries} entries, above entriesMax`, code: 'limit-exceeded' };
  if (bytes > zipLimits.directoryBytesMax)
    return { fault: `the central directory has ${bytes} bytes, above directoryBytesMax`, code: 'limit-exceeded' };
  const at = directoryEnd - bytes;
  if (bytes === 0) return { at: directoryEnd, bytes, entries, base: 0, doubt: undefined };
  const adjoining = at >= offset && isDirectory(file, at);
  const asStated = offset !== at && offset + bytes <= directoryEnd && isDirectory(file, offset);
  if (adjoining) {
    const doubt: ZipFault = {
      fault: 'a second central directory lies where the end record points',
      code: 'unreadable',
    };
    return { at, bytes, entries, base: at - offset, doubt: asStated ? doubt : undefined };
  }
  if (asStated) return { at: offset, bytes, entries, base: 0, doubt: undefined };
  return { fault: 'no central directory where the end record points', code: 'unreadable' };
}

function isDirectory(file: Readable, at: number): boolean {
  const head = readExactly(file, at, 4);
  return head.length === 4 && head.readUInt32LE(0) === CENTRAL_HEADER;
}
