/** The JSON of an image or container as it is reported: five thousand take 4 MB, and as objects four times that. */
export type EntryText = string;

/** All that is on the host, by key. A key begins with the name of its runtime and a slash. */
export interface Inventory {
  readonly images: ReadonlyMap<string, EntryText>;
  readonly containers: ReadonlyMap<string, EntryText>;
}

export interface Change {
  readonly images: readonly EntryText[];
  readonly containers: readonly EntryText[];
  readonly gone: { readonly images: readonly string[]; readonly containers: readonly string[] };
}

export const nothing: Inventory = { images: new Map(), containers: new Map() };

/** What leads from one inventory to another. */
export function changeBetween(base: Inventory, current: Inventory): Change {
  return {
    images: changed(base.images, current.images),
    containers: changed(base.containers, current.containers),
    gone: { images: missing(base.images, current.images), containers: missing(base.containers, current.containers) },
  };
}

function changed(base: ReadonlyMap<string, EntryText>, current: ReadonlyMap<string, EntryText>): readonly EntryText[] {
  // Both sides come out of the same constructors, so equal things have equal text.
  return [...current].filter(([key, text]) => base.get(key) !== text).map(([, text]) => text);
}

function missing(base: ReadonlyMap<string, EntryText>, current: ReadonlyMap<string, EntryText>): readonly string[] {
  return [...base.keys()].filter((key) => !current.has(key));
}
