import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { listCatalog, walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentAsIs } from '../present.ts';
import { noDates, walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, TagDate, VendorContext } from '../vendor.ts';
import { apiAuthorization, fetchApiJson } from '../vendor-api.ts';

const REPOSITORY = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}$/;
const Repositories = z.array(z.object({ name: z.string(), format: z.string() }));
const Components = z.object({
  items: z.array(z.object({ name: z.string(), format: z.string().optional().catch(undefined) })),
  continuationToken: z.string().nullish().catch(null),
});
const Found = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      version: z.string().nullish().catch(null),
      assets: z.array(z.object({ lastModified: z.string().nullish().catch(null) })).nullish(),
    }),
  ),
  continuationToken: z.string().nullish().catch(null),
});

/**
 * Sonatype Nexus Repository 3. A connector (a port or a host name of one repository) is any registry with a catalogue. With
 * path-based routing an image is `<repository>/<image>`: then named repositories, or `*` for all, are listed by the REST API
 * (https://help.sonatype.com/en/components-api.html).
 */
export const nexus: RegistryVendor = {
  id: 'nexus',
  displayName: 'Sonatype Nexus',
  accepts: ['basic'],
  present: presentAsIs,
  async *listRepositories(context, signal) {
    const { namespaces, base, requester } = context;
    if (namespaces.length === 0) {
      for await (const name of listCatalog(base, requester, signal)) yield { name };
      return;
    }
    for (const repository of namespaces.includes('*') ? await listDocker(context, signal) : namespaces) {
      if (!REPOSITORY.test(repository)) {
        throw new Fault('invalid-input', 'not the name of a repository of Nexus', { place: base.host });
      }
      for await (const image of listComponents(repository, context, signal)) {
        const name = `${repository}/${image}`;
        if (isRepositoryName(name)) yield { name };
      }
    }
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    CREDENTIALS_REFUSED:
      'Use a local account or a user token; anonymous reading needs the Docker Bearer Token Realm to be active.',
    NOT_A_REGISTRY:
      "The address is that of a Docker repository's connector (its own port or host), not of Nexus' web page.",
    FORBIDDEN: 'The account needs nx-repository-view-docker-*-browse and -read.',
    NAME_UNKNOWN: 'Check the name of the repository in Nexus.',
  },
};

const apiOf = ({ apiBase, base }: VendorContext): URL => apiBase ?? new URL('/', base);

async function listDocker(context: VendorContext, signal: AbortSignal): Promise<readonly string[]> {
  const url = new URL('service/rest/v1/repositories', apiOf(context));
  const request = { url, headers: apiAuthorization(context.credentials), what: 'repositories' };
  const { value } = await fetchApiJson(request, Repositories, context, signal);
  return value.filter(({ format }) => format === 'docker').map(({ name }) => name);
}

/** A component is one tag of one image: the names come once each. */
async function* listComponents(repository: string, context: VendorContext, signal: AbortSignal) {
  const api = apiOf(context);
  const fetchPage = async (token: string) => {
    const url = new URL('service/rest/v1/components', api);
    url.searchParams.set('repository', repository);
    if (token !== '') url.searchParams.set('continuationToken', token);
    const request = { url, headers: apiAuthorization(context.credentials), what: repository };
    const { value } = await fetchApiJson(request, Components, context, signal);
    const items = value.items.map(({ name }, index) => ({ name, key: `${token} ${index}` }));
    return { items, next: value.continuationToken ?? undefined };
  };
  const seen = new Set<string>();
  for await (const { name } of walkPages(api.host, '', fetchPage, ({ key }) => key)) {
    if (seen.has(name)) continue;
    seen.add(name);
    yield name;
  }
}

/** The search for an image gives a component for each tag; its asset is the manifest. */
function tagDates(repository: string, context: VendorContext, signal: AbortSignal): AsyncIterable<TagDate> {
  const [own = '', ...rest] = repository.split('/');
  const image = rest.join('/');
  if (context.namespaces.length === 0 || image === '')
    throw noDates('behind a connector the name of the repository in Nexus is not known', context.base.host);
  const api = apiOf(context);
  const fetchPage = async (token: string) => {
    const url = new URL('service/rest/v1/search', api);
    url.search = new URLSearchParams({ repository: own, format: 'docker', name: image }).toString();
    if (token !== '') url.searchParams.set('continuationToken', token);
    const request = { url, headers: apiAuthorization(context.credentials), what: repository };
    const { value } = await fetchApiJson(request, Found, context, signal);
    const items = value.items.flatMap(({ name, version, assets }) => {
      const dates = (assets ?? []).map(({ lastModified }) => Date.parse(lastModified ?? '')).filter(Number.isFinite);
      return name === image ? [{ name: version ?? '', pushedAt: dates.length === 0 ? null : Math.max(...dates) }] : [];
    });
    return { items, next: value.continuationToken ?? undefined };
  };
  return walkTagDates(api.host, '', fetchPage);
}
