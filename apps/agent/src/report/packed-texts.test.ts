import { expect, it } from 'vitest';
import { packedTextCharacters } from '../limits.ts';
import { createPackedTexts } from './packed-texts.ts';

it('gives back what was added, in its order and as often as it is asked, across blocks and with any text', () => {
  const texts = createPackedTexts();
  const added = Array.from({ length: 500 }, (_, index): readonly [string, string] => [
    `docker/${index}`,
    JSON.stringify({ index, name: `ä\u2028\n\r"\ud83d\ude00\ud800`, filling: 'x'.repeat(index * 3) }),
  ]);
  expect(added.reduce((sum, [, text]) => sum + text.length, 0)).toBeGreaterThan(packedTextCharacters * 3);
  for (const [at, [key, text]] of added.entries()) {
    expect(texts.size).toBe(at);
    texts.add(key, text);
  }
  for (let times = 0; times < 2; times += 1) expect([...texts]).toEqual(added);
  expect([...texts.keys()]).toEqual(added.map(([key]) => key));
  expect([texts.has('docker/499'), texts.has('docker/500')]).toEqual([true, false]);
});

it('keeps the first text of a key', () => {
  const texts = createPackedTexts();
  texts.add('a', '{"is":1}');
  texts.add('a', '{"is":2}');
  expect([...texts]).toEqual([['a', '{"is":1}']]);
  expect([...createPackedTexts()]).toEqual([]);
});
