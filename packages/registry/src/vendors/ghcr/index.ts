import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import type { Credentials } from '../../credentials.ts';
import { RegistryFault } from '../../fault.ts';
import { walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentTokenAs } from '../present.ts';
import { noDates, walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, Repository, TagDate, VendorContext } from '../vendor.ts';
import { type ApiRefusal, fetchApiJson, noListing } from '../vendor-api.ts';

const OWNER = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,38})$/;
const Packages = z.array(
  z.object({
    name: z.string(),
    owner: z.object({ login: z.string() }).optional().catch(undefined),
    repository: z.object({ description: z.string().nullish() }).nullish().catch(null),
  }),
);
const Versions = z.array(
  z.object({
    created_at: z.string().nullish().catch(null),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()) }).nullish() }).nullish(),
  }),
);

/**
 * The container registry of GitHub. A classic personal access token with `read:packages` reads and lists; the packages API takes no
 * fine-grained one (https://docs.github.com/en/rest/packages/packages).
 */
export const ghcr: RegistryVendor = {
  id: 'ghcr',
  displayName: 'GitHub Container Registry',
  accepts: ['basic', 'bearer'],
  // The registry looks at the token alone; any user name does.
  present: (credentials) => presentTokenAs('hullcheck', credentials),
  async *listRepositories(context, signal) {
    const { credentials, namespaces, base } = context;
    const token = tokenOf(credentials);
    if (token === null) throw noListing("GitHub's list needs a personal access token", base.host);
    if (token.startsWith('github_pat_')) {
      throw new RegistryFault('authorization-failed', 'CREDENTIALS_REFUSED', 'this is a fine-grained token', {
        place: base.host,
        hint: "GitHub's packages API takes classic personal access tokens only, with the scope read:packages.",
      });
    }
    if (namespaces.length === 0) return yield* list('user/packages', 'user', token, context, signal);
    for (const owner of namespaces) {
      if (!OWNER.test(owner)) {
        throw new Fault('invalid-input', 'not the name of a user or an organisation', { place: base.host });
      }
      yield* ofOwner(owner, (kind) => list(`${kind}/packages`, owner, token, context, signal));
    }
  },
  listTagDates(repository, context, signal) {
    const token = tokenOf(context.credentials);
    if (token === null) throw noDates('GitHub says only to a token when tags were pushed', context.base.host);
    const [owner = '', ...rest] = repository.split('/');
    const path = `packages/container/${encodeURIComponent(rest.join('/'))}/versions`;
    return ofOwner(owner, (kind) => tagDates(`${kind}/${path}`, repository, token, context, signal));
  },
  advice: {
    CREDENTIALS_REFUSED:
      'Use a classic personal access token with the scope read:packages; an organisation with single sign-on must authorise it.',
    PERMISSION_MISSING:
      'The token lacks the scope read:packages, or the organisation with single sign-on has not authorised it.',
    FORBIDDEN:
      'The token lacks the scope read:packages, or the organisation with single sign-on has not authorised it.',
    NAME_UNKNOWN: 'Check the name of the owner: GitHub shows a private one as missing to those who may not see it.',
  },
};

function tokenOf(credentials: Credentials | null): string | null {
  if (credentials?.kind === 'basic') return credentials.password;
  return credentials?.kind === 'bearer' ? credentials.token : null;
}

/** An owner is an organisation or a user, and only GitHub knows which. */
async function* ofOwner<T>(owner: string, walk: (kind: string) => AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* walk(`orgs/${owner}`);
  } catch (error) {
    if (!(error instanceof RegistryFault) || error.code !== 'not-found') throw error;
    yield* walk(`users/${owner}`);
  }
}

const headersOf = (token: string) => ({
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
  authorization: `Bearer ${token}`,
});

/**
 * A version is a digest with the tags that it has now. Its day is that of its creation: GitHub calls a version updated also when a newer
 * one takes a tag from it.
 */
function tagDates(
  path: string,
  what: string,
  token: string,
  context: VendorContext,
  signal: AbortSignal,
): AsyncIterable<TagDate> {
  const api = context.apiBase ?? apiOf(context.base.hostname);
  const fetchPage = async (page: string) => {
    const request = { url: new URL(page), headers: headersOf(token), what, explain };
    const { value, next } = await fetchApiJson(request, Versions, context, signal);
    const items = value.flatMap(({ created_at, metadata }) =>
      (metadata?.container?.tags ?? []).map((name) => ({ name, pushedAt: created_at })),
    );
    return { items, next: next?.href };
  };
  return walkTagDates(api.host, new URL(`${path}?per_page=100`, api).href, fetchPage);
}

function list(path: string, what: string, token: string, context: VendorContext, signal: AbortSignal) {
  const api = context.apiBase ?? apiOf(context.base.hostname);
  const first = new URL(`${path}?package_type=container&per_page=100`, api).href;
  const fetchPage = async (page: string) => {
    const request = { url: new URL(page), headers: headersOf(token), what, explain };
    const { value, next } = await fetchApiJson(request, Packages, context, signal);
    const items = value.map(({ name, owner, repository }): Repository => {
      const description = repository?.description;
      // Names of owners may have capitals; those of repositories in a registry may not.
      const named = `${owner?.login ?? what}/${name}`.toLowerCase();
      return { name: named, ...(description == null ? {} : { description }) };
    });
    return { items: items.filter(({ name }) => isRepositoryName(name)), next: next?.href };
  };
  return walkPages(api.host, first, fetchPage, ({ name }) => name);
}

/** `containers.<host>` is the registry of a GitHub Enterprise Server, and of a company's own part of ghe.com. */
function apiOf(registry: string): URL {
  const own = /^containers\.(.+)$/.exec(registry)?.[1];
  if (own === undefined) return new URL('https://api.github.com/');
  return new URL(own.endsWith('.ghe.com') ? `https://api.${own}/` : `https://${own}/api/v3/`);
}

/** A 403 that is no limit: the scopes that GitHub says the token has tell what is missing. */
function explain({ status, headers, place }: ApiRefusal): RegistryFault | undefined {
  const scopes = headers['x-oauth-scopes'];
  if (status !== 403 || scopes === undefined) return undefined;
  const hasScope = scopes.split(',').some((scope) => /^\s*(?:read|write|delete):packages\s*$/.test(scope));
  const message = hasScope ? 'GitHub forbids this' : 'the token lacks the scope read:packages';
  return new RegistryFault('authorization-failed', 'PERMISSION_MISSING', message, { place, httpStatus: status });
}
