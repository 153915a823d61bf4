import { expect, it } from 'vitest';
import { tagDatePagesMax } from '../limits.ts';
import { walkTagDates } from './tag-dates.ts';

it('gives up where dates have more pages than are read, as half of them would choose the wrong tags', async () => {
  let pages = 0;
  const walk = async () => {
    const fetchPage = async (page: string) => {
      pages += 1;
      const items = Array.from({ length: 50 }, (_, at) => ({ name: `t${page}-${at}`, pushedAt: 1 }));
      return { items, next: String(Number(page) + 1) };
    };
    for await (const _ of walkTagDates('hub', '1', fetchPage));
  };
  await expect(walk()).rejects.toMatchObject({ code: 'limit-exceeded', place: 'hub' });
  expect(pages).toBe(tagDatePagesMax);
});

it('passes over what is no tag and what is no date', async () => {
  const said = [
    { name: 'good', pushedAt: '2026-11-09T10:00:00.1234567Z' },
    { name: 'no day', pushedAt: 1 },
    { name: 'undated', pushedAt: null },
    { name: 'nonsense', pushedAt: 'yesterday' },
    { name: 'number', pushedAt: Number.NaN },
  ];
  const names: string[] = [];
  for await (const { name } of walkTagDates('hub', '1', async () => ({ items: said, next: undefined })))
    names.push(name);
  expect(names).toEqual(['good']);
});
