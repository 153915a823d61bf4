import { expect, it } from 'vitest';
import { createKeeper } from './keeper.ts';
import { offsetClock } from './vendors/fake.testing.ts';

function counting(now: () => number) {
  let trades = 0;
  const keep = createKeeper({ ...offsetClock(), now });
  const take = async () =>
    await keep('token', async () => {
      trades += 1;
      const value = trades;
      await Promise.resolve();
      if (value === 2) throw new Error('refused');
      return { value, expiresAtMs: now() + 1000 };
    });
  return { take, trades: () => trades };
}

it('asks once for all who ask at once, again when it has ended, and does not keep a failure', async () => {
  let now = 0;
  const { take, trades } = counting(() => now);
  expect(await Promise.all([take(), take(), take()])).toEqual([1, 1, 1]);
  now = 999;
  expect(await take()).toBe(1);
  now = 1000;
  const answers = await Promise.allSettled([take(), take(), take()]);
  // The one whose trade failed says so; those who waited for it have another one made, once.
  expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual(['failed', 3, 3]);
  expect(trades()).toBe(3);
});
