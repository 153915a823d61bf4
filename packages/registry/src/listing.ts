import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import { RegistryFault } from './fault.ts';
import {
  listItemsMax,
  listItemsPerPageMin,
  listPageBytesMax,
  listPageItems,
  listPagesFree,
  pageNameCharactersMax,
} from './limits.ts';
import { nextPage } from './link.ts';
import { isRepositoryName, isTag } from './reference.ts';
import type { Access } from './refusal.ts';
import type { Requester } from './requester.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Names the next page: its address, or the token that the API gave for it. */
  readonly next: string | undefined;
}

/**
 * Walks pages and gives each item once. The end is: no next page, a page that was seen before, or a page with nothing new;
 * never "fewer items than asked for", as servers choose their own page size. A list that trickles without end is a fault.
 * `place` names the list in that fault; `keyOf` says when two items are one.
 */
export async function* walkPages<T>(
  place: string,
  first: string,
  fetchPage: (page: string) => Promise<Page<T>>,
  keyOf: (item: T) => string,
): AsyncGenerator<T, void, void> {
  const pages = new Set<string>();
  const items = new Set<string>();
  for (let next: string | undefined = first; next !== undefined && !pages.has(next); ) {
    pages.add(next);
    const page: Page<T> = await fetchPage(next);
    const before = items.size;
    for (const item of page.items) {
      const key = keyOf(item);
      if (items.has(key)) continue;
      if (items.size >= listItemsMax) throw endless(place, `more than ${listItemsMax} items`);
      items.add(key);
      yield item;
    }
    // A page of which all was filtered out is no end where the API names its pages itself.
    if (items.size === before && page.items.length > 0) return;
    if (pages.size > listPagesFree && items.size < pages.size * listItemsPerPageMin) {
      throw endless(place, `${items.size} items on ${pages.size} pages`);
    }
    next = page.next;
    if (next !== undefined && next.length > pageNameCharactersMax)
      throw endless(place, `a page named by ${next.length} characters`);
  }
}

const itself = (text: string): string => text;

const Catalog = z.object({ repositories: z.array(z.unknown()).nullish() });
const Tags = z.object({ tags: z.array(z.unknown()).nullish() });

/** `/v2/_catalog`: not part of the distribution specification; many registries lack or forbid it. */
export function listCatalog(base: URL, requester: Requester, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const first = new URL(`/v2/_catalog?n=${listPageItems}`, base);
  const fetchPage = async (address: string) => {
    const page = new URL(address);
    const { value, next } = await fetchListPage(page, { kind: 'catalog' }, Catalog, requester, signal);
    return untilEmpty(texts(value.repositories, isRepositoryName), next);
  };
  return walkPages(first.host, first.href, fetchPage, itself);
}

/** `/v2/<name>/tags/list`: unsorted in older servers, `tags` may be null. */
export function listTags(
  base: URL,
  repository: string,
  requester: Requester,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const first = new URL(`/v2/${repository}/tags/list?n=${listPageItems}`, base);
  const fetchPage = async (address: string) => {
    const page = new URL(address);
    const access = { kind: 'repository', name: repository } as const;
    const { value, next } = await fetchListPage(page, access, Tags, requester, signal);
    return untilEmpty(texts(value.tags, isTag), next);
  };
  return walkPages(first.host, first.href, fetchPage, itself);
}

/** One page of a list that the registry itself gives, by the way of all its requests. */
export async function fetchListPage<T>(
  page: URL,
  access: Access,
  schema: z.ZodType<T>,
  requester: Requester,
  signal: AbortSignal,
): Promise<{ readonly value: T; readonly next: URL | undefined }> {
  const operation = requester.start(signal);
  const headers = { accept: 'application/json' };
  const answer = await requester.send({ method: 'GET', url: page, access, headers, accepts: [200] }, operation);
  const next = nextPage(answer.headers.link, page);
  const parsed = schema.safeParse(parseJson(await readBody(answer, listPageBytesMax, signal)));
  if (!parsed.success) throw notAList(page);
  return { value: parsed.data, next };
}

/** An empty page ends a distribution list, whatever its link says. */
function untilEmpty(items: readonly string[], next: URL | undefined): Page<string> {
  return { items, next: items.length === 0 ? undefined : next?.href };
}

/** Only names that may stand in a path: what a registry invents beside them can't be asked for anyway. */
function texts(values: readonly unknown[] | null | undefined, isValid: (text: string) => boolean): readonly string[] {
  return (values ?? []).filter((value): value is string => typeof value === 'string' && isValid(value));
}

function notAList(page: URL): RegistryFault {
  return new RegistryFault('unsupported', 'ANSWER_INVALID', 'the registry gave no list', { place: page.host });
}

function endless(place: string, what: string): RegistryFault {
  return new RegistryFault('limit-exceeded', 'LISTING_ENDLESS', `the list does not end (${what})`, { place });
}
