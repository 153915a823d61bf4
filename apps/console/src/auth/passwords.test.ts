import { expect, it } from 'vitest';
import { createPasswords } from './passwords.ts';

it('hashes with argon2id and takes as long for nobody as for somebody', async () => {
  const passwords = await createPasswords();
  const hashed = await passwords.hash('correct horse battery');
  expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify('correct horse battery', hashed)).toBe(true);
  expect(await passwords.verify('wrong', hashed)).toBe(false);
  expect(await passwords.verify('the password of nobody', undefined)).toBe(false);
});

it('refuses a flood instead of taking all memory', async () => {
  const passwords = await createPasswords();
  const hashed = await passwords.hash('x');
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.verify('x', hashed)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused.length).toBe(60 - 44);
  for (const outcome of refused) expect(outcome.reason).toMatchObject({ code: 'rate-limited' });
});
