import { expect, it } from 'vitest';
import { syncLimits } from './limits.ts';
import { listWanted } from './sync-connection.ts';

it('a registry that lists for ever what nobody wants is given up', async () => {
  const connection = { registry: 'registry.example.com', repositories: ['team/*'], excludeRepositories: [] };
  let given = 0;
  const client = {
    async *listRepositories() {
      for (; ; given += 1) yield { name: `noise/${given}` };
    },
  };
  await expect(listWanted(connection, client, AbortSignal.timeout(20_000))).rejects.toMatchObject({
    code: 'limit-exceeded',
    place: 'registry.example.com',
  });
  expect(given).toBeLessThanOrEqual(syncLimits.listedMax);
});

it('of a registry with more repositories than are read, what is behind the limit is not taken for gone', async () => {
  const connection = { registry: 'registry.example.com', repositories: [], excludeRepositories: [] };
  const client = {
    async *listRepositories() {
      for (let at = 0; at <= syncLimits.repositoriesMax; at += 1) yield { name: `app-${at}` };
    },
  };
  const wanted = await listWanted(connection, client, AbortSignal.timeout(20_000));
  expect(wanted.names).toHaveLength(syncLimits.repositoriesMax);
  expect(wanted).toMatchObject({ isCut: true, listed: null });
});
