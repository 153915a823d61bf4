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

/** What is kept of an inventory that the console has. */
export interface Prints {
  readonly images: PrintList;
  readonly containers: PrintList;
}

/** The SHA-256 of each text, one after the other as the keys are: as texts in maps they would take three times as much. */
interface PrintList {
  readonly keys: readonly string[];
  readonly prints: Buffer;
}

const PRINT_BYTES = 32;

export interface Change {
  readonly images: Iterable<EntryText>;
  readonly containers: Iterable<EntryText>;
  readonly gone: { readonly images: readonly string[]; readonly containers: readonly string[] };
}

const noPrints: PrintList = { keys: [], prints: Buffer.alloc(0) };

export function printsOf({ images, containers }: Inventory): Prints {
  return { images: print(images), containers: print(containers) };
}

function print(texts: EntryTexts): PrintList {
  const keys: string[] = [];
  const prints = Buffer.alloc(texts.size * PRINT_BYTES);
  for (const [key, text] of texts) {
    prints.write(hash('sha256', text, 'binary'), keys.length * PRINT_BYTES, 'binary');
    keys.push(key);
  }
  return { keys, prints };
}

/** What leads from one inventory, or from nothing, to another, whose prints are given with it. */
export function changeBetween(base: Prints | undefined, current: Prints, inventory: Inventory): Change {
  const { images = noPrints, containers = noPrints } = base ?? {};
  return {
    images: changed(images, current.images, inventory.images),
    containers: changed(containers, current.containers, inventory.containers),
    gone: {
      images: images.keys.filter((key) => !inventory.images.has(key)),
      containers: containers.keys.filter((key) => !inventory.containers.has(key)),
    },
  };
}

/** Both sides come out of the same constructors, so equal things have equal text. Read anew each time it is asked for. */
function changed(base: PrintList, current: PrintList, texts: EntryTexts): Iterable<EntryText> {
  return {
    *[Symbol.iterator]() {
      const places = new Map(base.keys.map((key, place) => [key, place]));
      let place = 0;
      for (const [key, text] of texts) {
        const before = places.get(key);
        if (before === undefined || !printAt(base, before).equals(printAt(current, place))) yield text;
        place += 1;
      }
    },
  };
}

function printAt({ prints }: PrintList, place: number): Buffer {
  return prints.subarray(place * PRINT_BYTES, (place + 1) * PRINT_BYTES);
}
