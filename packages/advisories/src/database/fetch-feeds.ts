import { Fault, toFault } from '@hullcheck/core';
import { createTransport } from '@hullcheck/registry';
import type { Feed } from '../feeds/feed.ts';
import { feedIo } from '../feeds/fetching.ts';
import type { HttpContext } from '../feeds/http.ts';
import { isOffered, mirrorSnapshot, openMirror } from '../feeds/mirror.ts';
import type { Snapshot } from '../feeds/snapshot.ts';
import type { SnapshotStore } from '../feeds/snapshot-store.ts';
import type { BuildOptions } from './progress.ts';
import type { feedRows } from './writing.ts';

/** What came of asking a source: new data, the same as before, or a reason. */
export type Fetched = { readonly feed: Feed } & (
  | { readonly snapshot: Snapshot }
  | { readonly unchanged: true }
  | { readonly fault: Fault }
);

/** The revision that a build starts from. */
export interface Previous {
  readonly path: string;
  readonly feeds: ReturnType<typeof feedRows>;
}

/** Asks all feeds at once; a feed that cannot be had is a fault of its own, never of the others. */
export async function fetchAll(
  feeds: readonly Feed[],
  options: BuildOptions,
  store: SnapshotStore,
  previous: Previous | undefined,
): Promise<readonly Fetched[]> {
  const context = httpContext(options);
  try {
    return await fetchEach(feeds, options, context, store, previous);
  } finally {
    await context.transport.close();
  }
}

async function fetchEach(
  feeds: readonly Feed[],
  options: BuildOptions,
  context: HttpContext,
  store: SnapshotStore,
  previous: Previous | undefined,
): Promise<readonly Fetched[]> {
  const source = options.source;
  const mirror = source.kind === 'mirror' ? await openMirror(source.location, context) : undefined;
  // A mirror need not hold every source; one that was asked for by name is missed.
  const offered =
    mirror === undefined || options.feeds !== undefined ? feeds : feeds.filter((feed) => isOffered(feed, mirror));
  return await Promise.all(
    offered.map(async (feed): Promise<Fetched> => {
      options.onProgress?.(feed.id, 'fetching', 0);
      const row = previous?.feeds.get(feed.id);
      try {
        const last = row === undefined ? undefined : (await store.find(feed.id, row.snapshot))?.manifest;
        const got =
          mirror === undefined
            ? await feed.fetch(feedIo(feed.id, store, options.now, context), last)
            : await mirrorSnapshot(feed, mirror, store, last, options.now);
        const snapshot = got === 'unchanged' ? await store.find(feed.id, row?.snapshot ?? '') : got;
        if (snapshot === undefined) throw new Fault('internal', `the last snapshot of ${feed.id} is gone`);
        // The same bytes are read again only by a newer parser.
        const same = row?.version === feed.version && row.snapshot === snapshot.manifest.digest;
        return same ? { feed, unchanged: true } : { feed, snapshot };
      } catch (error) {
        if (options.signal?.aborted === true)
          throw new Fault('cancelled', 'the update was cancelled', { cause: error });
        return { feed, fault: toFault(error, `fetching ${feed.id} failed`) };
      }
    }),
  );
}

function httpContext({ source, signal, proxy, allowedNetworks = [] }: BuildOptions): HttpContext {
  const transport = createTransport({
    // A mirror is where the operator says; upstreams are public, whatever a name server answers for them.
    egress: { registry: source.kind === 'mirror' ? ['loopback', 'private'] : [], elsewhere: allowedNetworks },
    ...(proxy === undefined ? {} : { proxy }),
  });
  return { transport, signal, allowPlainHttp: source.kind === 'mirror' && source.allowPlainHttp === true };
}
