import { expect, it } from 'vitest';
import { z } from 'zod';
import { offsetOf, offsetPage, parseCursor, toCursor } from './cursor.ts';

it('leads from page to page and ends', () => {
  const first = offsetPage(['a', 'b', 'c'], 2, 0, 5);
  expect(first).toMatchObject({ items: ['a', 'b'], total: { value: 5, exact: true } });
  expect(offsetOf(first.next ?? undefined)).toBe(2);
  expect(offsetPage(['e'], 2, 4, 5).next).toBeNull();
  expect(offsetPage([], 2, 0, 20_000).total).toEqual({ value: 10_000, exact: false });
});

it.each(['x', '', toCursor('1; drop table image'), toCursor(-1), toCursor(1, 2)])('refuses the cursor %j', (cursor) => {
  expect(() => offsetOf(cursor)).toThrow(/belongs to no page/);
});

it('gives back the keys that it was made of', () => {
  expect(parseCursor(toCursor('a', 1), z.tuple([z.string(), z.number()]))).toEqual(['a', 1]);
});
