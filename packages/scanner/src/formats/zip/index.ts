import { crc32, inflateRawSync } from 'node:zlib';
import type { Readable } from '../text/index.ts';
import type { ZipEntry } from './directory.ts';
import { isFault, readExactly, type ZipFault } from './fault.ts';
import { type InflateBudget, InflatingFile } from './inflating-file.ts';
import { zipLimits } from './limits.ts';
import { locateData } from './local-header.ts';

export { readZipDirectory, type ZipDirectory, type ZipEntry } from './directory.ts';
export { isFault, type ZipFault } from './fault.ts';
export { InflateBudget } from './inflating-file.ts';
export { zipLimits } from './limits.ts';

/** `doubt` is a reason to report although the content could be read: another reader may see another one. */
export interface ZipContent<T> {
  readonly content: T;
  readonly doubt: ZipFault | undefined;
}

const SPENT: ZipFault = {
  fault: 'what is read of the archive inflates to more than inflatedBytesMax',
  code: 'limit-exceeded',
};

/** The whole content of one entry, size and checksum checked; a fault where it has more than `bytesMax` bytes or the budget is spent. */
export function readZipEntry(
  file: Readable,
  entry: ZipEntry,
  { bytesMax, budget }: { readonly bytesMax: number; readonly budget: InflateBudget },
): ZipContent<Buffer> | ZipFault {
  if (entry.sizeBytes > bytesMax)
    return { fault: `it has ${entry.sizeBytes} bytes, above the limit of ${bytesMax}`, code: 'limit-exceeded' };
  // Deflate adds at most five bytes to each 16 KiB block that it can't compress.
  if (entry.compressedBytes > entry.sizeBytes + (entry.sizeBytes >> 10) + 1024)
    return { fault: 'its data is larger than what it inflates to', code: 'unreadable' };
  const data = locateData(file, entry);
  if (isFault(data)) return data;
  if (!budget.take(entry.sizeBytes)) return SPENT;
  const bytes = readExactly(file, data.at, entry.compressedBytes);
  if (bytes.length < entry.compressedBytes) return { fault: 'the file ends in its data', code: 'truncated' };
  const content = data.deflated ? inflate(bytes, entry.sizeBytes) : bytes;
  if (content === undefined || content.length !== entry.sizeBytes)
    return { fault: 'its data is damaged or does not inflate to the stated size', code: 'unreadable' };
  if (crc32(content) !== entry.crc32) return { fault: 'its checksum is wrong', code: 'unreadable' };
  return { content, doubt: data.doubt };
}

function inflate(bytes: Buffer, sizeBytes: number): Buffer | undefined {
  try {
    // zlib refuses a limit of zero.
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) });
  } catch {
    return undefined;
  }
}

/** An archive inside an archive. `close` frees what reading it holds. */
export interface InnerFile extends Readable {
  close?(): void;
}

/**
 * An entry to read by position, for archives in archives: in memory when small, as a range of the outer file when stored, inflated
 * anew for each pass when large and deflated. Memory stays below `innerInMemoryBytesMax`, work below the budget.
 */
export function openZipEntry(file: Readable, entry: ZipEntry, budget: InflateBudget): ZipContent<InnerFile> | ZipFault {
  const data = locateData(file, entry);
  if (isFault(data)) return data;
  if (entry.sizeBytes > zipLimits.ratioFreeBytes && entry.sizeBytes > entry.compressedBytes * zipLimits.ratioMax)
    return {
      fault: `it inflates to more than ratioMax (${zipLimits.ratioMax}) times its size`,
      code: 'limit-exceeded',
    };
  if (entry.sizeBytes <= zipLimits.innerInMemoryBytesMax) {
    const whole = readZipEntry(file, entry, { bytesMax: zipLimits.innerInMemoryBytesMax, budget });
    return isFault(whole) ? whole : { content: memoryFile(whole.content), doubt: whole.doubt };
  }
  if (!data.deflated) return { content: rangeOf(file, data.at, entry.sizeBytes), doubt: data.doubt };
  const inflating = new InflatingFile(file, entry, data.at, budget);
  const fault = inflating.verify();
  if (fault === undefined) return { content: inflating, doubt: data.doubt };
  inflating.close();
  return fault;
}

function memoryFile(bytes: Buffer): Readable {
  return {
    sizeBytes: bytes.length,
    read: (offset, length) => bytes.subarray(Math.max(0, offset), Math.max(0, offset) + Math.max(0, length)),
  };
}

/** Its checksum is not looked at: that would cost a full read, and what is taken from it has checksums of its own. */
function rangeOf(file: Readable, at: number, sizeBytes: number): Readable {
  return {
    sizeBytes,
    read(offset, length) {
      const start = Math.max(0, Math.min(offset, sizeBytes));
      return file.read(at + start, Math.max(0, Math.min(length, sizeBytes - start)));
    },
  };
}
