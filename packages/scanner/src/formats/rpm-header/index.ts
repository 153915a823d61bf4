import { type DatabaseFault, databaseFault } from '../database-record.ts';
import { limits } from '../limits.ts';

const TYPE_CHAR = 1;
const TYPE_INT8 = 2;
const TYPE_INT16 = 3;
const TYPE_INT32 = 4;
const TYPE_STRING = 6;
const TYPE_STRING_ARRAY = 8;
const TYPE_I18N_STRING = 9;

const INDEX_ENTRY_BYTES = 16;
const WIDTHS: ReadonlyMap<number, 1 | 2 | 4> = new Map([
  [TYPE_CHAR, 1],
  [TYPE_INT8, 1],
  [TYPE_INT16, 2],
  [TYPE_INT32, 4],
]);

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** The values of one package by tag. A tag that is absent, of another type or outside of the header gives nothing. */
export interface RpmHeader {
  readonly kind: 'header';
  /** STRING, or the first of several. */
  text(tag: number): string | undefined;
  /** STRING_ARRAY; a STRING is one of one. */
  texts(tag: number): readonly string[];
  /** INT8, INT16 and INT32, unsigned. */
  numbers(tag: number): readonly number[];
}

/**
 * Opens a header as databases keep it: count of index entries, length of the data, index, data, all big-endian. No value is
 * decoded before it is asked for. https://rpm-software-management.github.io/rpm/manual/format_header.html
 */
export function parseRpmHeader(bytes: Uint8Array): RpmHeader | DatabaseFault {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 8) return databaseFault('unreadable', 'an rpm header is shorter than its counts');
  const count = view.getUint32(0);
  const dataBytes = view.getUint32(4);
  if (count === 0 || count > limits.rpmHeaderEntriesMax) {
    return databaseFault('unreadable', `an rpm header states ${count} entries, of at most rpmHeaderEntriesMax`);
  }
  const dataAt = 8 + count * INDEX_ENTRY_BYTES;
  if (dataAt + dataBytes > bytes.byteLength) {
    return databaseFault('unreadable', `an rpm header of ${bytes.byteLength} bytes states ${dataAt + dataBytes}`);
  }
  const entries = new Map<number, Entry>();
  for (let at = 8; at < dataAt; at += INDEX_ENTRY_BYTES) {
    // What was written behind the region that is signed replaces what is in it: the later entry counts.
    entries.set(view.getUint32(at), {
      type: view.getUint32(at + 4),
      offset: view.getUint32(at + 8),
      count: view.getUint32(at + 12),
    });
  }
  return toHeader(Buffer.from(bytes.buffer, bytes.byteOffset + dataAt, dataBytes), entries);
}

function toHeader(data: Buffer, entries: ReadonlyMap<number, Entry>): RpmHeader {
  const texts = (tag: number): readonly string[] => {
    const entry = entries.get(tag);
    return entry === undefined ? [] : stringsOf(data, entry);
  };
  return {
    kind: 'header',
    text: (tag) => texts(tag)[0],
    texts,
    numbers(tag) {
      const entry = entries.get(tag);
      return entry === undefined ? [] : numbersOf(data, entry);
    },
  };
}

function stringsOf(data: Buffer, { type, offset, count }: Entry): readonly string[] {
  if (type !== TYPE_STRING && type !== TYPE_STRING_ARRAY && type !== TYPE_I18N_STRING) return [];
  const wanted = type === TYPE_STRING ? 1 : Math.min(count, limits.rpmHeaderStringsMax);
  const strings: string[] = [];
  for (let at = offset; strings.length < wanted && at < data.byteLength; ) {
    const end = data.indexOf(0, at);
    if (end === -1) break;
    strings.push(data.toString('utf8', at, end));
    at = end + 1;
  }
  return strings;
}

function numbersOf(data: Buffer, { type, offset, count }: Entry): readonly number[] {
  const width = WIDTHS.get(type);
  if (width === undefined || offset + count * width > data.byteLength) return [];
  return Array.from({ length: count }, (_, index) => data.readUIntBE(offset + index * width, width));
}
