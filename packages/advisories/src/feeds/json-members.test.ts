import { expect, test } from 'vitest';
import { jsonMembers } from './json-members.ts';
import { inChunks, listOf } from './test-archives.ts';

const members = (text: string, size = 5) => listOf(jsonMembers(inChunks(Buffer.from(text), size), 'f.json'));

test('gives the members of an object whatever stands inside them', async () => {
  const object = { a: { b: [1, { c: '}],"\\' }] }, 'ké"y': null, '': 'x', __proto__x: [[]] };
  for (const size of [1, 2, 7, 4096]) {
    expect(await members(JSON.stringify(object), size)).toEqual(Object.entries(object));
    expect(await members(JSON.stringify(object, null, 2), size)).toEqual(Object.entries(object));
  }
  expect(await members(' {} ')).toEqual([]);
});

test.each([
  ['[1]', 'feed-invalid'],
  ['{"a":1', 'truncated'],
  ['', 'truncated'],
  ['{"a":}', 'feed-invalid'],
  ['{a:1}', 'feed-invalid'],
  [`{"a":${'['.repeat(100)}`, 'limit-exceeded'],
])('refuses %s', async (text, code) => {
  await expect(members(text)).rejects.toMatchObject({ code });
});
