import { expect, it } from 'vitest';
import { rowsOf } from './list-rows.ts';

it('has a row that moved between pages once, at its first place', () => {
  const pages = [
    { items: [{ id: 'a' }, { id: 'b' }] },
    { items: [{ id: 'b' }, { id: 'c' }] },
    { items: [{ id: 'a' }] },
  ];
  expect(rowsOf(pages, ({ id }) => id).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(rowsOf(undefined, String)).toEqual([]);
});
