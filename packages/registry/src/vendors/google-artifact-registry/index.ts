import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import type { Credentials } from '../../credentials.ts';
import { RegistryFault } from '../../fault.ts';
import { fetchListPage, walkPages } from '../../listing.ts';
import { machineFor } from '../../machine/identity.ts';
import { isRepositoryName } from '../../reference.ts';
import { presentTokenAs } from '../present.ts';
import { walkTagDates } from '../tag-dates.ts';
import type { RegistryVendor, TagDate, VendorContext } from '../vendor.ts';
import { type ApiRefusal, fetchApiJson, noListing } from '../vendor-api.ts';
import { type AccessToken, fetchAccessToken } from './service-account.ts';

const API = new URL('https://artifactregistry.googleapis.com/');
const PAGE_ITEMS = 1000;
const OWN_HOST = /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/;
/** `example.com:shop` is a project of a domain. */
const PROJECT = /^(?:[a-z0-9.-]{1,100}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
/** Where the repositories are that answer for the former Container Registry. */
const LEGACY_LOCATIONS: { readonly [host: string]: string } = {
  'gcr.io': 'us',
  'us.gcr.io': 'us',
  'eu.gcr.io': 'europe',
  'asia.gcr.io': 'asia',
};

const nextPageToken = z.string().nullish().catch(null);
const Locations = z.object({ locations: z.array(z.object({ locationId: z.string() })).default([]), nextPageToken });
const Repositories = z.object({
  repositories: z.array(z.object({ name: z.string(), format: z.string() })).default([]),
  nextPageToken,
});
const Packages = z.object({ packages: z.array(z.object({ name: z.string() })).default([]), nextPageToken });
const TagList = z.object({
  manifest: z
    .record(
      z.string(),
      z.object({ tag: z.array(z.string()).nullish(), timeUploadedMs: z.string().nullish().catch(null) }),
    )
    .nullish(),
});
const ApiError = z.object({
  error: z.object({
    status: z.string().max(100).catch(''),
    details: z.array(z.object({ reason: z.string().max(100).optional().catch(undefined) })).catch([]),
  }),
});

/**
 * Google Artifact Registry, and what was the Container Registry under `gcr.io`
 * (https://cloud.google.com/artifact-registry/docs/reference/rest). The key never goes to the registry: a token of an hour does.
 */
export const googleArtifactRegistry: RegistryVendor = {
  id: 'google-artifact-registry',
  displayName: 'Google Artifact Registry',
  accepts: ['google-key', 'machine', 'basic', 'bearer'],
  async present(credentials, context, signal) {
    const token = await tradeForToken(credentials, context, signal);
    if (token === undefined) return await presentTokenAs('oauth2accesstoken', credentials);
    const { value, expiresAtMs } = token;
    return { credentials: { kind: 'basic', username: 'oauth2accesstoken', password: value }, expiresAtMs };
  },
  async *listRepositories(context, signal) {
    const { credentials, namespaces, base } = context;
    const token =
      credentials?.kind === 'bearer' ? credentials.token : (await tradeForToken(credentials, context, signal))?.value;
    if (token === undefined) throw noListing("Google's list needs a service account", base.host);
    if (namespaces.length === 0) {
      throw new Fault('invalid-input', 'Artifact Registry lists repositories by project', {
        place: base.host,
        hint: 'Name the id of the project.',
      });
    }
    for (const project of namespaces) yield* listProject(project, token, context, signal);
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    PERMISSION_MISSING:
      'Give the service account the role Artifact Registry Reader (roles/artifactregistry.reader) in the project.',
    SERVICE_DISABLED: 'Switch the Artifact Registry API on in the project.',
    NO_ACCESS_TO_REPOSITORY: 'Give the service account the role Artifact Registry Reader on that repository.',
    NAME_UNKNOWN: 'Check the id of the project (not its name or number) and the location in the address.',
    FORBIDDEN: 'Give the service account the role Artifact Registry Reader in the project.',
  },
};

/** An access token for the key of a service account, or for the machine's own; undefined for what is none of both. */
async function tradeForToken(
  credentials: Credentials | null,
  context: VendorContext,
  signal: AbortSignal,
): Promise<AccessToken | undefined> {
  if (credentials?.kind === 'machine') return await machineFor('google', OWN_HOST, context).google(signal);
  return credentials?.kind === 'google-key' ? await fetchAccessToken(credentials, context, signal) : undefined;
}

async function* listProject(project: string, token: string, context: VendorContext, signal: AbortSignal) {
  if (!PROJECT.test(project)) {
    throw new Fault('invalid-input', 'not the id of a project', { place: 'projects', hint: 'As my-project-123.' });
  }
  const walk = <T, I>(
    path: string,
    schema: z.ZodType<T & { nextPageToken?: string | null | undefined }>,
    itemsOf: (page: T) => readonly I[],
    keyOf: (item: I) => string,
  ) => {
    const api = context.apiBase ?? API;
    const fetchPage = async (pageToken: string) => {
      const url = new URL(`v1/projects/${project}/${path}?pageSize=${PAGE_ITEMS}`, api);
      if (pageToken !== '') url.searchParams.set('pageToken', pageToken);
      const request = { url, headers: { authorization: `Bearer ${token}` }, what: project, explain };
      const { value } = await fetchApiJson(request, schema, context, signal);
      return { items: itemsOf(value), next: value.nextPageToken || undefined };
    };
    return walkPages(api.host, '', fetchPage, keyOf);
  };
  const packagesOf = (repository: string) =>
    walk(
      `${repository}/packages`,
      Packages,
      ({ packages }) => packages,
      ({ name }) => name,
    );
  // In a path of the registry the domain of a project is a component of its own.
  const inRegistry = project.replace(':', '/');
  const { hostname } = context.base;
  const legacy = LEGACY_LOCATIONS[hostname];
  if (legacy !== undefined) {
    for await (const { name } of packagesOf(`locations/${legacy}/repositories/${hostname}`)) {
      yield* named(`${inRegistry}/${imageOf(name)}`);
    }
    return;
  }
  const own = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(hostname)?.[1];
  const locations =
    own === undefined
      ? await gather(
          walk(
            'locations',
            Locations,
            (page) => page.locations,
            (it) => it.locationId,
          ),
        )
      : [{ locationId: own }];
  for (const { locationId } of locations) {
    const path = `locations/${encodeURIComponent(locationId)}/repositories`;
    for await (const { name, format } of walk(
      path,
      Repositories,
      (page) => page.repositories,
      (it) => it.name,
    )) {
      if (format !== 'DOCKER') continue;
      const repository = name.split('/').at(-1) ?? '';
      for await (const { name: image } of packagesOf(`${path}/${encodeURIComponent(repository)}`)) {
        yield* named(`${inRegistry}/${repository}/${imageOf(image)}`);
      }
    }
  }
}

/** Google's registries say beside the names of tags, in the same list, which manifest has which and when it was uploaded. */
function tagDates(repository: string, { base, requester }: VendorContext, signal: AbortSignal): AsyncIterable<TagDate> {
  const access = { kind: 'repository', name: repository } as const;
  const fetchPage = async (page: string) => {
    const { value, next } = await fetchListPage(new URL(page), access, TagList, requester, signal);
    const items = Object.values(value.manifest ?? {}).flatMap(({ tag, timeUploadedMs }) =>
      (tag ?? []).map((name) => ({ name, pushedAt: timeUploadedMs == null ? null : Number(timeUploadedMs) })),
    );
    return { items, next: next?.href };
  };
  return walkTagDates(base.host, new URL(`/v2/${repository}/tags/list?n=${PAGE_ITEMS}`, base).href, fetchPage);
}

async function gather<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function* named(name: string) {
  if (isRepositoryName(name)) yield { name };
}

/** The last part of a package's resource name is the image's path, percent-encoded. */
function imageOf(resource: string): string {
  try {
    return decodeURIComponent(resource.split('/').at(-1) ?? '');
  } catch {
    return '';
  }
}

function explain({ status, json, place }: ApiRefusal): RegistryFault | undefined {
  const parsed = ApiError.safeParse(json);
  if (!parsed.success || status !== 403) return undefined;
  const isOff = parsed.data.error.details.some(({ reason }) => reason === 'SERVICE_DISABLED');
  return isOff
    ? new RegistryFault(
        'authorization-failed',
        'SERVICE_DISABLED',
        'the Artifact Registry API is off in this project',
        {
          place,
          httpStatus: status,
        },
      )
    : new RegistryFault('authorization-failed', 'PERMISSION_MISSING', 'Google forbids this', {
        place,
        httpStatus: status,
      });
}
