import { expect, it } from 'vitest';
import { holdOrder, longestRise } from './hold-order.ts';

interface Row {
  readonly id: string;
  readonly risk: number;
}
const hold = (held: readonly Row[], fresh: readonly Row[]) =>
  holdOrder(
    held.map((row) => row.id),
    new Map(held.map((row) => [row.id, row])),
    fresh,
    (row) => row.id,
  );
const rows = (text: string): Row[] =>
  text.split(' ').map((pair) => ({ id: pair[0] ?? '', risk: Number(pair.slice(1)) }));

it('changes content in place without counting it', () => {
  expect(hold(rows('a9 b8'), rows('a7 b6'))).toEqual({ rows: rows('a7 b6'), changed: 0 });
});
it('keeps the order of a row that moved, and counts it once', () => {
  expect(hold(rows('a9 b8 c7'), rows('c9 a9 b8'))).toEqual({ rows: rows('a9 b8 c9'), changed: 1 });
});
it('counts rows that came without showing them', () => {
  expect(hold(rows('a9'), rows('b9 a9'))).toEqual({ rows: rows('a9'), changed: 1 });
});
it('keeps a row that went until the person asks', () => {
  expect(hold(rows('a9 b8'), rows('b8'))).toEqual({ rows: rows('a9 b8'), changed: 1 });
});
it.each([
  [[], 0],
  [[3, 2, 1], 1],
  [[0, 8, 4, 12, 2, 10, 6, 14, 1, 9], 4],
])('of %j the longest rise is %d', (values, length) => expect(longestRise(values)).toBe(length));
