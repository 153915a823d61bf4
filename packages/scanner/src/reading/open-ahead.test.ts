import { describe, expect, it } from 'vitest';
import { OpenAhead } from './open-ahead.ts';

const signal = new AbortController().signal;

function streams(names: readonly string[], asked: string[]) {
  return names.map((name) => ({
    kind: 'stream' as const,
    async open() {
      asked.push(name);
      if (name === 'broken') throw new Error('it is broken');
      return (async function* () {
        yield Buffer.from(name);
      })();
    },
  }));
}

async function textOf(opened: Promise<AsyncIterable<Uint8Array>>): Promise<string> {
  let text = '';
  for await (const bytes of await opened) text += Buffer.from(bytes).toString();
  return text;
}

describe('opening streams ahead', () => {
  it('asks for one more than is taken, and for each once', async () => {
    const asked: string[] = [];
    const [a, b, c] = streams(['a', 'b', 'c'], asked);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three streams');
    const ahead = new OpenAhead([a, b, c], signal);
    expect(await textOf(ahead.take(a))).toBe('a');
    expect(asked).toEqual(['a', 'b']);
    expect(await textOf(ahead.take(b))).toBe('b');
    expect(await textOf(ahead.take(c))).toBe('c');
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('tells of a failure to whoever takes the stream, again where it is asked for again', async () => {
    const asked: string[] = [];
    const [a, broken] = streams(['a', 'broken'], asked);
    if (a === undefined || broken === undefined) throw new Error('two streams');
    const ahead = new OpenAhead([a, broken], signal);
    await ahead.take(a);
    await expect(ahead.take(broken)).rejects.toThrow('it is broken');
    await expect(ahead.take(broken)).rejects.toThrow('it is broken');
    expect(asked).toEqual(['a', 'broken', 'broken']);
  });
});
