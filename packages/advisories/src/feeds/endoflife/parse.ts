import type { ReleaseSupport } from '@hullcheck/core';
import * as z from 'zod';
import { archiveEntries } from '../archive.ts';
import { csvRows } from '../csv.ts';
import { unpackedBytes, unpackedText } from '../decompression.ts';
import { toDay } from '../facts.ts';
import type { FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';
import { parseYaml } from '../yaml.ts';

/** Products of endoflife.date that are distributions, by os-release's ID. Debian and Ubuntu come from distro-info. */
const DISTRIBUTIONS: ReadonlyMap<string, string> = new Map([
  ['alpine-linux', 'alpine'],
  ['almalinux', 'almalinux'],
  ['amazon-linux', 'amzn'],
  ['centos', 'centos'],
  ['fedora', 'fedora'],
  ['opensuse', 'opensuse-leap'],
  ['oracle-linux', 'ol'],
  ['photon', 'photon'],
  ['rhel', 'rhel'],
  ['rocky-linux', 'rocky'],
  ['sles', 'sles'],
]);

/** Dates, or `true`/`false` where a product only says that support ended or did not. */
const date = z.union([z.string(), z.boolean(), z.null()]).optional();
const frontMatter = z.object({
  releases: z.array(z.object({ releaseCycle: z.string(), eol: date, eoes: date })),
});
const products = z.object({
  result: z.array(
    z.object({
      name: z.string(),
      releases: z.array(z.object({ name: z.string(), eolFrom: date, eoesFrom: date })),
    }),
  ),
});

export async function* parseSupport(files: readonly SnapshotReader[], signal: AbortSignal): AsyncGenerator<FeedItem> {
  for (const file of files) {
    signal.throwIfAborted();
    if (file.path.endsWith('.csv')) yield* distroInfo(file);
    else if (file.path.endsWith('.json')) yield* apiProducts(file);
    else yield* productFiles(file);
  }
}

/** distro-info's CSV; rows of young releases are shorter. The last column of free support counts as extended: eol-lts, eol-esm. */
async function* distroInfo(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const distribution = file.path.endsWith('ubuntu.csv') ? 'ubuntu' : 'debian';
  let names: readonly string[] = [];
  for await (const row of csvRows(unpackedBytes(file), file.path)) {
    if (names.length === 0) {
      names = row;
      if (!names.includes('version') || !names.includes('eol')) {
        yield skipped(file.part, file.path, null, 'lacks the columns version and eol');
        return;
      }
      continue;
    }
    const cell = (name: string) => row[names.indexOf(name)] ?? '';
    // "24.04 LTS" is release 24.04; sid and experimental have none.
    const release = cell('version').split(' ')[0] ?? '';
    if (release === '') continue;
    const extended = distribution === 'debian' ? cell('eol-lts') : cell('eol-esm');
    yield supportItem(file.part, distribution, release, cell('eol'), extended);
  }
}

async function* productFiles(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const wanted = (path: string) => DISTRIBUTIONS.has(/\/products\/([\w.-]+)\.md$/.exec(path)?.[1] ?? '');
  for await (const { path, bytes } of archiveEntries(file, wanted)) {
    const name = /\/products\/([\w.-]+)\.md$/.exec(path)?.[1] ?? '';
    const text = Buffer.from(bytes ?? new Uint8Array(0)).toString('utf8');
    const head = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text)?.[1];
    const parsed = frontMatter.safeParse(safeYaml(head ?? ''));
    const distribution = DISTRIBUTIONS.get(name);
    if (!parsed.success || distribution === undefined) {
      yield skipped(file.part, `${file.path}/${path}`, name, 'has no table of releases');
      continue;
    }
    for (const release of parsed.data.releases) {
      yield supportItem(file.part, distribution, release.releaseCycle, release.eol, release.eoes);
    }
  }
}

async function* apiProducts(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const parsed = products.safeParse(safeJson(await unpackedText(file)));
  if (!parsed.success) {
    yield skipped(file.part, file.path, null, 'not the list of products');
    return;
  }
  for (const product of parsed.data.result) {
    const distribution = DISTRIBUTIONS.get(product.name);
    if (distribution === undefined) continue;
    for (const release of product.releases) {
      yield supportItem(file.part, distribution, release.name, release.eolFrom, release.eoesFrom);
    }
  }
}

function supportItem(
  part: string,
  distribution: string,
  release: string,
  eol: z.infer<typeof date>,
  extended: z.infer<typeof date>,
): FeedItem {
  const support: ReleaseSupport = {
    distribution,
    release,
    endOfLife: typeof eol === 'string' ? toDay(eol) : null,
    extendedEndOfLife: typeof extended === 'string' ? toDay(extended) : null,
  };
  return { kind: 'support', part, support };
}

function safeYaml(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return undefined;
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
