import type { EntryText, EntryTexts } from './delta.ts';

/**
 * Texts of JSON objects, each with more fields that are JSON without braces: what only inspecting tells is held once, and the
 * packed rest of a thing stays as it was listed.
 */
export function completed(texts: EntryTexts, fields: ReadonlyMap<string, string>, otherwise: string): EntryTexts {
  return {
    size: texts.size,
    has: (key) => texts.has(key),
    keys: () => texts.keys(),
    *[Symbol.iterator]() {
      for (const [key, text] of texts) yield [key, `${text.slice(0, -1)},${fields.get(key) ?? otherwise}}`] as const;
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
