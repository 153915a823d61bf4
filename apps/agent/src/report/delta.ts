import { hash } from 'node:crypto';
import type { AgentReport } from '@hullcheck/contract';

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

/** A part of an inventory that is too big for one report (contract: `part`). */
export type Part = NonNullable<AgentReport['part']>;

const isIn = (key: string, { at, of }: Part): boolean => (hash('sha256', key, 'buffer')[0] ?? 0) % of === at;

/** What leads from one inventory, or from nothing, to another, whose prints are given with it; of that, where one is named, a part. */
export function changeBetween(base: Prints | undefined, current: Prints, inventory: Inventory, part?: Part): Change {
  const { images = noPrints, containers = noPrints } = base ?? {};
  if (part !== undefined)
    return {
      images: part.at === 0 ? changed(images, current.images, inventory.images) : [],
      containers: changed(containers, current.containers, inventory.containers, (key) => isIn(key, part)),
      gone: { images: [], containers: [] },
    };
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
function changed(
  base: PrintList,
  current: PrintList,
  texts: EntryTexts,
  isMeant: (key: string) => boolean = () => true,
): Iterable<EntryText> {
  return {
    *[Symbol.iterator]() {
      const places = new Map(base.keys.map((key, place) => [key, place]));
      let place = 0;
      for (const [key, text] of texts) {
        const before = places.get(key);
        const isChanged = before === undefined || !printAt(base, before).equals(printAt(current, place));
        if (isChanged && isMeant(key)) yield text;
        place += 1;
      }
    },
  };
}

/** How many containers came, changed or went. */
export function countChanges({ containers: base }: Prints, { containers: current }: Prints): number {
  const places = new Map(base.keys.map((key, place) => [key, place]));
  let count = 0;
  for (const [place, key] of current.keys.entries()) {
    const before = places.get(key);
    if (before === undefined || !printAt(base, before).equals(printAt(current, place))) count += 1;
    places.delete(key);
  }
  return count + places.size;
}

function printAt({ prints }: PrintList, place: number): Buffer {
  return prints.subarray(place * PRINT_BYTES, (place + 1) * PRINT_BYTES);
}
