import { Fault, type Platform } from '@hullcheck/core';
import { z } from 'zod';
import { chooseApi, isAtLeast } from './api-version.ts';
import {
  parseContainer,
  parseContainerDetails,
  parseContainerRun,
  parseEvent,
  parsePodmanPod,
} from './container-schema.ts';
import type {
  EngineContainer,
  EngineContainerDetails,
  EngineHistoryEntry,
  EngineImage,
  EngineImageDetails,
  EnginePod,
} from './engine.ts';
import { parseHistoryEntry, parseImage, parseImageDetails, parseImagePlatform } from './image-schema.ts';
import type { InventoryClient, ManyInspected } from './inventory-client.ts';
import { readJsonElements, readJsonValue, toList } from './json-stream.ts';
import {
  answerBytesMax,
  answerTimeoutMs,
  elementBytesMax,
  errorBytesMax,
  eventGatherMs,
  exportIdleTimeoutMs,
  listBytesMax,
  listElementsMax,
  listTimeoutMs,
} from './limits.ts';
import { newsFilters } from './news.ts';
import { type EnginePlatform, engineNameOf, imagesOfPlatforms } from './platform-images.ts';
import type { EngineAnswer, EngineTransport } from './transport.ts';

/** A container engine through its Docker-compatible API: only reads. All methods throw `Fault`. */
export interface EngineClient extends InventoryClient {
  readonly imagesBy: 'export';
  inspectImage(id: string, signal: AbortSignal): Promise<EngineImageDetails>;
  inspectContainer(id: string, signal: AbortSignal): Promise<EngineContainerDetails>;
  /** Newest first, as engines give it. */
  history(id: string, signal: AbortSignal): Promise<readonly EngineHistoryEntry[]>;
  /** The image as `docker save` writes it: of several under one name the one that the id says. */
  exportImage(id: string, signal: AbortSignal, platform?: Platform): Promise<AsyncIterable<Uint8Array>>;
}

const Version = z.object({
  Version: z.string().max(100),
  ApiVersion: z.string().max(20),
  MinAPIVersion: z.string().max(20).optional(),
  Os: z.string().max(40).optional().catch(undefined),
  Arch: z.string().max(40).optional().catch(undefined),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
});
const Info = z.object({
  Name: z.string().catch(''),
  OperatingSystem: z.string().nullish().catch(null),
  KernelVersion: z.string().nullish().catch(null),
  Architecture: z.string().nullish().catch(null),
  Driver: z.string().catch(''),
  DriverStatus: z.array(z.array(z.string())).nullish().catch(null),
  SecurityOptions: z.array(z.string()).nullish().catch(null),
  Rootless: z.boolean().optional().catch(undefined),
});

interface Negotiated {
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  readonly apiVersion: string;
  readonly platform: EnginePlatform | null;
}

export interface EngineClientOptions {
  /**
   * What is behind the transport is no engine but somebody who asks one, and takes many ids, each with a comma after it, where an
   * engine takes one; the answer is a line for each: `{"id":…,"status":…,"answer":…}`.
   */
  readonly takesMany?: boolean;
}

/** One line of the answer for many ids. */
const Line = z.object({ id: z.string(), status: z.number(), answer: z.unknown() });

