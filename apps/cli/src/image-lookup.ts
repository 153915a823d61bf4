import { Fault, type Platform, parseDigest } from '@hullcheck/core';
import type { ContainerdClient, openRuntime } from '@hullcheck/runtimes';
import type { OpenedImage } from '@hullcheck/scanner';
import type { ReadOptions } from './read-target.ts';
import { registryAccess } from './registry-access.ts';
import type { Target } from './target.ts';

type Named = Extract<Target, { reference: string }>;

export type FoundImage =
  | {
      readonly kind: 'stream';
      readonly runtime: 'docker' | 'podman';
      readonly bytes: AsyncIterable<Uint8Array>;
      readonly tags: readonly string[];
      close(): Promise<void>;
    }
  | { readonly kind: 'image'; readonly image: OpenedImage };

/**
 * Finds a named image: an engine where one was named; a registry where one was named; else, as Docker would, the local
 * engines that have it and then its registry. An engine that can't be asked is no reason not to ask the registry.
 */
export async function imageLookup(target: Named, platform: Platform | null, options: ReadOptions): Promise<FoundImage> {
  if (target.scheme === 'registry') return fromRegistry(target.reference, platform, options);
  const passedOver: string[] = [];
  const local = await fromEngine(target, options, platform, passedOver);
  if (local !== undefined) return local;
  if (target.scheme !== 'image') {
    throw new Fault('not-found', `no ${target.scheme} engine of this host has ${target.reference}`, {
      place: target.reference,
      ...(passedOver.length === 0 ? {} : { hint: passedOver.join('; ') }),
    });
  }
  if (options.settings.flag('offline')) {
    throw new Fault(
      'not-found',
      `no engine of this host has ${target.reference}, and --offline keeps its registry from being asked`,
      { place: target.reference },
    );
  }
  return fromRegistry(target.reference, platform, options);
}

async function fromEngine(
  target: Named,
  options: ReadOptions,
  platform: Platform | null,
  passedOver: string[],
): Promise<FoundImage | undefined> {
  const { findRuntimes, openRuntime } = await import('@hullcheck/runtimes');
  const { around, signal } = options;
  const namespace = around.environment.CONTAINERD_NAMESPACE;
  for (const runtime of await findRuntimes({ env: around.environment, uid: around.uid, signal })) {
    if (target.scheme !== 'image' && runtime.kind !== target.scheme) continue;
    if (runtime.state !== 'readable') {
      const reason = runtime.reason ?? `${runtime.kind} is ${runtime.state}`;
      passedOver.push(runtime.remedy === null ? reason : `${reason}; ${runtime.remedy}`);
      continue;
    }
    if (namespace !== undefined && runtime.namespace !== null && runtime.namespace !== namespace) continue;
    const client = openRuntime(runtime);
    try {
      const found = await fromRuntime(client, target.reference, platform, signal);
      if (found !== undefined) return found;
      await client.close();
    } catch (error) {
      await client.close();
      if (!(error instanceof Fault)) throw error;
      // Where the image is, but not all of it, that is the answer.
      if (client.imagesBy === 'content' && target.scheme === 'containerd') throw error;
      if (error.code !== 'not-found') passedOver.push(error.message);
    }
  }
  return undefined;
}

async function fromRuntime(
  client: ReturnType<typeof openRuntime>,
  reference: string,
  platform: Platform | null,
  signal: AbortSignal,
): Promise<FoundImage | undefined> {
  if (client.imagesBy === 'export') {
    const image = await client.inspectImage(reference, signal);
    const bytes = await client.exportImage(image.id, signal, platform ?? undefined);
    const { kind } = await client.info(signal);
    return {
      kind: 'stream',
      runtime: kind === 'podman' ? 'podman' : 'docker',
      bytes,
      tags: image.tags,
      close: () => client.close(),
    };
  }
  if (client.imagesBy === 'none') return undefined;
  const image = await findStored(client, reference, signal);
  const digest = parseDigest(image?.id ?? '');
  if (image === undefined || digest === undefined) return undefined;
  const { openContentImage } = await import('@hullcheck/scanner');
  const opened = await openContentImage(client.content, {
    target: digest,
    name: reference,
    tags: image.tags,
    source: 'containerd',
    signal,
    ...(platform === null ? {} : { platform }),
  });
  return {
    kind: 'image',
    image: {
      ...opened,
      async close() {
        await opened.close();
        await client.close();
      },
    },
  };
}

/** containerd names images in full; people write `alpine`, and whoever imported an archive may have named it anyhow. */
async function findStored(client: ContainerdClient, reference: string, signal: AbortSignal) {
  const exact = await client.findImage(reference, signal);
  if (exact !== undefined) return exact;
  const { formatReference, parseReference } = await import('@hullcheck/registry');
  let full: string;
  try {
    full = formatReference(parseReference(reference));
  } catch {
    return undefined;
  }
  return await client.findImage(full, signal);
}

async function fromRegistry(reference: string, platform: Platform | null, options: ReadOptions): Promise<FoundImage> {
  const { createRegistryClient, parseReference } = await import('@hullcheck/registry');
  const { openRegistryImage } = await import('@hullcheck/scanner');
  const { settings, around, signal } = options;
  const parsed = parseReference(reference);
  const client = createRegistryClient(await registryAccess(parsed.registry, settings, around));
  try {
    const image = await openRegistryImage(client, {
      repository: parsed.repository,
      reference: parsed.digest ?? parsed.tag ?? 'latest',
      signal,
      ...(platform === null ? {} : { platform }),
    });
    return {
      kind: 'image',
      image: {
        ...image,
        async close() {
          await image.close();
          await client.close();
        },
      },
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}
