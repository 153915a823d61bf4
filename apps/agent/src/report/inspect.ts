import { toFault } from '@hullcheck/core';
import { type InventoryClient, inParallel, type ManyInspected } from '@hullcheck/runtimes';
import { inspectionsAtOnce, inspectionsPerRequest } from '../limits.ts';
import type { Inventory } from './delta.ts';
import { platformText, runText } from './entries.ts';
import { tidyTexts } from './packed-texts.ts';

/** What inspecting told about things that did not change since; lives as long as the agent. */
export interface Inspected {
  /** The keys of the last inventory, each as the one string that all who hold it share: thousands of 112 bytes. */
  keys: Map<string, string>;
  /** By key; `text`: JSON of the fields that only inspecting tells. */
  readonly platforms: Map<string, { readonly text: string }>;
  /** `mark`: print of what the container was like when it was inspected, in which of the inventories. */
  readonly containers: Map<string, { readonly mark: string; readonly text: string; readonly round: number }>;
  round: number;
  /** What each runtime had in the last inventory, by name: it stands for one that says nothing. */
  parts: Map<string, Inventory>;
}

/**
 * What is to be inspected: thousands wait in a storm, so the id is not held beside the key, of which it is a part. `mark`: print of
 * what the container is like now.
 */
export interface Waiting {
  readonly key: string;
  readonly mark: string;
}

const idOf = ({ key }: Waiting): string => key.slice(key.indexOf('/') + 1);

interface Waitings {
  readonly waitingImages: readonly Waiting[];
  readonly waitingContainers: readonly Waiting[];
}

/**
 * Inspects what waits for it, until the time is over; gives whether all had its turn. Containers first: when they ran is news, an
 * image is known by its digests. What an engine under load could not tell is asked again the next time.
 */
export async function inspectWaiting(
  client: InventoryClient,
  { waitingContainers, waitingImages }: Waitings,
  inspected: Inspected,
  untilMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  inspected.round += 1;
  const { round } = inspected;
  for (const some of chunked(waitingContainers)) {
    if (performance.now() >= untilMs) return false;
    const told = inspectEach(some, signal, {
      many: (ids) => client.inspectContainers?.(ids, signal),
      one: (id) => client.inspectContainer(id, signal),
    });
    for await (const { key, mark, found } of told) inspected.containers.set(key, { mark, text: runText(found), round });
  }
  for (const some of chunked(waitingImages)) {
    if (performance.now() >= untilMs) return false;
    const told = inspectEach(some, signal, {
      many: (ids) => client.inspectImages?.(ids, signal),
      one: (id) => client.inspectImage(id, signal),
    });
    for await (const { key, found } of told)
      inspected.platforms.set(key, { text: platformText(found?.platform ?? null) });
  }
  return true;
}

function* chunked(waiting: readonly Waiting[]): Generator<readonly Waiting[]> {
  for (let at = 0; at < waiting.length; at += inspectionsPerRequest)
    yield waiting.slice(at, at + inspectionsPerRequest);
}

/** How a runtime inspects: many at once gives undefined where it takes one id only. */
interface Ways<T> {
  many(ids: readonly string[]): AsyncIterable<ManyInspected<T>> | undefined;
  one(id: string): Promise<T>;
}

/** What of these could be inspected; `found` is null for what was deleted between the list and now. */
async function* inspectEach<T>(
  waiting: readonly Waiting[],
  signal: AbortSignal,
  ways: Ways<T>,
): AsyncGenerator<Waiting & { readonly found: T | null }> {
  try {
    const many = ways.many(waiting.map(idOf));
    if (many === undefined) {
      const found = await inParallel(waiting, inspectionsAtOnce, (entry) => ways.one(idOf(entry)).catch(noLongerThere));
      for (const [at, entry] of waiting.entries()) {
        const told = found[at];
        if (told !== undefined) yield { ...entry, found: told };
      }
      return;
    }
    const byId = new Map(waiting.map((entry) => [idOf(entry), entry]));
    for await (const { id, found } of many) {
      const entry = byId.get(id);
      if (entry !== undefined) yield { ...entry, found };
      tidyTexts(INSPECTION_BYTES);
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
}

/** What one of them leaves behind as garbage. */
const INSPECTION_BYTES = 2048;

/** Null for what was deleted between the list and now; undefined where asking again may help. */
function noLongerThere(error: unknown): null | undefined {
  return toFault(error).code === 'not-found' ? null : undefined;
}
