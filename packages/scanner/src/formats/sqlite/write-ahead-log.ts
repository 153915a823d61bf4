import { type DatabaseFault, databaseFault } from '../database-record.ts';
import type { Readable } from '../text/index.ts';
import { type PageSource, readPage } from './pages.ts';

export interface WriteAheadLog extends PageSource {
  readonly kind: 'log';
  /** Numbers of the pages that committed transactions wrote, each once. */
  readonly numbers: readonly number[];
  /** Why the frames behind the last good one are not applied, where it is more than the end of the log. */
  readonly broken: DatabaseFault | null;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;
const FORMAT_VERSION = 3_007_000;

/**
 * The pages that the committed transactions of a `-wal` file left: the last version of each, up to the last commit. Frames
 * of an earlier use of the file have other salts and end the log. https://www.sqlite.org/fileformat2.html#walformat
 */
export function openWriteAheadLog(file: Readable): WriteAheadLog | DatabaseFault {
  const head = Buffer.from(file.read(0, HEADER_BYTES));
  if (head.byteLength < HEADER_BYTES)
    return databaseFault('unreadable', 'the header of the write-ahead log is cut off');
  const magic = head.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) return databaseFault('unreadable', 'no write-ahead log header');
  if (head.readUInt32BE(4) !== FORMAT_VERSION) {
    return databaseFault('unsupported', `write-ahead log format ${head.readUInt32BE(4)} is not ${FORMAT_VERSION}`);
  }
  const pageBytes = head.readUInt32BE(8);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    return databaseFault('unreadable', 'the page size of the write-ahead log is no power of two of 512 to 65536');
  }
  const sum = new Checksum(magic === MAGIC_LITTLE);
  sum.add(head.subarray(0, 24));
  if (!sum.equals(head.readUInt32BE(24), head.readUInt32BE(28))) {
    return databaseFault('unreadable', 'the header of the write-ahead log fails its checksum');
  }
  const { frames, broken } = committedFrames(file, { pageBytes, salts: head.subarray(16, 24), sum });
  return {
    kind: 'log',
    pageBytes,
    usableBytes: pageBytes,
    numbers: [...frames.keys()],
    broken,
    page(number) {
      const offset = frames.get(number);
      return offset === undefined ? undefined : readPage(file, offset, pageBytes);
    },
  };
}

interface Frames {
  /** Page number → offset of its last committed content. */
  readonly frames: ReadonlyMap<number, number>;
  readonly broken: DatabaseFault | null;
}

function committedFrames(
  file: Readable,
  log: { readonly pageBytes: number; readonly salts: Buffer; readonly sum: Checksum },
): Frames {
  const frames = new Map<number, number>();
  const pending = new Map<number, number>();
  const frameBytes = FRAME_HEADER_BYTES + log.pageBytes;
  for (let offset = HEADER_BYTES; offset + frameBytes <= file.sizeBytes; offset += frameBytes) {
    const frame = Buffer.from(file.read(offset, frameBytes));
    if (frame.byteLength < frameBytes || !frame.subarray(8, 16).equals(log.salts)) break;
    log.sum.add(frame.subarray(0, 8));
    log.sum.add(frame.subarray(FRAME_HEADER_BYTES));
    if (!log.sum.equals(frame.readUInt32BE(16), frame.readUInt32BE(20))) {
      const reason = `a frame of the write-ahead log fails its checksum at byte ${offset}; what follows is not applied`;
      return { frames, broken: databaseFault('unreadable', reason) };
    }
    pending.set(frame.readUInt32BE(0), offset + FRAME_HEADER_BYTES);
    // A frame with the size of the database ends a transaction.
    if (frame.readUInt32BE(4) === 0) continue;
    for (const [number, at] of pending) frames.set(number, at);
    pending.clear();
  }
  return { frames, broken: null };
}

/** The running sum over pairs of 32-bit words in the byte order that the magic number states. */
class Checksum {
  readonly #littleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  add(bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 8 <= bytes.byteLength; at += 8) {
      this.#first = (this.#first + view.getUint32(at, this.#littleEndian) + this.#second) >>> 0;
      this.#second = (this.#second + view.getUint32(at + 4, this.#littleEndian) + this.#first) >>> 0;
    }
  }

  equals(first: number, second: number): boolean {
    return this.#first === first && this.#second === second;
  }
}
