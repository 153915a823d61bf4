import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { RegistryFault } from '../../fault.ts';
import { walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentTokenAs } from '../present.ts';
import type { RegistryVendor, Repository, VendorContext } from '../vendor.ts';
import { type ApiRefusal, fetchApiJson, noListing } from '../vendor-api.ts';

const OWNER = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,38})$/;
const Packages = z.array(
  z.object({
    name: z.string(),
    owner: z.object({ login: z.string() }).optional().catch(undefined),
    repository: z.object({ description: z.string().nullish() }).nullish().catch(null),
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
    const token =
      credentials?.kind === 'basic' ? credentials.password : credentials?.kind === 'bearer' ? credentials.token : null;
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
      try {
        yield* list(`orgs/${owner}/packages`, owner, token, context, signal);
      } catch (error) {
        // An owner is an organisation or a user, and only GitHub knows which.
        if (!(error instanceof RegistryFault) || error.code !== 'not-found') throw error;
        yield* list(`users/${owner}/packages`, owner, token, context, signal);
      }
    }
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

function list(path: string, what: string, token: string, context: VendorContext, signal: AbortSignal) {
  const api = context.apiBase ?? apiOf(context.base.hostname);
  const first = new URL(`${path}?package_type=container&per_page=100`, api).href;
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    authorization: `Bearer ${token}`,
  };
  const fetchPage = async (page: string) => {
    const { value, next } = await fetchApiJson(
      { url: new URL(page), headers, what, explain },
      Packages,
      context,
      signal,
    );
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
