import { describe, expect, it } from 'vitest';
import { readJsonElements } from './json-stream.ts';

const limits = { elementBytesMax: 1000, elementsMax: 10, bytesMax: 5000 };

async function* chunked(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size: number, depth: 0 | 1 = 1): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of readJsonElements(chunked(text, size), depth, limits, 'here')) items.push(item);
  return items;
}

describe('readJsonElements', () => {
  const tricky = [{ a: '}]"\\', b: [1, { c: 'ü€😀' }] }, {}, [[], '\\"'], { d: '[{' }];

  it('gives the same elements for every size of chunk', async () => {
    const text = ` ${JSON.stringify(tricky, null, 1)}\n`;
    for (let size = 1; size <= text.length; size += 1) expect(await read(text, size)).toEqual(tricky);
  });

  it('reads objects one after another', async () => {
    const text = tricky.map((item) => JSON.stringify(item)).join('\n');
    for (const size of [1, 2, 3, 7, 1000]) expect(await read(text, size, 0)).toEqual(tricky);
  });

  it('reads an empty list as none', async () => {
    expect(await read('[]\n', 1)).toEqual([]);
  });

  it('reads null, as Go writes a list that was never made, as none', async () => {
    for (const size of [1, 5]) expect(await read(' null\n', size)).toEqual([]);
  });

  it.each(['', ' \n', '{}', '{"message":"starting"}', '"[]"', 'nul', '<html>', '[]]', '[{}]{'])(
    'never takes %j for a list, which would empty what is known',
    async (text) => {
      for (const size of [1, 100]) await expect(read(text, size)).rejects.toThrow(/answer/);
    },
  );

  it.each([
    ['that ends in the middle', '[{"a":1', 'truncated'],
    ['with a broken element', '[{"a":}]', 'unsupported'],
    ['with too many elements', `[${'{},'.repeat(11)}{}]`, 'limit-exceeded'],
    ['with a huge element', `[{"a":"${'x'.repeat(1200)}"}]`, 'limit-exceeded'],
    ['that is too long', `[${' '.repeat(6000)}{}]`, 'limit-exceeded'],
  ])('refuses an answer %s', async (_, text, code) => {
    await expect(read(text, 64)).rejects.toMatchObject({ code });
  });
});
