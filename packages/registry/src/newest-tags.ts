import { toFault } from '@hullcheck/core';
import type { RegistryClient } from './client.ts';

/** The tags that were chosen, and by what: `all` where there was nothing to choose. */
export interface NewestTags {
  readonly tags: readonly string[];
  readonly by: 'all' | 'pushed' | 'name';
  /** Why it is `name` where the vendor has dates; null where it has none. */
  readonly reason: string | null;
}

/** What an API that is asked for dates answers as long as nobody changes something: the names decide, each time. */
const NAMES_WILL_DO: ReadonlySet<string> = new Set([
  'authorization-failed',
  'not-found',
  'unsupported',
  'invalid-input',
  'limit-exceeded',
]);
/** What may be over in an hour: choosing by name then would change what is watched, and back. */
const CHOICE_STAYS: ReadonlySet<string> = new Set(['unreachable', 'timed-out', 'ssl-handshake', 'address-refused']);

/**
 * The newest of a repository's tags: by when they were pushed where the vendor says it, otherwise by name. Where its API is out of
 * reach those of `before` stay, and names fill up; where it limits requests that is the fault.
 */
export async function chooseNewestTags(
  client: Pick<RegistryClient, 'listTagDates'>,
  repository: string,
  tags: readonly string[],
  max: number,
  before: readonly string[],
  signal: AbortSignal,
): Promise<NewestTags> {
  const images = new Set(tags.filter(isImageTag));
  if (images.size <= max) return { tags: newestTags(tags, max), by: 'all', reason: null };
  try {
    const dates = client.listTagDates(repository, signal);
    if (dates === null) return { tags: newestTags(tags, max), by: 'name', reason: null };
    const pushed = new Map<string, number>();
    let oldestMs = Number.POSITIVE_INFINITY;
    for await (const { name, pushedAtMs, isOrdered } of dates) {
      if (!images.has(name)) continue;
      // Of what was pushed at once the first that are listed: it may be a whole repository that was copied, and more pages than are read.
      if (isOrdered && pushed.size >= max && pushedAtMs <= oldestMs) break;
      pushed.set(name, pushedAtMs);
      oldestMs = Math.min(oldestMs, pushedAtMs);
    }
    if (pushed.size === 0) return { tags: newestTags(tags, max), by: 'name', reason: 'the API gave no dates' };
    return { tags: newestTags(tags, max, pushed), by: 'pushed', reason: null };
  } catch (error) {
    const fault = toFault(error);
    if (signal.aborted || !(NAMES_WILL_DO.has(fault.code) || CHOICE_STAYS.has(fault.code))) throw error;
    const kept = new Map(CHOICE_STAYS.has(fault.code) ? before.map((tag) => [tag, 0]) : []);
    return { tags: newestTags(tags, max, kept), by: 'name', reason: fault.message };
  }
}

/**
 * Without dates: `latest` first, then by version numbers from the highest. With dates (epoch milliseconds): the latest pushed first, in
 * that order what was pushed at once, then what has no date.
 */
export function newestTags(
  tags: readonly string[],
  max: number,
  pushedAtMs: ReadonlyMap<string, number> = new Map(),
): readonly string[] {
  const parts = (tag: string) =>
    tag
      .split(/(\d+)/)
      .map((part, index) => (index % 2 === 1 ? part.padStart(12, '0') : part))
      .join('');
  const key = new Map(tags.map((tag) => [tag, parts(tag)]));
  const rank = (tag: string) => (tag === 'latest' ? 0 : /^v?\d/.test(tag) ? 1 : 2);
  const date = (tag: string) => pushedAtMs.get(tag) ?? Number.NEGATIVE_INFINITY;
  const byDate = (a: string, b: string) => (date(a) === date(b) ? 0 : date(b) - date(a));
  return [...new Set(tags)]
    .filter(isImageTag)
    .sort((a, b) => byDate(a, b) || rank(a) - rank(b) || ((key.get(a) ?? '') < (key.get(b) ?? '') ? 1 : -1))
    .slice(0, max);
}

/** Not what only looks like a tag: cosign's signatures and attestations, and the referrers of registries without that API. */
function isImageTag(tag: string): boolean {
  return !/^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag);
}
