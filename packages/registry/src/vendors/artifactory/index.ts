import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { RegistryFault } from '../../fault.ts';
import { listPageItems } from '../../limits.ts';
import { listCatalog, walkPages } from '../../listing.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentAsIs } from '../present.ts';
import { noDates, walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, TagDate, VendorContext } from '../vendor.ts';
import { type ApiRefusal, apiAuthorization, fetchApiJson } from '../vendor-api.ts';

const KEY = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;
const Repositories = z.array(z.object({ key: z.string() }));
const Found = z.object({
  results: z.array(z.object({ path: z.string(), modified: z.string().nullish().catch(null) })),
});
const Catalog = z.object({ repositories: z.array(z.string()).nullish() });

/**
 * JFrog Artifactory. In the path form one address serves all repositories, and an image is `<repository key>/<image>`; in the
 * subdomain or port form an address is one repository, and its catalogue is that of any registry. Named keys mean the path form,
 * `*` every Docker repository that the account sees (https://jfrog.com/help/r/jfrog-rest-apis/list-docker-repositories).
 */
export const artifactory: RegistryVendor = {
  id: 'artifactory',
  displayName: 'JFrog Artifactory',
  accepts: ['basic', 'bearer'],
  present: presentAsIs,
  async *listRepositories(context, signal) {
    const { namespaces, base, requester } = context;
    if (namespaces.length === 0) {
      for await (const name of listCatalog(base, requester, signal)) yield { name };
      return;
    }
    for (const key of namespaces.includes('*') ? await listKeys(context, signal) : namespaces) {
      if (!KEY.test(key)) throw new Fault('invalid-input', 'not the key of a repository', { place: base.host });
      for await (const image of listImages(key, context, signal)) yield { name: `${key}/${image}` };
    }
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    NAME_UNKNOWN:
      'Check the form of the address: with repository keys it is the Artifactory itself, without any it is one repository (subdomain or port).',
    NOT_A_REGISTRY:
      'Check the form of the address: with repository keys it is the Artifactory itself, without any it is one repository (subdomain or port).',
    CREDENTIALS_REFUSED: 'Use a user name with an identity or access token as the password, or an access token alone.',
    FORBIDDEN: 'The account needs Read on the repository; listing needs a user that may see it in Artifactory.',
  },
};

const apiOf = ({ apiBase, base }: VendorContext): URL => apiBase ?? new URL('/artifactory/', base);

async function listKeys(context: VendorContext, signal: AbortSignal): Promise<readonly string[]> {
  const url = new URL('api/repositories?packageType=docker', apiOf(context));
  const request = { url, headers: apiAuthorization(context.credentials), what: 'repositories', explain };
  return (await fetchApiJson(request, Repositories, context, signal)).value.map(({ key }) => key);
}

function listImages(key: string, context: VendorContext, signal: AbortSignal) {
  const api = apiOf(context);
  const fetchPage = async (last: string) => {
    const url = new URL(`api/docker/${key}/v2/_catalog?n=${listPageItems}`, api);
    if (last !== '') url.searchParams.set('last', last);
    const request = { url, headers: apiAuthorization(context.credentials), what: key, explain };
    const { value, next } = await fetchApiJson(request, Catalog, context, signal);
    const all = value.repositories ?? [];
    // The link of a repository in a path leads past it in some versions, so only that there is one is taken from it.
    return { items: all.filter(isRepositoryName), next: next === undefined ? undefined : all.at(-1) };
  };
  return walkPages(api.host, '', fetchPage, (name) => name);
}

/**
 * A tag is a folder `<image>/<tag>` with the manifest in it, which AQL finds with the newest first
 * (https://jfrog.com/help/r/jfrog-rest-apis/artifactory-query-language).
 */
function tagDates(repository: string, context: VendorContext, signal: AbortSignal): AsyncIterable<TagDate> {
  const { namespaces, base, credentials } = context;
  const [repo = '', ...rest] = repository.split('/');
  const image = rest.join('/');
  if (namespaces.length === 0 || image === '')
    throw noDates('without its repository key an image of Artifactory can not be searched for', base.host);
  const api = apiOf(context);
  const named = [{ name: 'manifest.json' }, { name: 'list.manifest.json' }];
  // Names of repositories hold no character that a pattern of AQL knows.
  const wanted = JSON.stringify({ repo, path: { $match: `${image}/*` }, $or: named });
  const fetchPage = async (offset: string) => {
    const query = `items.find(${wanted}).include("repo","path","name","modified").sort({"$desc":["modified"]})`;
    const request = {
      method: 'POST',
      url: new URL('api/search/aql', api),
      headers: { ...apiAuthorization(credentials), 'content-type': 'text/plain' },
      body: `${query}.offset(${offset}).limit(${listPageItems})`,
      what: repository,
    } as const;
    const { value } = await fetchApiJson(request, Found, context, signal);
    const items = value.results.flatMap(({ path, modified }) => {
      const name = path.slice(image.length + 1);
      // The pattern also finds the tags of `<image>/<another image>`.
      return path === `${image}/${name}` ? [{ name, pushedAt: modified, isOrdered: true }] : [];
    });
    const isMore = value.results.length >= listPageItems;
    return { items, next: isMore ? String(Number(offset) + listPageItems) : undefined };
  };
  return walkTagDates(api.host, '0', fetchPage);
}

function explain({ status, text, place }: ApiRefusal): RegistryFault | undefined {
  if (status !== 404 && status !== 400) return undefined;
  const isForm = /unsupported docker|unable to find repository/i.test(text);
  return new RegistryFault(
    'not-found',
    'NAME_UNKNOWN',
    isForm ? 'Artifactory has no Docker repository of this key' : `Artifactory has no such thing (HTTP ${status})`,
    { place, httpStatus: status },
  );
}
