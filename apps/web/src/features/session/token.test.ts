import { expect, it } from 'vitest';
import { parseSetupToken } from './token.ts';

it.each([
  ['#token=abc_123-X', 'abc_123-X'],
  ['token=abc', 'abc'],
  ['#other=1&token=abc', 'abc'],
  ['#token=', undefined],
  ['', undefined],
  [`#token=${'x'.repeat(201)}`, undefined],
])('of %s the token is %s', (fragment, token) => expect(parseSetupToken(fragment)).toBe(token));
