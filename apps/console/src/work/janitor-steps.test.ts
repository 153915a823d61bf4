import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { JanitorSteps } from './janitor-steps.ts';

function createSteps() {
  const said: string[] = [];
  const clock = { ms: 0 };
  const say = (level: string) => (fields: object, text?: string) =>
    void said.push(`${level} ${text ?? ''}: ${'step' in fields ? String(fields.step) : ''}`);
  const log = { warn: say('warn'), info: say('info') } as ConstructorParameters<typeof JanitorSteps>[0];
  return { said, clock, steps: new JanitorSteps(log, () => clock.ms) };
}

it('goes on after a step that fails, and says it once until it is another failure or works again', async () => {
  const { said, steps } = createSteps();
  let done = 0;
  const round = async (failure: string | undefined) => {
    await steps.run('first', async () => {
      if (failure !== undefined) throw new Error(failure);
    });
    await steps.run('second', async () => {
      done += 1;
    });
  };
  for (const failure of ['a', 'a', 'a', 'b', undefined, undefined, 'b']) await round(failure);
  expect(done).toBe(7);
  const [failed, again] = ['warn a step of the janitor failed: first', 'info a step of the janitor works again: first'];
  expect(said).toEqual([failed, failed, again, failed]);
});

it('leaves a step alone that took long to fail, as long as is said', async () => {
  const { clock, steps } = createSteps();
  const begun: number[] = [];
  const run = () =>
    steps.run(
      'slow',
      async () => {
        begun.push(clock.ms);
        clock.ms += 100;
        throw new Error('too slow');
      },
      { share: 50, leastMs: 1_000 },
    );
  for (; clock.ms < 12_000; clock.ms += 10) await run();
  expect(begun).toEqual([0, 5_100, 10_200]);
});

it('ends the round where the database is away', async () => {
  const { steps } = createSteps();
  const away = new Fault('unavailable', 'the database does not answer');
  await expect(steps.run('first', async () => Promise.reject(away))).rejects.toBe(away);
});
