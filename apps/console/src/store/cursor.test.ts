import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keyedPage, momentKey, nameKey, parseCursor, toCursor } from './cursor.ts';

it('leads from page to page and ends', () => {
  const first = keyedPage(['a', 'b', 'c'], 2, 5, (key) => [key]);
  expect(first).toMatchObject({ items: ['a', 'b'], total: { value: 5, exact: true } });
  expect(parseCursor(first.next ?? undefined, z.tuple([nameKey]))).toEqual(['b']);
  expect(keyedPage(['e'], 2, 5, (key) => [key]).next).toBeNull();
  expect(keyedPage([], 2, 20_000, () => []).total).toEqual({ value: 10_000, exact: false });
});

it.each(['x', '', toCursor('1; drop table image'), toCursor(-1), toCursor(1, 2)])('refuses the cursor %j', (cursor) => {
  expect(() => parseCursor(cursor, z.tuple([z.int().min(0)]))).toThrow(/belongs to no page/);
});

it('gives back the keys that it was made of', () => {
  expect(parseCursor(toCursor('a', 1), z.tuple([z.string(), z.number()]))).toEqual(['a', 1]);
});

describe('a moment', () => {
  it.each(['2026-11-30 02:48:57+00', '2024-02-29 23:59:59.123456-03:30'])('may be %s', (text) => {
    expect(parseCursor(toCursor(text), z.tuple([momentKey]))).toEqual([text]);
  });
  it.each([
    '2026-13-01 00:00:00+00',
    '2026-06-31 00:00:00+00',
    '2025-02-29 00:00:00+00',
    '2026-06-01 25:00:00+00',
    '2026-06-01 00:61:00+00',
    '2026-06-01 00:00:00+99',
    '2026-06-01 00:00:00+00:99',
    '0000-01-01 00:00:00+00',
    'infinity',
  ])('is not %s, on which PostgreSQL fails', (text) => {
    expect(() => parseCursor(toCursor(text), z.tuple([momentKey]))).toThrow(/belongs to no page/);
  });
});
