import { Fault, parseInstant } from '@hullcheck/core';
import { z } from 'zod';

/** A page of rows with the key of the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: { readonly value: number; readonly exact: boolean };
}

/** Totals are counted up to here; beyond it the page says "more than". */
export const countMax = 10_000;

export function toCursor(...keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** The keys of a cursor. Foreign bytes: a wrong one is the caller's fault, never a query's. */
export function parseCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Fault('invalid-input', 'this cursor belongs to no page', { cause, place: 'cursor' });
  }
}

/** What a cursor may hold for a number of this type: people can write cursors, and a query must not fail on one. */
export const cursorKeys = { int: z.int32(), bigint: z.int() };

/** A name in a cursor. */
export const nameKey = z
  .string()
  .max(2_000)
  .refine((text) => !text.includes('\u0000'));

/**
 * Characters of a purl by which a list is sorted: some purls are longer than a cursor may be. What is equal so far is told apart
 * by numbers.
 */
export const purlKeyCharsMax = 300;

/** A moment in a cursor, as PostgreSQL prints one: a Date has no microseconds, and would lose rows. */
export const momentKey = z
  .string()
  // Its parts are judged as a moment of RFC 3339: PostgreSQL fails on the 31st of June and on an offset of a day.
  .refine((text) => {
    const [, day, time, offset, minutes = ':00'] = PRINTED_MOMENT.exec(text) ?? [];
    return day !== undefined && parseInstant(`${day}T${time}${offset}${minutes}`) !== undefined;
  });

const PRINTED_MOMENT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)([+-]\d{2})(:\d{2})?$/;

/** Makes a page of rows that were asked for with one more than fits; the next one begins behind the keys of the last. */
export function keyedPage<T>(
  rows: readonly T[],
  limit: number,
  count: number,
  keysOf: (row: T) => readonly (string | number)[],
): Page<T> {
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit),
    next: rows.length > limit && last !== undefined ? toCursor(...keysOf(last)) : null,
    total: { value: Math.min(count, countMax), exact: count <= countMax },
  };
}
