import { crc32, deflateRawSync } from 'node:zlib';
import type { Readable } from '../text/index.ts';

/** One entry to write. What is set here goes into the headers as it is, however wrong. */
export interface WrittenEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly stored?: boolean;
  /** Data as it lies in the archive, instead of the content's. */
  readonly data?: Uint8Array;
  /** Sizes and checksum follow the data, the local header has zeros. */
  readonly sizesFollow?: boolean;
  /** All three in the ZIP64 field. */
  readonly zip64?: boolean;
  readonly central?: Partial<Fields>;
  readonly local?: Partial<Fields>;
}

interface Fields {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
  readonly extra: Uint8Array;
}

export interface WrittenArchive {
  readonly prefix?: Uint8Array;
  /** Offsets count the prefix, as `zip -A` makes them; Spring Boot's start script leaves them as they are. */
  readonly prefixCounted?: boolean;
  readonly comment?: string | Uint8Array;
  readonly zip64?: boolean;
  readonly trailer?: Uint8Array;
  readonly beforeEnd?: Uint8Array;
  readonly end?: { readonly [Field in 'disk' | 'entries' | 'bytes' | 'offset' | 'comment']?: number };
}

const UNKNOWN = 0xffffffff;

/** A ZIP archive made for one test, correct unless told otherwise. */
export function writeZip(entries: readonly WrittenEntry[], archive: WrittenArchive = {}): Buffer {
  const prefix = Buffer.from(archive.prefix ?? []);
  const base = archive.prefixCounted === true ? prefix.length : 0;
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = base;
  for (const entry of entries) {
    const content = Buffer.from(typeof entry.content === 'string' ? entry.content : (entry.content ?? ''));
    const data = Buffer.from(entry.data ?? (entry.stored === true ? content : deflateRawSync(content)));
    const fields: Fields = {
      name: entry.name,
      flags: entry.sizesFollow === true ? 0x808 : 0x800,
      method: entry.stored === true ? 0 : 8,
      crc: crc32(content),
      compressed: data.length,
      size: content.length,
      offset: at,
      extra: Buffer.alloc(0),
    };
    const wide = entry.zip64 === true ? { compressed: UNKNOWN, size: UNKNOWN } : {};
    const zeros = entry.sizesFollow === true ? { crc: 0, compressed: 0, size: 0 } : {};
    const localExtra = entry.zip64 === true ? { extra: field64([content.length, data.length]) } : {};
    const centralExtra =
      entry.zip64 === true ? { extra: field64([content.length, data.length, at]), offset: UNKNOWN } : {};
    const local = localHeader({ ...fields, ...wide, ...zeros, ...localExtra, ...entry.local });
    locals.push(local, data);
    centrals.push(centralHeader({ ...fields, ...wide, ...centralExtra, ...entry.central }));
    at += local.length + data.length;
  }
  const directory = Buffer.concat(centrals);
  const between = Buffer.from(archive.beforeEnd ?? []);
  const end = endRecords({ archive, entries: entries.length, bytes: directory.length, offset: at });
  return Buffer.concat([prefix, ...locals, directory, between, end, Buffer.from(archive.trailer ?? [])]);
}

function localHeader({ name, flags, method, crc, compressed, size, extra }: Fields): Buffer {
  const nameBytes = Buffer.from(name);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(compressed, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(nameBytes.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, nameBytes, extra]);
}

function centralHeader({ name, flags, method, crc, compressed, size, offset, extra }: Fields): Buffer {
  const nameBytes = Buffer.from(name);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(flags, 8);
  header.writeUInt16LE(method, 10);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(compressed, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(nameBytes.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, nameBytes, extra]);
}

function field64(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}

interface EndFields {
  readonly archive: WrittenArchive;
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
}

function endRecords({ archive, entries, bytes, offset }: EndFields): Buffer {
  const comment = Buffer.from(archive.comment ?? '');
  const wide = archive.zip64 === true;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(archive.end?.disk ?? 0, 4);
  end.writeUInt16LE(archive.end?.entries ?? (wide ? 0xffff : entries % 0x10000), 10);
  end.writeUInt32LE(archive.end?.bytes ?? (wide ? UNKNOWN : bytes), 12);
  end.writeUInt32LE(archive.end?.offset ?? (wide ? UNKNOWN : offset), 16);
  end.writeUInt16LE(archive.end?.comment ?? comment.length, 20);
  if (!wide) return Buffer.concat([end, comment]);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end, comment]);
}

/** A file that counts what is read of it, and gives at most `bytesMax` bytes a read. */
export function countingFile(
  bytes: Uint8Array,
  bytesMax = Number.MAX_SAFE_INTEGER,
): Readable & { bytesRead(): number } {
  let total = 0;
  return {
    sizeBytes: bytes.byteLength,
    read(offset, length) {
      const piece = bytes.subarray(Math.max(0, offset), Math.max(0, offset) + Math.max(0, Math.min(length, bytesMax)));
      total += piece.byteLength;
      return piece;
    },
    bytesRead: () => total,
  };
}
