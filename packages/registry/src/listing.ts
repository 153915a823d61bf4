import { z } from 'zod';
import { parseJson, readBody } from './body.ts';
import { RegistryFault } from './fault.ts';
import { listItemsMax, listItemsPerPageMin, listPageBytesMax, listPageItems, listPagesFree } from './limits.ts';
import { nextPage } from './link.ts';
import { isRepositoryName, isTag } from './reference.ts';
import type { Access } from './refusal.ts';
import type { Requester } from './requester.ts';

export interface Page {
  readonly items: readonly string[];
  readonly next: URL | undefined;
}

/**
 * Walks pages and gives each item once. The end is: no next page, a page that was seen before, or a page with nothing new;
 * never "fewer items than asked for", as servers choose their own page size. A list that trickles without end is a fault.
 */
export async function* walkPages(
  first: URL,
  fetchPage: (page: URL) => Promise<Page>,
): AsyncGenerator<string, void, void> {
  const pages = new Set<string>();
  const items = new Set<string>();
  for (let next: URL | undefined = first; next !== undefined && !pages.has(next.href); ) {
    pages.add(next.href);
    const page: Page = await fetchPage(next);
    const before = items.size;
    for (const item of page.items) {
      if (items.has(item)) continue;
      if (items.size >= listItemsMax) throw endless(first, `more than ${listItemsMax} items`);
      items.add(item);
      yield item;
    }
    if (items.size === before) return;
    if (pages.size > listPagesFree && items.size < pages.size * listItemsPerPageMin) {
      throw endless(first, `${items.size} items on ${pages.size} pages`);
    }
    next = page.next;
  }
}

const Catalog = z.object({ repositories: z.array(z.unknown()).nullish() });
const Tags = z.object({ tags: z.array(z.unknown()).nullish() });

/** `/v2/_catalog`: not part of the distribution specification; many registries lack or forbid it. */
export function listCatalog(base: URL, requester: Requester, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const first = new URL(`/v2/_catalog?n=${listPageItems}`, base);
  return walkPages(first, async (page) => {
    const { body, next } = await fetchJson(page, { kind: 'catalog' }, requester, signal);
    const parsed = Catalog.safeParse(body);
    if (!parsed.success) throw notAList(page);
    return { items: texts(parsed.data.repositories, isRepositoryName), next };
  });
}

/** `/v2/<name>/tags/list`: unsorted in older servers, `tags` may be null. */
export function listTags(
  base: URL,
  repository: string,
  requester: Requester,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const first = new URL(`/v2/${repository}/tags/list?n=${listPageItems}`, base);
  return walkPages(first, async (page) => {
    const { body, next } = await fetchJson(page, { kind: 'repository', name: repository }, requester, signal);
    const parsed = Tags.safeParse(body);
    if (!parsed.success) throw notAList(page);
    return { items: texts(parsed.data.tags, isTag), next };
  });
}

async function fetchJson(page: URL, access: Access, requester: Requester, signal: AbortSignal) {
  const operation = requester.start(signal);
  const headers = { accept: 'application/json' };
  const answer = await requester.send({ method: 'GET', url: page, access, headers, accepts: [200] }, operation);
  const next = nextPage(answer.headers.link, page);
  return { body: parseJson(await readBody(answer, listPageBytesMax, signal)), next };
}

/** Only names that may stand in a path: what a registry invents beside them can't be asked for anyway. */
function texts(values: readonly unknown[] | null | undefined, isValid: (text: string) => boolean): readonly string[] {
  return (values ?? []).filter((value): value is string => typeof value === 'string' && isValid(value));
}

function notAList(page: URL): RegistryFault {
  return new RegistryFault('unsupported', 'ANSWER_INVALID', 'the registry gave no list', { place: page.host });
}

function endless(first: URL, what: string): RegistryFault {
  return new RegistryFault('limit-exceeded', 'LISTING_ENDLESS', `the list does not end (${what})`, {
    place: first.host,
  });
}
