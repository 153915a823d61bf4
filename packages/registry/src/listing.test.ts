import { afterEach, expect, it } from 'vitest';
import { descriptionCharactersMax, pageNameCharactersMax } from './limits.ts';
import { walkPages } from './listing.ts';
import { clientOf, closeFakes, startFake } from './vendors/fake.testing.ts';

afterEach(closeFakes);

async function walk(nameOf: (page: number) => string): Promise<number> {
  let page = 0;
  const fetchPage = async () => {
    page += 1;
    return { items: Array.from({ length: 10 }, (_, at) => `${page} ${at}`), next: page < 3 ? nameOf(page) : undefined };
  };
  let items = 0;
  for await (const _ of walkPages('there', '', fetchPage, (item) => item)) items += 1;
  return items;
}

it('a next page may have a long name, and none that fills the memory page after page', async () => {
  expect(await walk((page) => `${page}`.repeat(pageNameCharactersMax))).toBe(30);
  await expect(walk((page) => `${page}`.repeat(pageNameCharactersMax + 1))).rejects.toMatchObject({
    code: 'limit-exceeded',
  });
});

it('what a vendor says of a repository is cut to what people see of it', async () => {
  const repositories = [
    { name: 'team/long', description: 'x'.repeat(1024 * 1024) },
    { name: 'team/short', description: 'short' },
    { name: 'team/none' },
  ];
  const server = await startFake(({ url }) =>
    url.pathname === '/api/v2.0/repositories' ? { json: repositories } : undefined,
  );
  const listed = [];
  for await (const one of clientOf(server, 'harbor').listRepositories(AbortSignal.timeout(10_000))) listed.push(one);
  expect(listed).toEqual([
    { name: 'team/long', description: 'x'.repeat(descriptionCharactersMax) },
    { name: 'team/short', description: 'short' },
    { name: 'team/none' },
  ]);
});
