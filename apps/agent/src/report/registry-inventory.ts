import { isDeepStrictEqual } from 'node:util';
import { Fault, type Platform, toFault } from '@hullcheck/core';
import {
  type Credentials,
  chooseNewestTags,
  createRegistryClient,
  type RegistryClient,
  toFilter,
} from '@hullcheck/registry';
import type { EngineEvent, EngineImage, EngineInfo, InventoryClient } from '@hullcheck/runtimes';
import { type OpenedImage, openRegistryImage } from '@hullcheck/scanner';
import { registryDatesMs, registryImagesMax, registryLookMs, registryRetryMs, registryTagsMax } from '../limits.ts';
import { type Clock, hostClock } from './clock.ts';

export interface RegistryScope {
  /** `host[:port]`. */
  readonly registry: string;
  /** Id of the vendor catalogue: by whose API it lists, and says when tags were pushed. */
  readonly vendor: string;
  /** What that vendor lists by. */
  readonly namespaces: readonly string[];
  /** Origins of token servers on other hosts that may have the credential. */
  readonly tokenServers: readonly string[];
  readonly repositories: readonly string[];
  readonly excludeRepositories: readonly string[];
  readonly tags: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  readonly tagsMax: number;
  readonly platform: Platform;
  readonly allowPlainHttp: boolean;
}

/** A registry in the words of an inventory: its images, no containers. */
export interface RegistryInventory extends InventoryClient {
  readonly imagesBy: 'registry';
  /** Opens one of the listed images; its layers are fetched as they are read. */
  open(id: string, signal: AbortSignal): Promise<OpenedImage>;
}

interface Known {
  readonly repository: string;
  readonly image: EngineImage;
}

/** A look at the registry, from when it began. */
interface Look {
  readonly atMs: number;
  readonly images: Promise<readonly EngineImage[]>;
  hasFailed: boolean;
}

