import { hash } from 'node:crypto';

/** The JSON of an image or container as it is reported. */
export type EntryText = string;

/** Texts by key, in the order in which they were found. A key begins with the name of its runtime and a slash. */
export interface EntryTexts extends Iterable<readonly [string, EntryText]> {
  readonly size: number;
  has(key: string): boolean;
  keys(): Iterable<string>;
}

/** All that is on the host. */
export interface Inventory {
  readonly images: EntryTexts;
  readonly containers: EntryTexts;
}

/** What is kept of an inventory that the console has: the SHA-256 of each text, by key. */
export interface Prints {
  readonly images: ReadonlyMap<string, string>;
  readonly containers: ReadonlyMap<string, string>;
}

export interface Change {
  readonly images: Iterable<EntryText>;
  readonly containers: Iterable<EntryText>;
  readonly gone: { readonly images: readonly string[]; readonly containers: readonly string[] };
}

export const noPrints: Prints = { images: new Map(), containers: new Map() };

export function printsOf({ images, containers }: Inventory): Prints {
  const print = (texts: EntryTexts) => new Map(Array.from(texts, ([key, text]) => [key, printOf(text)]));
  return { images: print(images), containers: print(containers) };
}

export function printOf(text: string): string {
  return hash('sha256', text, 'base64');
}

/** What leads from one inventory to another, whose prints are given with it. */
export function changeBetween(base: Prints, current: Prints, inventory: Inventory): Change {
  return {
    images: changed(base.images, current.images, inventory.images),
    containers: changed(base.containers, current.containers, inventory.containers),
    gone: { images: missing(base.images, current.images), containers: missing(base.containers, current.containers) },
  };
}

/** Both sides come out of the same constructors, so equal things have equal text. Read anew each time it is asked for. */
function changed(
  base: ReadonlyMap<string, string>,
  current: ReadonlyMap<string, string>,
  texts: EntryTexts,
): Iterable<EntryText> {
  return {
    *[Symbol.iterator]() {
      for (const [key, text] of texts) if (base.get(key) !== current.get(key)) yield text;
    },
  };
}

function missing(base: ReadonlyMap<string, string>, current: ReadonlyMap<string, string>): readonly string[] {
  return [...base.keys()].filter((key) => !current.has(key));
}
