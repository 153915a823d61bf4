import { limits } from '../limits.ts';
import { readVarint } from './varint.ts';

export type ColumnType = 'null' | 'integer' | 'real' | 'blob' | 'text';

export interface Column {
  readonly type: ColumnType;
  readonly bytes: Uint8Array;
}

interface ColumnShape {
  readonly type: ColumnType;
  readonly bytes: number;
}

export interface RecordShape {
  readonly headerBytes: number;
  readonly columns: readonly ColumnShape[];
}

/** Bytes of the integer and real serial types 0 to 9; 8 and 9 are the constants 0 and 1. */
const FIXED_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** Types of a row's columns with their lengths, as the first bytes of its payload state them; undefined where it is no record. */
export function parseColumnShapes(payload: Uint8Array): RecordShape | undefined {
  const header = readVarint(payload, 0);
  if (header === undefined || header.value > payload.byteLength || header.value > limits.sqliteRecordHeaderBytesMax) {
    return undefined;
  }
  const columns: ColumnShape[] = [];
  let at = header.next;
  while (at < header.value) {
    const serial = readVarint(payload, at);
    const shape = serial === undefined ? undefined : shapeOf(serial.value);
    if (serial === undefined || shape === undefined || serial.next > header.value) return undefined;
    columns.push(shape);
    at = serial.next;
  }
  return { headerBytes: header.value, columns };
}

/** The columns of a row, or undefined where the payload is no record. https://www.sqlite.org/fileformat2.html#record_format */
export function parseRecord(payload: Uint8Array): readonly Column[] | undefined {
  const shape = parseColumnShapes(payload);
  if (shape === undefined) return undefined;
  const columns: Column[] = [];
  let at = shape.headerBytes;
  for (const { type, bytes } of shape.columns) {
    if (at + bytes > payload.byteLength) return undefined;
    columns.push({ type, bytes: payload.subarray(at, at + bytes) });
    at += bytes;
  }
  return columns;
}

function shapeOf(serial: number): ColumnShape | undefined {
  if (serial >= 12) return { type: serial % 2 === 0 ? 'blob' : 'text', bytes: Math.floor((serial - 12) / 2) };
  const bytes = FIXED_BYTES[serial];
  if (bytes === undefined) return undefined;
  return { type: serial === 0 ? 'null' : serial === 7 ? 'real' : 'integer', bytes };
}

/** A column's integer; undefined for other types, for the constants and for more than six bytes, which no page number needs. */
export function integerOf({ type, bytes }: Column): number | undefined {
  if (type !== 'integer' || bytes.byteLength === 0 || bytes.byteLength > 6) return undefined;
  return Buffer.from(bytes).readIntBE(0, bytes.byteLength);
}
