import { expect, it } from 'vitest';
import type { Queryable } from '../store/database.ts';
import { noticeOfAlarms } from './reading-alarms.ts';

/** The notice of so many alarms, each between the first reader and another one. */
async function notice(count: number, readers: number) {
  const rows = Array.from({ length: count }, (_, at) => ({
    of: 'layer',
    imageId: `image-${at}`,
    readers: ['a', `r${at % readers}`],
  }));
  const database = { query: async () => ({ rows }) } as unknown as Queryable;
  return (await noticeOfAlarms(database, { scopes: ['s'] }))[0];
}

it('says in one sentence who differs in how much, and where to look first', async () => {
  expect(await notice(0, 1)).toBeUndefined();
  expect(await notice(1, 1)).toMatchObject({
    kind: 'readings',
    image: 'image-0',
    message: expect.stringMatching(/^a and r0 differ in what is in one layer: one of them is wrong/),
  });
  expect((await notice(3, 2))?.message).toMatch(/^a, r0, and r1 differ in what is in 3 layers or images: /);
  expect((await notice(21, 9))?.message).toMatch(
    /^a, r0, r1, r2, r3, and 5 others differ in what is in more than 20 layers or images: /,
  );
});
