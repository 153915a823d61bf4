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
import { type Product, productKeys, productSupport } from './products.ts';

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
  title: z.string().optional(),
  permalink: z.string().optional(),
  identifiers: z.array(z.record(z.string(), z.unknown())).optional(),
  releases: z.array(z.object({ releaseCycle: z.string(), eol: date, eoes: date })),
});
const products = z.object({
  result: z.array(
    z.object({
      name: z.string(),
      label: z.string().optional(),
      identifiers: z.array(z.object({ id: z.string() })).optional(),
      releases: z.array(z.object({ name: z.string(), isEol: z.boolean().nullish(), eolFrom: date, eoesFrom: date })),
    }),
  ),
});
const SITE = 'https://endoflife.date';

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
  const wanted = (path: string) => /\/products\/[\w.-]+\.md$/.test(path);
  const found: Product[] = [];
  for await (const { path, bytes } of archiveEntries(file, wanted)) {
    const name = /\/products\/([\w.-]+)\.md$/.exec(path)?.[1] ?? '';
    const text = Buffer.from(bytes ?? new Uint8Array(0)).toString('utf8');
    const head = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text)?.[1];
    const parsed = frontMatter.safeParse(safeYaml(head ?? ''));
    const distribution = DISTRIBUTIONS.get(name);
    if (!parsed.success) {
      yield skipped(file.part, `${file.path}/${path}`, name, 'has no table of releases');
      continue;
    }
    const { title = name, permalink = `/${name}`, identifiers = [], releases } = parsed.data;
    if (distribution !== undefined) {
      for (const release of releases) {
        yield supportItem(file.part, distribution, release.releaseCycle, release.eol, release.eoes);
      }
      continue;
    }
    found.push({
      title,
      identifiers: identifiers.flatMap((one) => Object.values(one)).filter((one) => typeof one === 'string'),
      releases: releases.map(({ releaseCycle, eol, eoes }) => ({ cycle: releaseCycle, ended: eol, extended: eoes })),
      link: `${SITE}${permalink}`,
    });
  }
  yield* productItems(file, found);
}

/** A name that several products claim says nothing of either. */
function* productItems(file: SnapshotReader, found: readonly Product[]): Generator<FeedItem> {
  const byKey = new Map<string, Product[]>();
  for (const product of found)
    for (const key of productKeys(product.identifiers)) byKey.set(key, [...(byKey.get(key) ?? []), product]);
  for (const [key, [product, ...others]] of byKey) {
    if (product === undefined) continue;
    if (others.length > 0) yield skipped(file.part, file.path, key, 'is the name of several products');
    else yield { kind: 'package-support', part: file.part, support: productSupport(key, product) };
  }
}

async function* apiProducts(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const parsed = products.safeParse(safeJson(await unpackedText(file)));
  if (!parsed.success) {
    yield skipped(file.part, file.path, null, 'not the list of products');
    return;
  }
  const found: Product[] = [];
  for (const product of parsed.data.result) {
    const distribution = DISTRIBUTIONS.get(product.name);
    if (distribution === undefined) {
      found.push({
        title: product.label ?? product.name,
        identifiers: (product.identifiers ?? []).map(({ id }) => id),
        releases: product.releases.map(({ name, isEol, eolFrom, eoesFrom }) => ({
          cycle: name,
          ended: eolFrom ?? isEol,
          extended: eoesFrom,
        })),
        link: `${SITE}/${product.name}`,
      });
      continue;
    }
    for (const release of product.releases) {
      yield supportItem(file.part, distribution, release.name, release.eolFrom, release.eoesFrom);
    }
  }
  yield* productItems(file, found);
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
