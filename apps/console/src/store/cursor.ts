import { Fault } from '@hullcheck/core';
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

/** A name in a cursor. */
export const nameKey = z
  .string()
  .max(2_000)
  .refine((text) => !text.includes('\u0000'));

/** A moment in a cursor, as PostgreSQL prints one: a Date has no microseconds, and would lose rows. */
export const momentKey = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?[+-]\d{2}(?::\d{2})?$/);

const offsetKey = z.tuple([z.number().int().min(0).max(10_000_000)]);

/** For lists that are short or read once from end to end: the cursor is the place in the list. */
export function offsetOf(cursor: string | undefined): number {
  return parseCursor(cursor, offsetKey)?.[0] ?? 0;
}

/** Makes a page of rows that were asked for with one more than fits. */
export function offsetPage<T>(rows: readonly T[], limit: number, offset: number, count: number): Page<T> {
  return {
    items: rows.slice(0, limit),
    next: rows.length > limit ? toCursor(offset + limit) : null,
    total: { value: Math.min(count, countMax), exact: count <= countMax },
  };
}

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
