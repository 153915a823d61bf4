import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { tokenBytesMax } from '../../limits.ts';
import { walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentAsIs } from '../present.ts';
import { walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, Repository, VendorContext } from '../vendor.ts';
import { fetchApiJson } from '../vendor-api.ts';

const API = new URL('https://hub.docker.com');
/** A session lives some minutes; how many is not documented. */
const SESSION_MS = 4 * 60_000;
const NAMESPACE = /^[a-z0-9][a-z0-9_-]{1,254}$/;

const Session = z.object({
  access_token: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/),
});
const RepositoryPage = z.object({
  next: z.string().nullish().catch(null),
  results: z.array(z.object({ name: z.string(), description: z.string().nullish().catch(null) })),
});

/**
 * Docker Hub, whose registry gives no catalogue: repositories are listed by the Hub API, namespace by namespace
 * (https://docs.docker.com/reference/api/hub/latest/). Public repositories need no credentials.
 */
export const dockerHubVendor: RegistryVendor = {
  id: 'docker-hub',
  displayName: 'Docker Hub',
  accepts: ['basic', 'identity-token'],
  present: presentAsIs,
  async *listRepositories(context, signal) {
    const api = context.apiBase ?? API;
    if (context.namespaces.length === 0) {
      throw new Fault('invalid-input', 'Docker Hub lists repositories by namespace', {
        place: 'docker.io',
        hint: 'Name the users or organisations whose repositories are wanted.',
      });
    }
    const authorization = await signIn(api, context, signal);
    for (const namespace of context.namespaces) {
      if (!NAMESPACE.test(namespace))
        throw new Fault('invalid-input', 'not a namespace of Docker Hub', { place: 'docker.io' });
      const first = new URL(`v2/namespaces/${namespace}/repositories?page=1&page_size=100`, api).href;
      const fetchPage = (page: string) => fetchHubPage(new URL(page), namespace, authorization, context, signal);
      yield* walkPages(api.host, first, fetchPage, ({ name }) => name);
    }
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    CREDENTIALS_REFUSED:
      'Docker Hub takes the user name with a personal access token, or the name of an organisation with its access token; with two-factor or single sign-on a password is refused.',
    NO_ACCESS_TO_REPOSITORY:
      'Give the token the scope Read-only on that repository, or use an account that may read it.',
    RATE_LIMITED: 'Docker Hub counts manifests that are pulled: sign in, or let a paid account read.',
    NAME_UNKNOWN: 'Check the namespace: Docker Hub shows a private one as missing to those who may not see it.',
  },
};

async function fetchHubPage(
  page: URL,
  namespace: string,
  authorization: Readonly<Record<string, string>>,
  context: VendorContext,
  signal: AbortSignal,
) {
  const request = { url: page, headers: authorization, what: namespace };
  const { value } = await fetchApiJson(request, RepositoryPage, context, signal);
  const items: Repository[] = value.results.map(({ name, description }) => ({
    name: `${namespace}/${name}`,
    ...(description == null ? {} : { description }),
  }));
  return { items: items.filter(({ name }) => isRepositoryName(name)), next: sameOrigin(value.next, page) };
}

const TagPage = z.object({
  next: z.string().nullish(),
  results: z.array(
    z.object({
      name: z.string(),
      tag_last_pushed: z.string().nullish().catch(null),
      last_updated: z.string().nullish().catch(null),
    }),
  ),
});

/**
 * The Hub API gives what was updated last first, which its documentation does not say, and an update need not be a push: so it counts as
 * ordered while the pushes of everything that came were.
 * A repository of thousands of tags then costs one page.
 */
async function* tagDates(repository: string, context: VendorContext, signal: AbortSignal) {
  const api = context.apiBase ?? API;
  const [namespace = '', ...rest] = repository.split('/');
  if (rest.length !== 1) throw new Fault('invalid-input', 'not a repository of Docker Hub', { place: 'docker.io' });
  const headers = await signIn(api, context, signal);
  const path = `v2/namespaces/${namespace}/repositories/${rest.join('/')}/tags?page=1&page_size=100`;
  let isOrdered = true;
  let last = Number.POSITIVE_INFINITY;
  const fetchPage = async (page: string) => {
    const request = { url: new URL(page), headers, what: repository };
    const { value } = await fetchApiJson(request, TagPage, context, signal);
    const tags = value.results.map((tag) => ({ name: tag.name, pushedAt: tag.tag_last_pushed ?? tag.last_updated }));
    for (const { pushedAt } of tags) {
      const pushedAtMs = Date.parse(pushedAt ?? '');
      isOrdered &&= pushedAtMs <= last;
      last = pushedAtMs;
    }
    const items = tags.map((tag) => ({ ...tag, isOrdered }));
    return { items, next: sameOrigin(value.next, request.url) };
  };
  yield* walkTagDates(api.host, new URL(path, api).href, fetchPage);
}

/** The session's token stays with the API: a next page elsewhere is no next page. */
function sameOrigin(next: string | null | undefined, page: URL): string | undefined {
  const url = next == null ? null : URL.parse(next, page.href);
  return url?.origin === page.origin ? url.href : undefined;
}

/** A short session for user name and password or access token; nothing without credentials. */
async function signIn(
  api: URL,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (context.credentials?.kind !== 'basic') return {};
  const { username, password } = context.credentials;
  const request = {
    method: 'POST',
    url: new URL('v2/auth/token', api),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: username, secret: password }),
    what: 'account',
    bytesMax: tokenBytesMax,
  } as const;
  const token = await context.keep('hub-session', async () => {
    const { value } = await fetchApiJson(request, Session, context, signal);
    return { value: value.access_token, expiresAtMs: context.clock.now() + SESSION_MS };
  });
  return { authorization: `Bearer ${token}` };
}
