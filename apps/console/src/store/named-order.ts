import { z } from 'zod';
import { cursorKeys, nameKey, parseCursor } from './cursor.ts';

/** By which expression rows with a name and an id are sorted; what is equal is by its name, then by its id. */
export interface NamedOrder {
  readonly expression: string;
  readonly type: 'int' | 'bigint';
  readonly direction: 'asc' | 'desc';
}

/** What is sorted by its name alone; twice in a cursor, a name would make it longer than one may be. */
export const byName: NamedOrder = { expression: '0::int', type: 'int', direction: 'asc' };

/** Risks as lists sort them: what is not known stands above zero and below what is known to be dangerous. */
export const rankOf = (risk: string): string => `coalesce(${risk} * 2, 1)`;

export const orderClause = ({ expression, direction }: NamedOrder, row: string): string =>
  `${expression} ${direction}, ${row}.name collate "C", ${row}.id`;

/** The same for rows that carry the value of the expression as `sortKey`. */
export const keyedClause = ({ direction }: NamedOrder, row: string): string =>
  `${row}."sortKey" ${direction}, ${row}.name collate "C", ${row}.id`;

/** The condition that a row stands behind the cursor's; undefined on the first page. */
export function behind(
  { expression, type, direction }: NamedOrder,
  row: string,
  id: { readonly schema: z.ZodType<string | number>; readonly type: 'uuid' | 'bigint' },
  cursor: string | undefined,
  bind: (value: unknown) => string,
): string | undefined {
  const after = parseCursor(cursor, z.tuple([cursorKeys[type], nameKey, id.schema]));
  if (after === undefined) return undefined;
  const key = `${bind(after[0])}::${type}`;
  const rest = `(${row}.name collate "C", ${row}.id) > (${bind(after[1])}, ${bind(after[2])}::${id.type})`;
  return `(${expression} ${direction === 'asc' ? '>' : '<'} ${key} or (${expression} = ${key} and ${rest}))`;
}

/** `ilike` pattern of a text that may be anywhere in another. */
export const partOf = (text: string): string => `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