export function createEngineClient(
  transport: EngineTransport,
  { takesMany = false }: EngineClientOptions = {},
): EngineClient {
  const place = transport.address;
  let negotiated: Negotiated | undefined;

  async function negotiate(signal: AbortSignal): Promise<Negotiated> {
    if (negotiated !== undefined) return negotiated;
    const parsed = Version.safeParse(await fetchOne('/version', signal));
    if (!parsed.success) throw unreadable('/version');
    const { Version: version, ApiVersion, MinAPIVersion, Components, Os, Arch } = parsed.data;
    const isPodman = (Components ?? []).some(({ Name }) => Name === 'Podman Engine');
    negotiated = {
      kind: isPodman ? 'podman' : 'docker',
      version,
      apiVersion: chooseApi(ApiVersion, MinAPIVersion),
      platform: Arch === undefined ? null : { os: Os ?? 'linux', architecture: Arch },
    };
    return negotiated;
  }

  async function versioned(path: string, signal: AbortSignal): Promise<string> {
    return `/v${(await negotiate(signal)).apiVersion}${path}`;
  }

  async function open(path: string, signal: AbortSignal, idleTimeoutMs: number, gatherMs = 0): Promise<EngineAnswer> {
    const answer = await transport.get(path, { signal, idleTimeoutMs, gatherMs });
    if (answer.status === 200) return answer;
    // An engine that was upgraded under this client may have given up the version agreed on: the next call agrees anew.
    if (answer.status === 400) negotiated = undefined;
    throw await refusal(answer, path, place);
  }

  async function fetchOne(path: string, signal: AbortSignal): Promise<unknown> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const answer = await open(path, bounded, answerTimeoutMs);
    return await readJsonValue(answer.body, answerBytesMax, place);
  }

  async function* each<T>(
    path: string,
    parse: (value: unknown) => T | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<T, void, void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(listTimeoutMs)]);
    const answer = await open(await versioned(path, bounded), bounded, listTimeoutMs);
    const limits = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
    for await (const value of readJsonElements(answer.body, 1, limits, place)) {
      const item = parse(value);
      if (item === undefined) throw unreadable(path);
      yield item;
    }
  }

  async function* eachImage(signal: AbortSignal): AsyncGenerator<EngineImage, void, void> {
    const { kind, apiVersion, platform } = await negotiate(signal);
    // Not `digests=true`: repository digests come without it, and Podman 4.3 answers an empty body to it.
    // From 1.47 on an engine tells the manifests, from 1.48 on which of them a container was made of.
    const query = kind === 'docker' && isAtLeast(apiVersion, [1, 48]) ? '?manifests=true' : '';
    for await (const image of each(`/images/json${query}`, parseImage, signal))
      yield* imagesOfPlatforms(image, platform);
  }

  /** Undefined where the engine has it no more. */
  async function platformOf(id: string, signal: AbortSignal): Promise<Platform | null | undefined> {
    for await (const image of eachImage(signal)) if (image.id === id) return image.platform;
    return undefined;
  }

  async function* eachContainer(signal: AbortSignal): AsyncGenerator<EngineContainer, void, void> {
    let pods: ReadonlyMap<string, EnginePod> | undefined;
    const { kind } = await negotiate(signal);
    for await (const container of each('/containers/json?all=true', parseContainer, signal)) {
      if (kind === 'podman') pods ??= await podsOf(signal);
      yield { ...container, pod: container.pod ?? pods?.get(container.id) ?? null };
    }
  }

  async function* inspectMany<T>(
    kind: 'containers' | 'images',
    ids: readonly string[],
    parse: (value: unknown) => T | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ManyInspected<T>, void, void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(listTimeoutMs)]);
    const path = await versioned(`/${kind}/${ids.map((id) => `${checkedId(id)},`).join('')}/json`, bounded);
    const answer = await open(path, bounded, listTimeoutMs);
    const limits = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
    for await (const value of readJsonElements(answer.body, 0, limits, place)) {
      const line = Line.safeParse(value);
      if (!line.success) throw unreadable(path);
      const { id, status, answer: told } = line.data;
      if (status === 404) yield { id, found: null };
      const found = status === 200 ? parse(told) : undefined;
      if (found !== undefined) yield { id, found };
    }
  }

  function unreadable(path: string): Fault {
    return new Fault('unsupported', 'the engine gave an answer that is not understood', { place: `${place} ${path}` });
  }

  /** Podman tells in its own list alone which pod a container is in; an older one without it has none to tell. */
  async function podsOf(signal: AbortSignal): Promise<ReadonlyMap<string, EnginePod>> {
    const path = '/v4.0.0/libpod/containers/json?all=true';
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(listTimeoutMs)]);
    const pods = new Map<string, EnginePod>();
    try {
      const answer = await open(path, bounded, listTimeoutMs);
      const limits = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
      for await (const value of readJsonElements(answer.body, 1, limits, place)) {
        const found = parsePodmanPod(value);
        if (found !== undefined) pods.set(found.container, found.pod);
      }
    } catch (error) {
      if (signal.aborted) throw error;
    }
    return pods;
  }

  return {
    address: place,
    imagesBy: 'export',
    async info(signal) {
      const { kind, version, apiVersion } = await negotiate(signal);
      const parsed = Info.safeParse(await fetchOne(await versioned('/info', signal), signal));
      if (!parsed.success) throw unreadable('/info');
      const info = parsed.data;
      const isContainerd = (info.DriverStatus ?? []).some(
        ([name, value]) => name === 'driver-type' && value === 'io.containerd.snapshotter.v1',
      );
      return {
        kind,
        version,
        apiVersion,
        store: isContainerd ? 'containerd' : 'layers',
        driver: info.Driver,
        hostName: info.Name,
        operatingSystem: info.OperatingSystem ?? null,
        kernel: info.KernelVersion ?? null,
        architecture: info.Architecture ?? null,
        rootless: info.Rootless ?? (info.SecurityOptions ?? []).some((option) => /(?:^|=)rootless$/.test(option)),
      };
    },
    eachImage,
    eachContainer,
    images: (signal) => toList(eachImage(signal)),
    containers: (signal) => toList(eachContainer(signal)),
    async inspectImage(id, signal) {
      const path = await versioned(`/images/${checkedId(engineNameOf(id).name)}/json`, signal);
      return parseImageDetails(await fetchOne(path, signal)) ?? raise(unreadable(path));
    },
    async inspectContainer(id, signal) {
      const path = await versioned(`/containers/${checkedId(id)}/json`, signal);
      return parseContainerDetails(await fetchOne(path, signal)) ?? raise(unreadable(path));
    },
    ...(takesMany
      ? {
          inspectContainers: (ids, signal) => inspectMany('containers', ids, parseContainerRun, signal),
          inspectImages: (ids, signal) => inspectMany('images', ids, parseImagePlatform, signal),
        }
      : {}),
    history: (id, signal) => toList(each(`/images/${checkedId(id)}/history`, parseHistoryEntry, signal)),
    async *events(sinceSeconds, signal) {
      const filters = encodeURIComponent(newsFilters);
      const path = await versioned(`/events?since=${Math.floor(sinceSeconds)}&filters=${filters}`, signal);
      const answer = await open(path, signal, 0, eventGatherMs);
      const limits = { elementBytesMax, elementsMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };
      try {
        for await (const value of readJsonElements(answer.body, 0, limits, place)) {
          const event = parseEvent(value);
          if (event !== undefined) yield event;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        answer.cancel();
      }
    },
    async exportImage(id, signal, platform) {
      const { apiVersion, kind } = await negotiate(signal);
      const { name, manifest } = engineNameOf(id);
      // Without it an engine writes all platforms that it has under the name (moby's daemon/containerd/image_exporter.go).
      const wanted = manifest === null ? platform : await platformOf(id, signal);
      if (manifest !== null && wanted === undefined)
        throw new Fault('not-found', 'the engine has no such image', { place: `${place} ${name}` });
      const isAsked = wanted != null && kind === 'docker' && isAtLeast(apiVersion, [1, 48]);
      const query = isAsked ? `?platform=${encodeURIComponent(platformJson(wanted))}` : '';
      const path = await versioned(`/images/${checkedId(name)}/get${query}`, signal);
      return (await open(path, signal, exportIdleTimeoutMs)).body;
    },
    close: () => transport.close(),
  };
}

/** Ids and names as engines give them; nothing that could leave the path. */
function checkedId(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,255}$/.test(id) || id.includes('..') || id.includes('//')) {
    throw new Fault('invalid-input', 'not the id of an image or container', {
      place: JSON.stringify(id.slice(0, 100)),
    });
  }
  return id;
}

function platformJson({ os, architecture, variant }: Platform): string {
  return JSON.stringify(variant === null ? { os, architecture } : { os, architecture, variant });
}

async function refusal(answer: EngineAnswer, path: string, place: string): Promise<Fault> {
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      bytes += chunk.byteLength;
      if (bytes > errorBytesMax) break;
    }
  } finally {
    answer.cancel();
  }
  const what = `${place} ${path.split('?')[0]}`;
  if (answer.status === 404)
    return new Fault('not-found', 'the engine has no such image or container', { place: what });
  if (answer.status === 403) return new Fault('runtime-forbidden', 'the engine forbids this', { place: what });
  return new Fault('runtime-unavailable', `the engine answered HTTP ${answer.status}`, { place: what });
}

function raise(fault: Fault): never {
  throw fault;
}
