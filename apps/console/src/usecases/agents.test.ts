import { expect, it } from 'vitest';
import { sentenceOfFailure } from './agents.ts';

it.each([
  ['web', 'storage-full', 'no space left.', 'Agent web could not read it: no space left (storage-full).'],
  ['web', 'internal', '', 'Agent web could not read it: internal.'],
  [
    'a\u202eb',
    'x\ny',
    'one\r\n\u001b[31mtwo\u2028\u200bthree',
    'Agent a b could not read it: one [31mtwo three (x y).',
  ],
])('the words of the agent %j become one line', (name, code, detail, line) => {
  expect(sentenceOfFailure(name, { code, detail })).toBe(line);
});

it('takes no more than some words of an agent', () => {
  const line = sentenceOfFailure('n', { code: 'c', detail: 'x'.repeat(2_000) });
  expect(line).toBe(`Agent n could not read it: ${'x'.repeat(300)}… (c).`);
});
