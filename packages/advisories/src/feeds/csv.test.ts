import { expect, test } from 'vitest';
import { csvRecords, csvRows } from './csv.ts';
import { inChunks, listOf } from './test-archives.ts';

const rows = (text: string, size = 3) => listOf(csvRows(inChunks(Buffer.from(text), size), 'f.csv'));

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,\r\n',
    [
      ['a', 'b'],
      ['1', ''],
    ],
  ],
  ['a\n"x, ""y""\nz"', [['a'], ['x, "y"\nz']]],
  ['""\n', []],
  ['"",1\n', [['', '1']]],
  ['#model:v1,score_date:2024\ncve,epss\n', [['#model:v1,score_date:2024'], ['cve', 'epss']]],
  ['a#b,#c\n', [['a#b', '#c']]],
  ['é,ü\n', [['é', 'ü']]],
  ['', []],
])('reads %j in pieces of any size', async (text, wanted) => {
  for (const size of [1, 2, 3, 1000]) expect(await rows(text, size)).toEqual(wanted);
});

test('refuses a quoted field that does not end', async () => {
  await expect(rows('a\n"never')).rejects.toMatchObject({ code: 'truncated' });
});

test('refuses a field above the limit', async () => {
  await expect(rows('x'.repeat(2_000_000), 65_536)).rejects.toMatchObject({ code: 'limit-exceeded' });
});

test('gives a row of another width as undefined, with its line', async () => {
  const records = await listOf(csvRecords(csvRows(inChunks(Buffer.from('a,b\n1\n1,2\n'), 99), 'f.csv')));
  expect(records.map(({ line, record }) => [line, record?.get('b')])).toEqual([
    [2, undefined],
    [3, '2'],
  ]);
});
