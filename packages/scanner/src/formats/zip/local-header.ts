import type { Readable } from '../text/index.ts';
import type { ZipEntry } from './directory.ts';
import { readExactly, type ZipFault } from './fault.ts';
import { zipLimits } from './limits.ts';

const LOCAL_HEADER = 0x04034b50;
const HEADER_BYTES = 30;
const NEEDS_64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x1;
const SIZES_FOLLOW = 0x8;
/** The central directory is encrypted and local headers are masked. */
const MASKED = 0x2000;
const decoder = new TextDecoder('utf-8');

/** Where the data of an entry begins. */
export interface ZipData {
  readonly at: number;
  readonly deflated: boolean;
  /** The local header says something else than the central directory: a reader that streams sees another file. */
  readonly doubt: ZipFault | undefined;
}

/** Finds an entry's data and checks its local header against the central directory, which alone is believed. */
export function locateData(file: Readable, entry: ZipEntry): ZipData | ZipFault {
  if ((entry.flags & (ENCRYPTED | MASKED)) !== 0) return { fault: 'the entry is encrypted', code: 'unsupported' };
  if (entry.method !== STORED && entry.method !== DEFLATED)
    return { fault: `compression method ${entry.method} is neither stored nor deflated`, code: 'unsupported' };
  if (entry.method === STORED && entry.compressedBytes !== entry.sizeBytes)
    return { fault: 'a stored entry has two sizes', code: 'unreadable' };
  if (entry.sizeBytes > entry.compressedBytes * zipLimits.deflateRatioMax + zipLimits.deflateRatioMax)
    return { fault: 'the entry states a size that its data cannot inflate to', code: 'unreadable' };
  const header = readExactly(file, entry.headerAt, HEADER_BYTES + entry.nameBytes);
  if (header.length < HEADER_BYTES) return { fault: 'the file ends in a local header', code: 'truncated' };
  if (header.readUInt32LE(0) !== LOCAL_HEADER) return { fault: 'no local header at its place', code: 'unreadable' };
  const at = entry.headerAt + HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (at + entry.compressedBytes > entry.dataEnd)
    return { fault: 'its data reaches into the central directory', code: 'unreadable' };
  const difference = differenceOf(header, entry);
  return {
    at,
    deflated: entry.method === DEFLATED,
    doubt:
      difference === undefined
        ? undefined
        : { fault: `local header and central directory differ in the ${difference}`, code: 'unreadable' },
  };
}

function differenceOf(header: Buffer, entry: ZipEntry): string | undefined {
  if (header.readUInt16LE(26) !== entry.nameBytes || decoder.decode(header.subarray(HEADER_BYTES)) !== entry.name)
    return 'name';
  if (header.readUInt16LE(8) !== entry.method) return 'method';
  if ((header.readUInt16LE(6) & ENCRYPTED) !== 0) return 'encryption';
  // With sizes after the data, the header has zeros or, from careful writers, what will follow.
  const follow = (header.readUInt16LE(6) & SIZES_FOLLOW) !== 0;
  const agrees = (stated: number, value: number): boolean =>
    stated === value || stated === NEEDS_64 || (follow && stated === 0);
  if (!agrees(header.readUInt32LE(14), entry.crc32)) return 'checksum';
  if (!agrees(header.readUInt32LE(18), entry.compressedBytes)) return 'compressed size';
  return agrees(header.readUInt32LE(22), entry.sizeBytes) ? undefined : 'size';
}
