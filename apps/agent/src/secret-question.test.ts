import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { answerSecrets } from './secret-question.ts';

it('a half that ended while its credentials were fetched ends nobody else', async () => {
  const asking = `for (const last of [false, true]) process.send({ kind: 'secret?' }, () => { if (last) process.exit(0); });`;
  const child = spawn(process.execPath, ['-e', asking], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const errors: unknown[] = [];
  child.on('error', (error) => errors.push(error));
  const asked: ((secret: { token: string }) => void)[] = [];
  answerSecrets(child, () => new Promise((resolve) => asked.push(resolve)));
  await once(child, 'close');
  expect(asked).toHaveLength(2);
  for (const resolve of asked) resolve({ token: 'x' });
  for (let turns = 0; turns < 5; turns += 1) await turn();
  expect(errors).toEqual([]);
});
