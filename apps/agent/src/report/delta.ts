import type { AgentContainer, AgentImage } from '@hullcheck/contract';

/** All that is on the host, by key. */
export interface Inventory {
  readonly images: ReadonlyMap<string, AgentImage>;
  readonly containers: ReadonlyMap<string, AgentContainer>;
}

export interface Change {
  readonly images: readonly AgentImage[];
  readonly containers: readonly AgentContainer[];
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

function changed<T>(base: ReadonlyMap<string, T>, current: ReadonlyMap<string, T>): readonly T[] {
  // Both sides come out of the same constructors, so equal things have equal text.
  return [...current]
    .filter(([key, value]) => {
      const before = base.get(key);
      return before !== value && JSON.stringify(before) !== JSON.stringify(value);
    })
    .map(([, value]) => value);
}

function missing<T>(base: ReadonlyMap<string, T>, current: ReadonlyMap<string, T>): readonly string[] {
  return [...base.keys()].filter((key) => !current.has(key));
}
