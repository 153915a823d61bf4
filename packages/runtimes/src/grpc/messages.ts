/*
 * Protocol buffers as far as the engines' answers need them (https://protobuf.dev/programming-guides/encoding/). A message is
 * a table of the fields that are wanted; every other field is stepped over and never becomes a value. So what a table does
 * not name, such as a container's process with its environment, does not exist for anything behind the decoder.
 */
import { Fault } from '@hullcheck/core';
import { messageDepthMax, messageEntriesMax, textCharactersMax } from '../limits.ts';

/** One field of a message: how its occurrences become a value. */
interface Field<T> {
  readonly number: number;
  initial(): T;
  /** The value after this occurrence; repeated fields grow, others are replaced, as the encoding says. */
  take(before: T, occurrence: Occurrence, depth: number): T;
}

type Occurrence =
  | { readonly wire: 'varint'; readonly value: bigint }
  | { readonly wire: 'bytes'; readonly value: Uint8Array };
type Fields = { readonly [name: string]: Field<unknown> };
type Read<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** How a message is read. Throws Fault `unsupported` for bytes that are none. */
export interface Message<T> {
  decode(bytes: Uint8Array, depth?: number): T;
}

export function message<F extends Fields>(fields: F): Message<Read<F>> {
  const byNumber = new Map(Object.entries(fields).map(([name, field]) => [field.number, { name, field }]));
  return {
    decode(bytes, depth = 0) {
      if (depth > messageDepthMax) throw broken('nested too deeply');
      const values: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) values[name] = field.initial();
      for (const { number, occurrence } of occurrences(bytes)) {
        const known = byNumber.get(number);
        if (known !== undefined && occurrence !== undefined)
          values[known.name] = known.field.take(values[known.name], occurrence, depth);
      }
      return values as Read<F>;
    },
  };
}

function single<T>(number: number, empty: T, read: (occurrence: Occurrence, depth: number) => T): Field<T> {
  return { number, initial: () => empty, take: (_before, occurrence, depth) => read(occurrence, depth) };
}

export const text = (number: number) => single(number, '', (occurrence) => toText(bytesOf(occurrence)));
export const bytes = (number: number) => single<Uint8Array>(number, new Uint8Array(), bytesOf);
/** Enumerations and 32-bit numbers. */
export const small = (number: number) =>
  single(number, 0, (occurrence) => Number(BigInt.asIntN(32, varintOf(occurrence))));
/** 64-bit numbers: nanoseconds since 1970 do not fit a double. */
export const large = (number: number) => single(number, 0n, (occurrence) => BigInt.asIntN(64, varintOf(occurrence)));

/** Null where the message does not have it. */
export function nested<T>(number: number, shape: Message<T>): Field<T | null> {
  return single<T | null>(number, null, (occurrence, depth) => shape.decode(bytesOf(occurrence), depth + 1));
}

export function texts(number: number): Field<readonly string[]> {
  return grown(number, (occurrence) => toText(bytesOf(occurrence)));
}

export function repeated<T>(number: number, shape: Message<T>): Field<readonly T[]> {
  return grown(number, (occurrence, depth) => shape.decode(bytesOf(occurrence), depth + 1));
}

function grown<T>(number: number, read: (occurrence: Occurrence, depth: number) => T): Field<readonly T[]> {
  return {
    number,
    initial: () => [],
    take(before, occurrence, depth) {
      if (before.length >= messageEntriesMax) throw broken(`more than ${messageEntriesMax} entries`);
      // This decoder made the list and nobody else has it yet.
      (before as T[]).push(read(occurrence, depth));
      return before;
    },
  };
}

const MapEntry = message({ key: text(1), value: text(2) });

/** A map of texts; with `names` only these entries are ever looked at. */
export function textMap(number: number, names?: ReadonlySet<string>): Field<Readonly<Record<string, string>>> {
  return {
    number,
    initial: () => Object.create(null),
    take(before, occurrence) {
      const { key, value } = MapEntry.decode(bytesOf(occurrence));
      if (names === undefined || names.has(key)) (before as Record<string, string>)[key] = value;
      return before;
    },
  };
}

const Timestamp = message({ seconds: large(1), nanos: small(2) });

/** `google.protobuf.Timestamp` as an instant; null for none and for Go's zero time. */
export const timestamp = (number: number) =>
  single<string | null>(number, null, (occurrence) => {
    const { seconds, nanos } = Timestamp.decode(bytesOf(occurrence));
    return instantOf(Number(seconds) * 1000 + Math.floor(nanos / 1e6));
  });

/** Milliseconds since 1970 as an instant; null for what engines write for "never", and beyond the year 9999. */
export function instantOf(milliseconds: number): string | null {
  if (milliseconds <= 0 || milliseconds > 253_402_300_799_000) return null;
  return new Date(milliseconds).toISOString();
}

function* occurrences(
  data: Uint8Array,
): Generator<{ readonly number: number; readonly occurrence: Occurrence | undefined }> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = data[at];
      if (byte === undefined) throw broken('it ends in the middle');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken('a number has no end');
  };
  const skip = (length: number): Uint8Array => {
    if (length > data.length - at) throw broken('it ends in the middle');
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, occurrence: { wire: 'varint', value: varint() } };
        break;
      case 1:
        skip(8);
        break;
      case 2:
        yield { number, occurrence: { wire: 'bytes', value: skip(Number(varint())) } };
        break;
      case 5:
        skip(4);
        break;
      default:
        throw broken('a field has an unknown kind');
    }
  }
}

function bytesOf(occurrence: Occurrence): Uint8Array {
  if (occurrence.wire !== 'bytes') throw broken('a field has another type than documented');
  return occurrence.value;
}

function varintOf(occurrence: Occurrence): bigint {
  if (occurrence.wire !== 'varint') throw broken('a field has another type than documented');
  return occurrence.value;
}

function toText(value: Uint8Array): string {
  // A character has at most four bytes: what is beyond would be cut off anyway.
  const text = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, textCharactersMax * 4)).toString(
    'utf8',
  );
  return text.slice(0, textCharactersMax);
}

function broken(how: string): Fault {
  return new Fault('unsupported', `the engine’s answer is not understood: ${how}`);
}

/** A request's bytes: its text and number fields by number. Empty and zero are left out, as the encoding's defaults. */
export function encode(fields: { readonly [number: number]: string | number | readonly string[] }): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of Object.entries(fields)) {
    for (const item of typeof value === 'object' ? value : [value]) {
      if (typeof item === 'number') {
        if (item !== 0) parts.push(encodeVarint(Number(number) << 3), encodeVarint(item));
      } else if (item !== '') {
        const content = Buffer.from(item, 'utf8');
        parts.push(encodeVarint((Number(number) << 3) | 2), encodeVarint(content.byteLength), content);
      }
    }
  }
  return Buffer.concat(parts);
}

function encodeVarint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
