import type { Fault } from '@hullcheck/core';

/**
 * Registries that are not asked for a while, each with what it said last: one that limits requests is not asked again for each
 * image that waits, and a console without a network does not wait for every image.
 */
export interface RegistryRests {
  /** `key`: a connection's id, because a limit is of its account, or a public registry's name. */
  find(key: string): { readonly fault: Fault; readonly untilMs: number } | undefined;
  begin(key: string, fault: Fault, untilMs: number): void;
}

const restsMax = 10_000;

export function createRegistryRests(now: () => number): RegistryRests {
  const rests = new Map<string, { readonly fault: Fault; readonly untilMs: number }>();
  return {
    find: (key) => {
      const rest = rests.get(key);
      if (rest === undefined || rest.untilMs > now()) return rest;
      rests.delete(key);
      return undefined;
    },
    begin: (key, fault, untilMs) => {
      // Names of public registries come from hosts, which may invent them.
      const oldest = rests.keys().next();
      if (rests.size >= restsMax && oldest.done === false) rests.delete(oldest.value);
      rests.set(key, { fault, untilMs });
    },
  };
}
