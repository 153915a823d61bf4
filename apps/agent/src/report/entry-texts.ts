import type { EntryText, EntryTexts } from './delta.ts';

/**
 * Texts of JSON objects, each with the fields of another one, in the same order: what only inspecting tells is held once, and the
 * packed rest of a thing stays as it was listed.
 */
export function completed(
  texts: EntryTexts,
  fields: readonly (EntryText | undefined)[],
  otherwise: EntryText,
): EntryTexts {
  return {
    size: texts.size,
    has: (key) => texts.has(key),
    keys: () => texts.keys(),
    *[Symbol.iterator]() {
      let place = 0;
      for (const [key, text] of texts) {
        yield [key, `${text.slice(0, -1)},${(fields[place] ?? otherwise).slice(1)}`] as const;
        place += 1;
      }
    },
  };
}

/** Those of several engines, which have no key in common. */
export function joined(parts: readonly EntryTexts[]): EntryTexts {
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    has: (key) => parts.some((part) => part.has(key)),
    *keys() {
      for (const part of parts) yield* part.keys();
    },
    *[Symbol.iterator](): Generator<readonly [string, EntryText]> {
      for (const part of parts) yield* part;
    },
  };
}
