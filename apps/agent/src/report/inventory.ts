import { hash } from 'node:crypto';
import { toFault } from '@hullcheck/core';
import {
  type ContentClient,
  type EngineClient,
  type EngineContainer,
  engineNameOf,
  type InventoryClient,
  type NamingClient,
} from '@hullcheck/runtimes';
import { reinspectionsMax } from '../limits.ts';
import type { OfferedRuntime } from '../socket/half.ts';
import type { EntryText, EntryTexts, Inventory } from './delta.ts';
import { NEVER_RAN, PLATFORM_UNKNOWN, platformText, text, toAgentContainer, toAgentImage } from './entries.ts';
import { completed, joined } from './entry-texts.ts';
import { type Inspected, inspectWaiting, type Waiting } from './inspect.ts';
import { createPackedTexts, type PackedTexts, tidyTexts } from './packed-texts.ts';
import type { RegistryInventory } from './registry-inventory.ts';

/** However a runtime's images are had, its inventory is asked for in the same words. */
export type RuntimeClient = EngineClient | ContentClient | NamingClient | RegistryInventory;

/** An engine, a cluster or a registry as it is reported. */
export type ReportedRuntime = Omit<OfferedRuntime, 'imagesBy'>;

/** An engine that can be asked, under the name by which its things are reported. */
export interface ReadableRuntime {
  readonly runtime: ReportedRuntime;
  readonly client: RuntimeClient;
}

export interface Collected extends Inventory {
  /** Engines as they turned out: one that was readable a moment ago may not be any more. */
  readonly runtimes: readonly ReportedRuntime[];
  /** Something is listed that was not inspected yet. */
  readonly isHasty: boolean;
  /** So many containers changed that not all were inspected again: the rest has its turn with the next inventory. */
  readonly isBehind: boolean;
}

/**
 * Lists all engines. One that fails or is stopped is reported with the reason, and its images and containers stay as they
 * were: a restart of Docker must not take a host's findings away. What an engine has that is not offered any more, goes.
 */
export async function collectInventory(
  runtimes: readonly ReportedRuntime[],
  readable: readonly ReadableRuntime[],
  inspected: Inspected,
  budget: { readonly inspectMs: number },
  signal: AbortSignal,
): Promise<Collected> {
  const untilMs = performance.now() + budget.inspectMs;
  let isHasty = false;
  let isBehind = false;
  const parts = new Map<string, Inventory>();
  const failed = new Map<string, string>();
  for (const { runtime, client } of readable) {
    try {
      const listed = await listRuntime(client, runtime.name, inspected, signal);
      // From here on only the end of this process fails, and of a big host there is room for two lists, not for three.
      inspected.parts.delete(runtime.name);
      if (!(await inspectWaiting(client, listed, inspected, untilMs, signal))) isHasty = true;
      if (listed.isBehind) isBehind = true;
      // Lists of their own: what this inventory says stays as it is when the next one inspects.
      parts.set(runtime.name, {
        images: completed(listed.images, toldOf(listed.images, inspected.platforms), PLATFORM_UNKNOWN),
        containers: completed(listed.containers, toldOf(listed.containers, inspected.containers), NEVER_RAN),
      });
    } catch (error) {
      if (signal.aborted) throw error;
      failed.set(runtime.name, toFault(error, 'the engine could not be read').message);
    }
  }
  for (const { name, state } of runtimes) {
    const before = inspected.parts.get(name);
    if (before !== undefined && (state !== 'readable' || failed.has(name))) parts.set(name, before);
  }
  inspected.parts = parts;
  const images = joined([...parts.values()].map((part) => part.images));
  const containers = joined([...parts.values()].map((part) => part.containers));
  forget(inspected, containers, images);
  return {
    images,
    containers,
    isHasty,
    isBehind,
    runtimes: runtimes.map((runtime) => {
      const reason = failed.get(runtime.name);
      return reason === undefined ? runtime : { ...runtime, state: 'unavailable', reason };
    }),
  };
}

