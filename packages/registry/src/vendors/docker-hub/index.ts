import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson, readBody } from '../../body.ts';
import { RegistryFault } from '../../fault.ts';
import { listPageBytesMax, tokenBytesMax } from '../../limits.ts';
import { walkPages } from '../../listing.ts';
import { type Operation, startOperation } from '../../operation.ts';
import { isRepositoryName } from '../../reference.ts';
import { refusal } from '../../refusal.ts';
import type { ListingContext, RegistryVendor } from '../vendor.ts';

const API_ORIGIN = new URL('https://hub.docker.com');
const NAMESPACE = /^[a-z0-9][a-z0-9_-]{1,254}$/;

const Session = z.object({
  access_token: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/),
});
const RepositoryPage = z.object({
  next: z.string().nullish().catch(null),
  results: z.array(z.object({ name: z.string() })),
});

/**
 * Docker Hub, whose registry gives no catalogue: repositories are listed by the Hub API, namespace by namespace
 * (https://docs.docker.com/reference/api/hub/latest/). Public repositories need no credentials.
 */
export const dockerHubVendor: RegistryVendor = {
  id: 'docker-hub',
  displayName: 'Docker Hub',
  async *listRepositories(context, signal) {
    const api = context.apiOrigin ?? API_ORIGIN;
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
      const first = new URL(`/v2/namespaces/${namespace}/repositories?page=1&page_size=100`, api);
      for await (const name of walkPages(first, (page) => fetchPage(page, namespace, authorization, context, signal))) {
        yield { name };
      }
    }
  },
};

async function fetchPage(
  page: URL,
  namespace: string,
  authorization: string | null,
  context: ListingContext,
  signal: AbortSignal,
) {
  const operation = startOperation(context.transport, context.clock, signal);
  const body = await fetchApi({ method: 'GET', url: page, authorization }, operation, context, listPageBytesMax);
  const parsed = RepositoryPage.safeParse(body);
  if (!parsed.success) throw invalid(page);
  const next = parsed.data.next == null ? null : URL.parse(parsed.data.next, page.href);
  return {
    items: parsed.data.results.map(({ name }) => `${namespace}/${name}`).filter(isRepositoryName),
    // The session's token stays with the API: a next page elsewhere is no next page.
    next: next !== null && next.origin === page.origin ? next : undefined,
  };
}

/** A short session for user name and password or access token; null without credentials. */
async function signIn(api: URL, context: ListingContext, signal: AbortSignal): Promise<string | null> {
  if (context.credentials?.kind !== 'basic') return null;
  const { username, password } = context.credentials;
  const operation = startOperation(context.transport, context.clock, signal);
  const url = new URL('/v2/auth/token', api);
  const body = JSON.stringify({ identifier: username, secret: password });
  const session = Session.safeParse(
    await fetchApi({ method: 'POST', url, authorization: null, body }, operation, context, tokenBytesMax),
  );
  if (!session.success) throw invalid(url);
  return `Bearer ${session.data.access_token}`;
}

interface ApiRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly authorization: string | null;
  readonly body?: string;
}

async function fetchApi(
  request: ApiRequest,
  operation: Operation,
  context: ListingContext,
  bytesMax: number,
): Promise<unknown> {
  const answer = await operation.exchange({
    method: request.method,
    url: request.url,
    reach: context.apiOrigin === null ? 'elsewhere' : 'registry',
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(request.authorization === null ? {} : { authorization: request.authorization }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  // No redirect is followed: the API has none, and the session's token goes nowhere else.
  if (answer.status !== 200)
    throw await refusal(answer, { kind: 'repository', name: 'hub' }, context.clock, operation.signal);
  return parseJson(await readBody(answer, bytesMax, operation.signal));
}

function invalid(url: URL): RegistryFault {
  return new RegistryFault('unsupported', 'ANSWER_INVALID', "Docker Hub's API gave an unexpected answer", {
    place: url.host,
  });
}
