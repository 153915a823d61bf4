import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentAsIs } from '../present.ts';
import { walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, Repository, VendorContext } from '../vendor.ts';
import { apiAuthorization, fetchApiJson } from '../vendor-api.ts';

const PROJECT = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const Repositories = z.array(z.object({ name: z.string(), description: z.string().nullish().catch(null) }));
const Artifacts = z.array(
  z.object({
    push_time: z.string().nullish().catch(null),
    tags: z.array(z.object({ name: z.string(), push_time: z.string().nullish().catch(null) })).nullish(),
  }),
);

/**
 * Harbor. Its `_catalog` opens only for system administrators and gives everything in one answer, so its API 2.0 lists: all
 * that the account may see, or project by project (https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml).
 */
export const harbor: RegistryVendor = {
  id: 'harbor',
  displayName: 'Harbor',
  accepts: ['basic'],
  present: presentAsIs,
  async *listRepositories(context, signal) {
    const { namespaces, base } = context;
    const api = context.apiBase ?? new URL('/', base);
    const headers = apiAuthorization(context.credentials);
    const paths = namespaces.map((project) => {
      if (!PROJECT.test(project)) throw new Fault('invalid-input', 'not the name of a project', { place: base.host });
      return { path: `projects/${project}/repositories`, what: project };
    });
    for (const { path, what } of paths.length > 0 ? paths : [{ path: 'repositories', what: 'repositories' }]) {
      const first = new URL(`api/v2.0/${path}?page=1&page_size=100`, api).href;
      const fetchPage = async (page: string) => {
        const { value, next } = await fetchApiJson(
          { url: new URL(page), headers, what },
          Repositories,
          context,
          signal,
        );
        const items = value.map(
          ({ name, description }): Repository => ({ name, ...(description ? { description } : {}) }),
        );
        return { items: items.filter(({ name }) => isRepositoryName(name)), next: next?.href };
      };
      yield* walkPages(api.host, first, fetchPage, ({ name }) => name);
    }
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    CREDENTIALS_REFUSED:
      'A robot account is named robot$name or robot$project+name, with its secret; who signs in by OIDC uses the CLI secret of the profile.',
    FORBIDDEN: 'The robot account needs the permissions List and Pull on Repository and List on Tag and Artifact.',
    NAME_UNKNOWN: 'Check the name of the project.',
    NO_ACCESS_TO_REPOSITORY: 'The account needs the role Guest, or Pull on Repository, in the project.',
  },
};

/** Artifacts with their tags. A tag that is put on an artifact of long ago has a date of its own, so the order of artifacts is none of tags. */
function tagDates(repository: string, context: VendorContext, signal: AbortSignal) {
  const api = context.apiBase ?? new URL('/', context.base);
  const headers = apiAuthorization(context.credentials);
  const [project = '', ...rest] = repository.split('/');
  // Harbor decodes the name of the repository twice: `a/b` is `a%252Fb`.
  const name = encodeURIComponent(encodeURIComponent(rest.join('/')));
  const fetchPage = async (page: string) => {
    const path = `api/v2.0/projects/${project}/repositories/${name}/artifacts`;
    const url = new URL(`${path}?with_tag=true&page=${page}&page_size=100`, api);
    const { value, next } = await fetchApiJson({ url, headers, what: repository }, Artifacts, context, signal);
    const items = value.flatMap(({ push_time, tags }) =>
      (tags ?? []).map((tag) => ({ name: tag.name, pushedAt: tag.push_time ?? push_time })),
    );
    // Only that there is a next page is taken from the link: proxies before Harbor decode what stands in its path.
    return { items, next: next === undefined ? undefined : String(Number(page) + 1) };
  };
  return walkTagDates(api.host, '1', fetchPage);
}
