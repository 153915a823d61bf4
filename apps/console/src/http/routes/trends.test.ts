import { expect, it } from 'vitest';
import type { Queryable } from '../../store/database.ts';
import { trendHandlers } from './trends.ts';

const host = '00000000-0000-4000-8000-00000000000a';

function handlers() {
  let [asked, nowMs, fails] = [0, 0, false];
  const database = {
    query: async () => {
      asked += 1;
      if (fails) throw new Error('away');
      return { rows: [] };
    },
  } as unknown as Queryable;
  const made = trendHandlers({ database, retentionDays: 90, now: () => nowMs });
  const get = (query: object, scope = 'a') => made['trend.get']({ view: { scopes: [scope] }, query } as never);
  return {
    get,
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
    fail: (does: boolean) => {
      fails = does;
    },
  };
}

it('adds up all images once a minute, for each that may see others', async () => {
  const { get, asked, pass } = handlers();
  await Promise.all([get({}), get({}), get({})]);
  expect(asked()).toBe(1);
  await get({}, 'b');
  expect(asked()).toBe(2);
  pass(59_999);
  await get({});
  expect(asked()).toBe(2);
  pass(1);
  await get({});
  expect(asked()).toBe(3);
  await get({ host });
  await get({ host });
  expect(asked()).toBe(5);
});

it('asks again after a failure', async () => {
  const { get, asked, fail } = handlers();
  fail(true);
  await expect(get({})).rejects.toThrow('away');
  fail(false);
  expect(await get({})).toEqual({ points: [] });
  expect(asked()).toBe(2);
});

it('refuses to tell of two at once', async () => {
  const { get } = handlers();
  await expect(get({ host, registry: 'docker.io' })).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(get({ registry: 'docker.io', repository: 'library/debian' })).resolves.toEqual({ points: [] });
});
