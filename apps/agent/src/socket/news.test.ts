import { isNews } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { elementBytesMax } from '../limits.ts';
import { newsOf } from './news.ts';

const event = (Action: string, id = 'a', attributes: object = {}) =>
  JSON.stringify({ Type: 'container', Action, Actor: { ID: id, Attributes: attributes }, time: 7 });

async function told(pieces: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  async function* each() {
    for (const piece of pieces) yield Buffer.from(piece);
  }
  const lines: unknown[] = [];
  for await (const line of newsOf(each(), isNews, 'engine')) lines.push(JSON.parse(line));
  return lines;
}
const news = (Action: string, ID = 'a') => ({ Type: 'container', Action, Actor: { ID }, time: 7 });

it('tells the first event of a piece that makes an inventory old, and none of what came with it', async () => {
  const pieces = [`${event('exec_create: sh')}\n${event('die')}\n${event('start', 'b')}\n`, `${event('start', 'c')}\n`];
  expect(await told(pieces)).toEqual([news('die'), news('start', 'c')]);
});

it('tells nothing of what is no news', async () => {
  expect(
    await told([`${event('exec_start: sh -c x')}\n\n${event('health_status: healthy')}\n`, '[]\n7\nnull\n']),
  ).toEqual([]);
});

it('finds events however their bytes are cut, and where they hold line feeds and braces', async () => {
  const text = [event('exec_die'), event('die', 'a', { x: 'a\n}\u00e4"' }), event('start', 'b')]
    .map((line) => `${line}\n`)
    .join('');
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 7, 64, bytes.byteLength]) {
    const pieces = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const lines = await told(pieces);
    expect(lines[0]).toEqual(news('die'));
    // One piece tells once; byte by byte each event is in a piece of its own.
    expect(lines.length).toBe(size === bytes.byteLength ? 1 : 2);
  }
});

it('does not wait for the line feed of an event that is whole', async () => {
  expect(await told([event('die'), event('start', 'b').slice(0, 40), `${event('start', 'b').slice(40)}\n`])).toEqual([
    news('die'),
    news('start', 'b'),
  ]);
});

it('keeps the beginning of an event that follows one that it told', async () => {
  const next = event('stop', 'b');
  expect(await told([`${event('die')}\n${next.slice(0, 20)}`, `${next.slice(20)}\n`])).toEqual([
    news('die'),
    news('stop', 'b'),
  ]);
});

it('refuses what is no JSON, and an event without an end', async () => {
  await expect(told(['<html>\n'])).rejects.toMatchObject({ code: 'unsupported' });
  await expect(told(Array(5).fill('x'.repeat(elementBytesMax / 4)))).rejects.toMatchObject({ code: 'limit-exceeded' });
});
