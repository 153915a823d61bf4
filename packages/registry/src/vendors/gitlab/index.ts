import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { RegistryFault } from '../../fault.ts';
import { walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentTokenAs } from '../present.ts';
import { noDates } from '../tag-dates.ts';
import type { RegistryVendor, VendorContext } from '../vendor.ts';
import { fetchApiJson, noListing } from '../vendor-api.ts';
import { listTagDates } from './tag-dates.ts';

const Repositories = z.array(z.object({ path: z.string(), status: z.string().nullish().catch(null) }));
/** A number, or a path of groups with a project at its end. */
const ENTRY = /^(?:(group|project):)?([0-9]{1,15}|[a-zA-Z0-9_][a-zA-Z0-9_.-]*(?:\/[a-zA-Z0-9_][a-zA-Z0-9_.-]*){0,20})$/;

/**
 * The registry of a GitLab, which is another host than the GitLab itself
 * (https://docs.gitlab.com/api/container_registry/). A token reads and lists; a deploy token only reads.
 */
export const gitlab: RegistryVendor = {
  id: 'gitlab',
  displayName: 'GitLab',
  accepts: ['bearer', 'basic'],
  // Any user name does for a token of a user, a group or a project.
  present: (credentials) => presentTokenAs('hullcheck', credentials),
  async *listRepositories(context, signal) {
    const { credentials, namespaces, base } = context;
    if (credentials?.kind !== 'basic' && credentials?.kind !== 'bearer') {
      throw noListing("GitLab's list needs a token", base.host);
    }
    if (namespaces.length === 0) {
      throw new Fault('invalid-input', 'GitLab lists repositories by group or project', {
        place: base.host,
        hint: 'Name groups or projects by path or id, as acme/shop or project:42.',
      });
    }
    const api = apiOf(context);
    const token = credentials.kind === 'basic' ? credentials.password : credentials.token;
    for (const entry of namespaces) {
      const found = ENTRY.exec(entry);
      if (found === null) throw new Fault('invalid-input', 'not a group or project', { place: entry.slice(0, 100) });
      const [, kind, name = ''] = found;
      try {
        yield* list(kind === 'project' ? 'projects' : 'groups', name, api, token, context, signal);
      } catch (error) {
        // A path is a group or a project, and only GitLab knows which.
        if (kind !== undefined || !(error instanceof RegistryFault) || error.code !== 'not-found') throw error;
        yield* list('projects', name, api, token, context, signal);
      }
    }
  },
  listTagDates(repository, context, signal) {
    const { credentials, base } = context;
    if (credentials?.kind !== 'basic' && credentials?.kind !== 'bearer')
      throw noDates('GitLab says only to a token when tags were pushed', base.host);
    const token = credentials.kind === 'basic' ? credentials.password : credentials.token;
    return listTagDates(repository, apiOf(context), token, context, signal);
  },
  advice: {
    CREDENTIALS_REFUSED:
      'Listing needs a token with read_api, pulling one with read_registry; a deploy token pulls with its own user name and lists nothing.',
    FORBIDDEN: 'The token needs the scopes read_api and read_registry, and at least the role Reporter.',
    NAME_UNKNOWN:
      'Check the path of the group or project: GitLab shows a private one as missing to those who may not see it.',
    REALM_REFUSED: "Give the address of the GitLab: the registry's tokens come from there.",
  },
};

function apiOf({ apiBase, base }: VendorContext): URL {
  if (apiBase !== null) return apiBase;
  if (base.hostname === 'registry.gitlab.com') return new URL('https://gitlab.com/');
  throw new Fault('invalid-input', 'the address of the GitLab is not known', {
    place: base.host,
    hint: 'The registry is another host than the GitLab: give both.',
  });
}

function list(
  kind: 'groups' | 'projects',
  name: string,
  api: URL,
  token: string,
  context: VendorContext,
  signal: AbortSignal,
) {
  const path = `api/v4/${kind}/${encodeURIComponent(name)}/registry/repositories?per_page=100`;
  const fetchPage = async (page: string) => {
    const request = { url: new URL(page), headers: { 'private-token': token }, what: name };
    const { value, next } = await fetchApiJson(request, Repositories, context, signal);
    const items = value
      .filter(({ status, path: repository }) => status?.startsWith('delete_') !== true && isRepositoryName(repository))
      .map((repository) => ({ name: repository.path }));
    return { items, next: next?.href };
  };
  return walkPages(api.host, new URL(path, api).href, fetchPage, ({ name: repository }) => repository);
}