/** Which tags of a repository were the newest when it had these. */
interface Chosen {
  readonly atMs: number;
  readonly of: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Lists what a registry has for a collector, and reads images of it. `credentials` is asked before each look: helpers trade
 * for hours only. Manifest and configuration are fetched once for each digest that a tag names; a tag that did not move
 * costs one HEAD. A look stands for its time however often it is asked for: while the agent reads images, a report goes out
 * every half minute, and thousands of HEADs for each would use up the registry's limit.
 */
export function createRegistryInventory(
  scope: RegistryScope,
  credentials: () => Promise<Credentials | null>,
  createClient: typeof createRegistryClient = createRegistryClient,
  clock: Clock = hostClock,
): RegistryInventory {
  /** By `repository@digest` that a tag named. */
  const known = new Map<string, Known>();
  /** By repository. */
  const chosen = new Map<string, Chosen>();
  const isWanted = toFilter(scope.tags);
  let byId = new Map<string, Known>();
  let last: Look | undefined;

  const connect = async (): Promise<RegistryClient> =>
    createClient({
      registry: scope.registry,
      vendor: scope.vendor,
      namespaces: scope.namespaces,
      trustedRealms: scope.tokenServers,
      credentials: await credentials(),
      allowPlainHttp: scope.allowPlainHttp,
      // The operator of the collector named this registry, on whatever network it is; nothing else may be reached by its word.
      egress: { registry: ['private', 'loopback'], elsewhere: [] },
    });

  async function withClient<T>(act: (client: RegistryClient) => Promise<T>): Promise<T> {
    const client = await connect();
    try {
      return await act(client);
    } finally {
      await client.close();
    }
  }

  async function repositoriesOf(client: RegistryClient, signal: AbortSignal): Promise<readonly string[]> {
    const fits = toFilter({ include: scope.repositories, exclude: scope.excludeRepositories });
    const plain = scope.repositories.filter((name) => !name.includes('*'));
    if (plain.length > 0 && plain.length === scope.repositories.length) return plain.filter(fits);
    const found: string[] = [];
    for await (const { name } of client.listRepositories(signal)) if (fits(name)) found.push(name);
    return found;
  }

  /** The newest of what passes the filters. Dates are asked for again when tags come or go, and each hour: a tag that moves is new. */
  async function newestOf(client: RegistryClient, repository: string, signal: AbortSignal): Promise<readonly string[]> {
    const of = (await tagsOf(client, repository, signal)).filter(isWanted);
    const before = chosen.get(repository);
    const nowMs = clock.nowMs();
    if (before !== undefined && nowMs - before.atMs < registryDatesMs && isDeepStrictEqual(before.of, of))
      return before.tags;
    const { tags } = await chooseNewestTags(client, repository, of, scope.tagsMax, before?.tags ?? [], signal);
    chosen.set(repository, { atMs: nowMs, of, tags });
    return tags;
  }

  function forget(isOver: (repository: string, key: string) => boolean): void {
    for (const [key, { repository }] of known) if (isOver(repository, key)) known.delete(key);
  }

  async function look(client: RegistryClient, signal: AbortSignal): Promise<readonly EngineImage[]> {
    const seen = new Map<string, { known: Known; tags: string[] }>();
    const repositories = await repositoriesOf(client, signal);
    const wanted = new Set(repositories);
    forget((repository) => !wanted.has(repository));
    for (const repository of chosen.keys()) if (!wanted.has(repository)) chosen.delete(repository);
    for (const repository of repositories) {
      try {
        for (const tag of await newestOf(client, repository, signal)) {
          const { digest } = await client.headManifest(repository, tag, signal);
          const key = `${repository}@${digest}`;
          const entry = known.get(key) ?? (await describe(client, repository, digest, signal));
          if (entry === undefined) continue;
          known.set(key, entry);
          const merged = seen.get(key) ?? { known: entry, tags: [] };
          merged.tags.push(`${scope.registry}/${repository}:${tag}`);
          seen.set(key, merged);
          if (seen.size > registryImagesMax)
            throw new Fault('limit-exceeded', `more than ${registryImagesMax} images`, { place: scope.registry });
        }
      } finally {
        // Also where the look failed: a registry that fails in each look would have what is remembered of it grow for ever.
        forget((of, key) => of === repository && !seen.has(key));
      }
    }
    const images = new Map<string, EngineImage>();
    byId = new Map();
    for (const { known: entry, tags } of seen.values()) {
      const { id } = entry.image;
      const before = images.get(id);
      images.set(id, {
        ...entry.image,
        tags: [...(before?.tags ?? []), ...tags],
        repoDigests: [...(before?.repoDigests ?? []), ...entry.image.repoDigests],
      });
      byId.set(id, entry);
    }
    return [...images.values()];
  }

  /** Undefined for what is no image of this platform: a chart, a signature, an image for Windows. */
  async function describe(
    client: RegistryClient,
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<Known | undefined> {
    const options = { repository, reference: digest, platform: scope.platform, signal };
    let opened: OpenedImage;
    try {
      opened = await openRegistryImage(client, options);
    } catch (error) {
      if (NO_IMAGE.has(toFault(error).code)) return undefined;
      throw error;
    }
    const { facts } = opened;
    await opened.close();
    if (facts.id === null) return undefined;
    return {
      repository,
      image: {
        id: facts.id,
        idKind: 'config',
        digests: facts.digests,
        tags: [],
        repoDigests: [`${scope.registry}/${repository}@${digest}`],
        platform: facts.platform,
        createdAt: facts.created,
        sizeBytes: facts.size,
        labels: {},
        containers: null,
        manifests: [],
      },
    };
  }

  function looked(signal: AbortSignal): Promise<readonly EngineImage[]> {
    const nowMs = clock.nowMs();
    if (last !== undefined && nowMs - last.atMs < (last.hasFailed ? registryRetryMs : registryLookMs))
      return last.images;
    const fresh: Look = { atMs: nowMs, images: withClient((client) => look(client, signal)), hasFailed: false };
    last = fresh;
    fresh.images.catch(() => {
      fresh.hasFailed = true;
    });
    return fresh.images;
  }

  return {
    imagesBy: 'registry',
    address: scope.registry,
    info: (signal) =>
      withClient(async (client) => {
        await client.ping(signal);
        return INFO;
      }),
    images: looked,
    containers: async () => [],
    inspectImage: async (id) => ({ platform: byId.get(id)?.image.platform ?? null }),
    inspectContainer: async () => ({ startedAt: null, finishedAt: null, exitCode: null, networkMode: null }),
    async *events(_sinceSeconds, signal): AsyncGenerator<EngineEvent> {
      // A registry tells no news: that its last look is over is what makes an inventory old.
      let toldMs = clock.nowMs();
      while (!signal.aborted) {
        const waitMs = Math.max(toldMs, last?.atMs ?? 0) + registryLookMs - clock.nowMs();
        if (waitMs > 0) {
          await clock.sleep(waitMs, signal);
          continue;
        }
        toldMs = clock.nowMs();
        yield { kind: 'image', action: 'update', id: '', timeSeconds: 0 };
      }
    },
    async open(id, signal) {
      const entry = byId.get(id);
      if (entry === undefined)
        throw new Fault('not-found', 'the registry does not list this image any more', { place: id });
      const client = await connect();
      const manifest = entry.image.digests.find(({ kind }) => kind === 'manifest')?.digest;
      try {
        const opened = await openRegistryImage(client, {
          repository: entry.repository,
          reference: manifest ?? id,
          platform: scope.platform,
          signal,
        });
        return {
          ...opened,
          close: async () => {
            await opened.close();
            await client.close();
          },
        };
      } catch (error) {
        await client.close();
        throw error;
      }
    },
    close: async () => undefined,
  };
}

/** What a repository may hold beside images of the platform asked for. */
const NO_IMAGE: ReadonlySet<Fault['code']> = new Set(['not-an-image', 'not-found', 'unsupported']);

const INFO: EngineInfo = {
  kind: 'registry',
  version: '',
  apiVersion: 'v2',
  store: 'layers',
  driver: '',
  hostName: '',
  operatingSystem: null,
  kernel: null,
  architecture: null,
  rootless: false,
};

async function tagsOf(client: RegistryClient, repository: string, signal: AbortSignal): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of client.listTags(repository, signal)) {
    tags.push(tag);
    if (tags.length > registryTagsMax)
      throw new Fault('limit-exceeded', `more than ${registryTagsMax} tags`, { place: repository });
  }
  return tags;
}
