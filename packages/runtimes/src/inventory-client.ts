import type { Platform } from '@hullcheck/core';
import type { EngineContainer, EngineEvent, EngineImage, EngineInfo } from './engine.ts';

/** When a container ran and how it stands to the network: what only inspecting tells. */
export interface ContainerRun {
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Null while it runs. */
  readonly exitCode: number | null;
  /** As the engine says it; `host`: it has the network of its host. Null where nothing tells. */
  readonly networkMode: string | null;
}

/** One of many that were inspected at once. */
export interface ManyInspected<T> {
  readonly id: string;
  readonly found: T | null;
}

/** What an inventory asks of a runtime, whichever it is: only reads. All methods throw `Fault`. */
export interface InventoryClient {
  readonly address: string;
  info(signal: AbortSignal): Promise<EngineInfo>;
  images(signal: AbortSignal): Promise<readonly EngineImage[]>;
  /** All, running or not. */
  containers(signal: AbortSignal): Promise<readonly EngineContainer[]>;
  /** The same one by one, where the runtime's answer is read so: five thousand at once take more memory than all else. */
  eachImage?(signal: AbortSignal): AsyncIterable<EngineImage>;
  eachContainer?(signal: AbortSignal): AsyncIterable<EngineContainer>;
  inspectImage(id: string, signal: AbortSignal): Promise<{ readonly platform: Platform | null }>;
  inspectContainer(id: string, signal: AbortSignal): Promise<ContainerRun>;
  /**
   * The same of many at once, where whoever answers takes many ids in one request. What can't be told now is left out; `found` is
   * null for what is not there any more.
   */
  inspectImages?(
    ids: readonly string[],
    signal: AbortSignal,
  ): AsyncIterable<ManyInspected<{ readonly platform: Platform | null }>>;
  inspectContainers?(ids: readonly string[], signal: AbortSignal): AsyncIterable<ManyInspected<ContainerRun>>;
  /** Changes of images and containers from `sinceSeconds` (epoch) on; ends when the signal does. */
  events(sinceSeconds: number, signal: AbortSignal): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}

/** Blobs of a content store, by digest. */
export interface ContentStore {
  /** Bytes of it; undefined where the store does not have it (any more). */
  findSize(digest: string, signal: AbortSignal): Promise<number | undefined>;
  /** Fault `not-found` where the store does not have it. */
  open(digest: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** A runtime whose images are read out of its content store; an image's id is the digest of its index or manifest. */
export interface ContentClient extends InventoryClient {
  readonly imagesBy: 'content';
  readonly content: ContentStore;
}

/** A runtime that only names its images (CRI has no way to hand out their layers). */
export interface NamingClient extends InventoryClient {
  readonly imagesBy: 'none';
}
