import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedBytes } from '../decompression.ts';
import type { Feed } from '../feed.ts';
import type { Download, FeedIo } from '../fetching.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { findUpdateinfo, updateItems } from '../updateinfo.ts';

const id = 'amazon-updateinfo';
const HOST = 'https://cdn.amazonlinux.com';
/** Amazon names 80 today. */
const TOPICS_MAX = 300;

/** Amazon Linux's own repositories: where their lists of mirrors are, by the name that the snapshot gives them. */
const REPOSITORIES: ReadonlyMap<string, string> = new Map([
  // Ended in 2023, and not on the newer host.
  ['amzn1/core', 'https://repo.us-west-2.amazonaws.com/2018.03/updates/x86_64/mirror.list'],
  ['amzn2/core', `${HOST}/2/core/latest/x86_64/mirror.list`],
  ['amzn2023/core', `${HOST}/al2023/core/mirrors/latest/x86_64/mirror.list`],
]);

const catalog = z.object({
  topics: z.array(z.object({ n: z.string().regex(/^[A-Za-z0-9][\w.+-]{0,60}$/) })).max(TOPICS_MAX),
});

/**
 * Security updates of Amazon Linux, and of the topics of Amazon Linux 2's extras. The x86_64 repository names the builds of every
 * architecture. https://alas.aws.amazon.com/
 */
export const amazonUpdateinfo: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.xml(?:\.gz|\.zst)?$/.test(path), extent: 'whole' }],
  async fetch(io, previous) {
    const files: Download[] = [];
    for (const [name, list] of [...REPOSITORIES, ...(await extras(io))]) {
      const url = await locate(io, list, name === 'amzn2/core' || name === 'amzn2023/core');
      if (url === null) continue;
      const ending = url.slice(url.lastIndexOf('.'));
      files.push({ url, path: `${name}.xml${ending}`, part: id, bytesMax: 64 * 1024 * 1024 });
    }
    return await io.download(files, [{ id, extent: 'whole' }], previous);
  },
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      const repository = repositoryOf(file);
      if (repository === undefined) yield skipped(id, file.path, null, 'of no release that is known', 'unsupported');
      else {
        const site = 'https://alas.aws.amazon.com/';
        yield* updateItems(
          { path: file.path, bytes: () => unpackedBytes(file), feed: id, site, ...repository },
          signal,
        );
      }
    }
  },
};

async function extras(io: FeedIo): Promise<readonly (readonly [name: string, list: string])[]> {
  let json: unknown;
  try {
    json = JSON.parse(await io.pointer(`${HOST}/2/extras-catalog.json`));
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('feed-invalid', 'the catalog of Amazon Linux 2 is not JSON', { cause: error, place: id });
  }
  const parsed = catalog.safeParse(json);
  if (!parsed.success) throw new Fault('feed-invalid', 'the catalog of Amazon Linux 2 names no topics', { place: id });
  return parsed.data.topics.map(({ n }) => [`amzn2/extras/${n}`, `${HOST}/2/extras/${n}/latest/x86_64/mirror.list`]);
}

/** Null where a repository that need not be there is not, or has no updates. */
async function locate(io: FeedIo, list: string, needed: boolean): Promise<string | null> {
  try {
    const { origin } = new URL(list);
    const [first = ''] = (await io.pointer(list)).trim().split('\n');
    const repository = first
      .trim()
      .replace(/^http:/, 'https:')
      .replace(/\/$/, '');
    const path = repository.startsWith(`${origin}/`) ? repository.slice(origin.length) : '';
    // Only another folder of the same host.
    if (!/^(?:\/[\w-][\w.-]*){1,12}$/.test(path)) {
      throw new Fault('feed-invalid', 'a list of mirrors of Amazon Linux names no repository of its host', {
        place: list,
      });
    }
    return await findUpdateinfo(io, origin + path);
  } catch (error) {
    if (needed || !(error instanceof Fault) || error.code === 'cancelled') throw error;
    return null;
  }
}

/** `amzn2/extras/nginx1.xml.gz`: what it is of, and which versions of a package are of its line. */
function repositoryOf({
  path,
}: SnapshotReader):
  | { readonly ecosystem: string; readonly introducedOf: (fixed: string) => string | null }
  | undefined {
  const match = /(?:^|\/)amzn(1|2|2023)\/(?:core|extras\/([\w.+-]+))\.xml(?:\.gz|\.zst)?$/.exec(path);
  if (match === null) return undefined;
  return { ecosystem: `amzn:${match[1]}`, introducedOf: lineOf(match[2] ?? '') };
}

/**
 * Topics offer newer lines of packages beside the core repository and each other: core's PHP 5.4 does not lack the fix of
 * `php8.2`. A version at the end of the topic's name is the line's; one within it (`lamp-mariadb10.2-php7.2`) is of one of
 * several packages, which their own major version tells apart. Topics without a version (`docker`) offer what nothing else does.
 */
export function lineOf(topic: string): (fixed: string) => string | null {
  const line = /^[a-z-]+(\d+(?:\.\d+)*)$/i.exec(topic)?.[1];
  if (line !== undefined) return (fixed) => `${epochOf(fixed)}${line}`;
  if (!/\d/.test(topic)) return () => null;
  return (fixed) => `${epochOf(fixed)}${/^(?:\d+:)?(\d+)/.exec(fixed)?.[1] ?? '0'}`;
}

function epochOf(version: string): string {
  return /^\d+:/.exec(version)?.[0] ?? '';
}
