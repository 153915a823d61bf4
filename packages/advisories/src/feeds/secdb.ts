import type { Advisory } from '@hullcheck/core';
import * as z from 'zod';
import { archiveEntries } from './archive.ts';
import { unpackedText } from './decompression.ts';
import type { FeedItem } from './feed.ts';
import { plainAdvisory, skipped } from './items.ts';
import type { SnapshotReader } from './snapshot.ts';
import { parseYaml } from './yaml.ts';

const repository = z.object({
  distroversion: z.string().optional(),
  // A repository without fixes: `packages:` and nothing after it.
  packages: z.array(z.unknown()).nullish().or(z.literal('')),
});
const entry = z.object({
  pkg: z.object({
    name: z.string().min(1).max(500),
    // An empty list is `[]` in JSON's form of an empty map, and null in YAML's.
    secfixes: z
      .record(z.string().max(200), z.array(z.string().max(1000)).nullish().or(z.literal('')))
      .or(z.array(z.never()))
      .nullish()
      .or(z.literal('')),
  }),
});

/** Whose repositories are read: `toEcosystem` gives the key for what a repository says of its release, null for what is none of theirs. */
export interface SecdbSource {
  readonly feed: string;
  readonly toEcosystem: (distroversion: string | undefined) => string | null;
}

/** An advisory per branch, package and id. */
export async function* parseSecdb(
  source: SecdbSource,
  files: readonly SnapshotReader[],
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  for (const file of files) {
    signal.throwIfAborted();
    if (file.path.endsWith('.json')) {
      yield* documentItems(source, file.part, file.path, await unpackedText(file));
      continue;
    }
    for await (const { path, bytes } of archiveEntries(file, (name) => name.endsWith('.yaml'))) {
      signal.throwIfAborted();
      const place = `${file.path}/${path}`;
      if (bytes === undefined) yield skipped(file.part, place, null, 'the file is too large', 'limit-exceeded');
      else yield* documentItems(source, file.part, place, Buffer.from(bytes).toString('utf8'));
    }
  }
}

function* documentItems(source: SecdbSource, part: string, place: string, text: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = place.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  } catch {
    yield skipped(part, place, null, 'neither JSON nor YAML');
    return;
  }
  const parsed = repository.safeParse(document);
  const ecosystem = parsed.success ? source.toEcosystem(parsed.data.distroversion) : null;
  if (!parsed.success || ecosystem === null) {
    yield skipped(part, place, null, 'not a repository of secdb');
    return;
  }
  for (const [at, value] of (parsed.data.packages || []).entries()) {
    const read = entry.safeParse(value);
    if (!read.success) {
      yield skipped(part, place, `packages[${at}]`, 'not a package with fixes');
      continue;
    }
    const { name, secfixes } = read.data.pkg;
    for (const [version, ids] of Object.entries(secfixes || {})) {
      for (const words of ids || []) {
        const advisories = toAdvisories(source.feed, ecosystem, name, version, words);
        if (advisories.length === 0) yield skipped(part, place, `${name} ${version}`, `no id in "${words}"`);
        for (const advisory of advisories) yield { kind: 'advisory', part, advisory };
      }
    }
  }
}

/**
 * What one line of fixes means. Real lines: `CVE-2019-14904`, `CVE-2017-10920 XSA-224`, `CVE-2017-8073.patch`,
 * `CVE 2018-16859`, `CVE-????-????? XSA-295`, `XSA-207`, `wnpa-sec-2017-18`, several CVE ids at once. Xen's and Talos's
 * numbers stand beside CVE ids of several vulnerabilities, so they are references, never aliases. Version 0: never affected.
 */
export function toAdvisories(
  feed: string,
  ecosystem: string,
  name: string,
  version: string,
  words: string,
): readonly Advisory[] {
  const cves = [...words.matchAll(/CVE[-_ ](\d{4})-(\d{4,8})/g)].map(([, year, number]) => `CVE-${year}-${number}`);
  const others = words.match(
    /\b(?:XSA-\d+|TALOS-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3}|wnpa-sec-\d{4}-\d+|[A-Z]{2,10}-\d{4,}(?:-\d+)?)\b/g,
  );
  const ids = cves.length > 0 ? new Set(cves) : new Set((others ?? []).slice(0, 1));
  const xen = /\bXSA-(\d+)\b/.exec(words)?.[1];
  const references =
    xen === undefined ? [] : [{ source: 'xen', url: `https://xenbits.xen.org/xsa/advisory-${xen}.html` }];
  return [...ids].map((id) => ({
    ...plainAdvisory(feed, id, [
      {
        ecosystem,
        name,
        nameKind: 'source',
        scheme: 'apk',
        ranges: version === '0' ? [] : [{ introduced: null, fixed: version, lastAffected: null }],
        versions: [],
        expression: null,
        status: version === '0' ? 'not-affected' : 'affected',
        urgency: null,
      },
    ]),
    references,
  }));
}