/** What was told of these, in their order. */
function toldOf(
  texts: EntryTexts,
  told: ReadonlyMap<string, { readonly text: EntryText }>,
): readonly (EntryText | undefined)[] {
  return Array.from(texts.keys(), (key) => told.get(key)?.text);
}

/** What is listed of one engine, as texts that lack what only inspecting tells, and what is to be inspected for it. */
interface Listed {
  readonly images: PackedTexts;
  readonly containers: PackedTexts;
  readonly waitingImages: readonly Waiting[];
  readonly waitingContainers: readonly Waiting[];
  readonly isBehind: boolean;
}

/** Each listed thing becomes its text at once: as objects, thousands would be held for as long as they are inspected. */
async function listRuntime(
  client: InventoryClient,
  runtime: string,
  inspected: Inspected,
  signal: AbortSignal,
): Promise<Listed> {
  const images = createPackedTexts();
  const containers = createPackedTexts();
  const defaults = new Map<string, string>();
  const waitingImages: Waiting[] = [];
  const newContainers: Waiting[] = [];
  const changedContainers: (Waiting & { readonly round: number })[] = [];
  const sharedKey = (key: string) => {
    const shared = inspected.keys.get(key);
    if (shared !== undefined) return shared;
    // Made anew: V8 keeps what was put together of two texts with both of them.
    const own = Buffer.from(key).toString();
    inspected.keys.set(own, own);
    return own;
  };
  const keep = (texts: PackedTexts, key: string, entry: object) => {
    const text = JSON.stringify(entry);
    texts.add(key, text);
    tidyTexts(text.length);
  };
  for await (const image of client.eachImage?.(signal) ?? (await client.images(signal))) {
    const key = sharedKey(`${runtime}/${image.id}`);
    keep(images, key, toAgentImage(image, key, runtime));
    if (image.isDefault === true) defaults.set(`${runtime}/${engineNameOf(image.id).name}`, key);
    if (image.platform !== null) inspected.platforms.set(key, { text: platformText(image.platform) });
    // Those whose platform neither the list nor an earlier look told. Of several under one name looking tells that of one.
    else if (image.isDefault === undefined && !inspected.platforms.has(key)) waitingImages.push({ key, mark: '' });
  }
  for await (const container of client.eachContainer?.(signal) ?? (await client.containers(signal))) {
    const key = sharedKey(`${runtime}/${text(container.id, 200)}`);
    keep(containers, key, toAgentContainer(container, runtime, { texts: images, defaults }));
    // Only containers that are new or changed their state: a host may have thousands.
    const mark = markOf(container);
    const before = inspected.containers.get(key);
    if (before === undefined) newContainers.push({ key, mark });
    else if (before.mark !== mark) changedContainers.push({ key, mark, round: before.round });
  }
  // Where thousands start and stop all the time, those have their turn that have waited longest.
  const turn = changedContainers.sort((a, b) => a.round - b.round).slice(0, reinspectionsMax);
  return {
    images,
    containers,
    waitingImages,
    waitingContainers: [...newContainers, ...turn],
    isBehind: turn.length < changedContainers.length,
  };
}

/** Of thousands the print is kept, not the text, and as much of it as V8 copies: a longer part would hold the whole. */
function markOf(container: EngineContainer): string {
  return hash('sha256', `${container.state} ${container.name} ${container.imageId}`, 'base64').slice(
    0,
    MARK_CHARACTERS,
  );
}

const MARK_CHARACTERS = 12;

function forget(inspected: Inspected, containers: EntryTexts, images: EntryTexts): void {
  for (const key of inspected.containers.keys()) if (!containers.has(key)) inspected.containers.delete(key);
  for (const key of inspected.platforms.keys()) if (!images.has(key)) inspected.platforms.delete(key);
  for (const key of inspected.keys.keys()) if (!containers.has(key) && !images.has(key)) inspected.keys.delete(key);
}
