import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { listCatalog, walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentTokenAs } from '../present.ts';
import { noDates, walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, Repository, VendorContext } from '../vendor.ts';
import { fetchApiJson } from '../vendor-api.ts';

const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{1,254}$/;

const RepositoryPage = z.object({
  repositories: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      kind: z.string().nullish().catch(null),
      description: z.string().nullish().catch(null),
    }),
  ),
  next_page: z.string().nullish().catch(null),
});
const TagPage = z.object({
  tags: z.array(
    z.object({
      name: z.string(),
      start_ts: z.number().nullish().catch(null),
      last_modified: z.string().nullish().catch(null),
    }),
  ),
  has_additional: z.boolean().optional(),
});

/**
 * Quay.io and Red Hat Quay. The token of an OAuth application lists an organisation by the API
 * (https://docs.quay.io/api/swagger/); a robot account may not use that API, and lists what it sees by `_catalog`.
 */
export const quay: RegistryVendor = {
  id: 'quay',
  displayName: 'Quay',
  accepts: ['bearer', 'basic'],
  present: (credentials) => presentTokenAs('$oauthtoken', credentials),
  async *listRepositories(context, signal) {
    const { credentials, namespaces, base, requester } = context;
    if (credentials?.kind === 'basic') {
      for await (const name of listCatalog(base, requester, signal)) {
        if (namespaces.length === 0 || namespaces.includes(name.split('/')[0] ?? '')) yield { name };
      }
      return;
    }
    if (namespaces.length === 0) {
      throw new Fault('invalid-input', 'Quay lists repositories by organisation', {
        place: base.host,
        hint: 'Name the organisations whose repositories are wanted.',
      });
    }
    for (const namespace of namespaces) yield* listNamespace(namespace, context, signal);
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    CREDENTIALS_REFUSED:
      'A robot account is named organisation+robot and has a token as its password; a token of an OAuth application is entered alone.',
    FORBIDDEN: 'The OAuth application needs the scope View all visible repositories (repo:read).',
    NAME_UNKNOWN: 'Check the name of the organisation: personal accounts can not be listed.',
    NO_ACCESS_TO_REPOSITORY: 'Give the robot account the permission Read on the repository.',
  },
};

/** Of an OAuth application's token, or of what is public; a robot may not use the API. */
function tagDates(repository: string, context: VendorContext, signal: AbortSignal) {
  const { credentials, base } = context;
  if (credentials?.kind === 'basic') throw noDates('a robot account may not see when tags were pushed', base.host);
  const api = context.apiBase ?? new URL('/', base);
  const headers = tokenHeader(context);
  const fetchPage = async (page: string) => {
    const url = new URL(`api/v1/repository/${repository}/tag/`, api);
    url.search = new URLSearchParams({ onlyActiveTags: 'true', limit: '100', page }).toString();
    const { value } = await fetchApiJson({ url, headers, what: repository }, TagPage, context, signal);
    const items = value.tags.map(({ name, start_ts, last_modified }) => ({
      name,
      pushedAt: start_ts == null ? last_modified : start_ts * 1000,
    }));
    return { items, next: value.has_additional === true ? String(Number(page) + 1) : undefined };
  };
  return walkTagDates(api.host, '1', fetchPage);
}

function tokenHeader({ credentials }: VendorContext): Readonly<Record<string, string>> {
  return credentials?.kind === 'bearer' ? { authorization: `Bearer ${credentials.token}` } : {};
}

async function* listNamespace(namespace: string, context: VendorContext, signal: AbortSignal) {
  if (!NAMESPACE.test(namespace)) {
    throw new Fault('invalid-input', 'not the name of an organisation', { place: context.base.host });
  }
  const api = context.apiBase ?? new URL('/', context.base);
  const headers = tokenHeader(context);
  const fetchPage = async (page: string) => {
    const url = new URL('api/v1/repository', api);
    url.searchParams.set('namespace', namespace);
    url.searchParams.set('last_modified', 'true');
    if (headers.authorization === undefined) url.searchParams.set('public', 'true');
    if (page !== '') url.searchParams.set('next_page', page);
    const { value } = await fetchApiJson({ url, headers, what: namespace }, RepositoryPage, context, signal);
    // Quay also keeps repositories of other things than images.
    const images = value.repositories.filter(({ kind }) => kind == null || kind === 'image');
    const items = images.map(
      ({ namespace: owner, name, description }): Repository => ({
        name: `${owner}/${name}`,
        ...(description == null ? {} : { description }),
      }),
    );
    return { items: items.filter(({ name }) => isRepositoryName(name)), next: value.next_page ?? undefined };
  };
  yield* walkPages(api.host, '', fetchPage, ({ name }) => name);
}
