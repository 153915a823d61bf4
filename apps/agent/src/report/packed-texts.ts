import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { packedTextCharacters, textsUntilTidyBytes } from '../limits.ts';
import { createTidier } from '../tidy.ts';
import type { EntryText, EntryTexts } from './delta.ts';

/** Texts by key that are kept packed: those of a big host have 1 instead of 5.4 MB. A key that is there keeps its text. */
export interface PackedTexts extends EntryTexts {
  /** A text of one line, as `JSON.stringify` makes it. */
  add(key: string, text: EntryText): void;
}

/** Unpacking leaves the bytes, the text of all and the text of each. */
const UNPACKED_TIMES = 3;

/** Told of each text, or what leaves as much garbage. */
export const tidyTexts = createTidier(textsUntilTidyBytes);

export function createPackedTexts(): PackedTexts {
  const index = new Set<string>();
  const blocks: Uint8Array[] = [];
  let waiting: EntryText[] = [];
  let characters = 0;

  function* texts(): Generator<EntryText> {
    for (const block of blocks) {
      const text = inflateRawSync(block).toString('utf8');
      yield* text.split('\n');
      tidyTexts(UNPACKED_TIMES * text.length);
    }
    yield* waiting;
  }

  return {
    get size() {
      return index.size;
    },
    has: (key) => index.has(key),
    keys: () => index.keys(),
    add(key, text) {
      if (index.has(key)) return;
      index.add(key);
      waiting.push(text);
      characters += text.length;
      if (characters < packedTextCharacters) return;
      // Copied: what zlib gives is a part of a buffer of 64 KiB.
      blocks.push(new Uint8Array(deflateRawSync(waiting.join('\n'), { level: 1 })));
      waiting = [];
      characters = 0;
    },
    *[Symbol.iterator]() {
      const keys = index.keys();
      for (const text of texts()) yield [keys.next().value ?? '', text] as const;
    },
  };
}
