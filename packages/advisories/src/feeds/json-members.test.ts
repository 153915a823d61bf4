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

test('gives the elements of the one array that is asked for one at a time', async () => {
  const elements = [{ a: [1, '],"'] }, 7, 'x,]', [2, [3]], {}, null];
  const object = {
    format: 'n',
    vulnerabilities: elements,
    other: [1, 2],
    nested: { vulnerabilities: [1, 2] },
    last: 1,
  };
  const expected = [
    ['format', 'n'],
    ...elements.map((element) => ['vulnerabilities', element]),
    ['other', [1, 2]],
    ['nested', { vulnerabilities: [1, 2] }],
    ['last', 1],
  ];
  for (const size of [1, 2, 7, 4096]) {
    for (const text of [JSON.stringify(object), JSON.stringify(object, null, 2).replaceAll('":', '" :')]) {
      expect(await listOf(jsonMembers(inChunks(Buffer.from(text), size), 'f.json', 'vulnerabilities'))).toEqual(
        expected,
      );
    }
  }
  const empty = inChunks(Buffer.from('{"vulnerabilities":[]}'), 3);
  expect(await listOf(jsonMembers(empty, 'f.json', 'vulnerabilities'))).toEqual([]);
  const cut = inChunks(Buffer.from('{"vulnerabilities":[{"a":1},{"a"'), 3);
  await expect(listOf(jsonMembers(cut, 'f.json', 'vulnerabilities'))).rejects.toMatchObject({ code: 'truncated' });
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
