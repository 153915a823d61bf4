import { expect, it } from 'vitest';
import { fetchWhole } from './api.tsx';

const total = { value: 3, exact: true };

it('follows every cursor to the end', async () => {
  const asked: (string | undefined)[] = [];
  const whole = await fetchWhole(async (cursor) => {
    asked.push(cursor);
    return cursor === undefined ? { items: [1, 2], next: 'b', total } : { items: [3], next: null, total };
  });
  expect(asked).toEqual([undefined, 'b']);
  expect(whole).toEqual({ items: [1, 2, 3], total, cut: false });
});

it('ends with a console that always has one more page, and says so', async () => {
  const whole = await fetchWhole(async () => ({ items: ['x'], next: 'again', total }));
  expect(whole.items).toHaveLength(20);
  expect(whole.cut).toBe(true);
});
