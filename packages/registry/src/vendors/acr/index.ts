import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson } from '../../body.ts';
import type { MachineCredentials } from '../../credentials.ts';
import { RegistryFault } from '../../fault.ts';
import { tokenBytesMax } from '../../limits.ts';
import { fetchListPage, listCatalog } from '../../listing.ts';
import { registryResource } from '../../machine/azure.ts';
import { machineFor } from '../../machine/identity.ts';
import { presentAsIs } from '../present.ts';
import { walkTagDates } from '../tag-dates.ts';
import type { Presented, RegistryVendor, TagDate, VendorContext } from '../vendor.ts';
import { type ApiRefusal, fetchApiJson } from '../vendor-api.ts';

const HeaderText = z
  .string()
  .min(1)
  .max(64 * 1024)
  .regex(/^[\x21-\x7e]+$/);
const EntraAnswer = z.object({ access_token: HeaderText });
const ExchangeAnswer = z.object({ refresh_token: HeaderText });
const Claims = z.object({ tid: z.string().regex(/^[0-9a-zA-Z][0-9a-zA-Z.-]{0,252}$/) });
const EntraError = z.object({ error_codes: z.array(z.number().int().positive()).min(1) });

const TagPage = z.object({
  tags: z.array(z.object({ name: z.string(), lastUpdateTime: z.string().nullish().catch(null) })).nullish(),
});

const TENANT = /^[0-9a-zA-Z][0-9a-zA-Z.-]{0,252}$/;
const SCOPE = `${registryResource}/.default`;
const OWN_HOST = /^[a-z0-9][a-z0-9-]{0,62}\.azurecr\.(?:io|cn|us)$/;
/** A refresh token of a registry lives three hours; it is traded anew well before. */
const REFRESH_LIFE_MS = 2 * 3600_000;

/** What Entra says by number, for what happens to users. */
const ENTRA_HINTS: { readonly [code: number]: string } = {
  90002: 'There is no such directory: check the tenant id.',
  700016: 'The directory has no such application: check the client id.',
  7000215: 'The secret is wrong: enter its value, not its id.',
  7000222: 'The secret of the application has run out: make a new one.',
};

/**
 * Azure Container Registry. Service principals, tokens with a scope map and the admin user work by password; an application
 * of Entra ID can also be traded for a refresh token of the registry
 * (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
 */
export const acr: RegistryVendor = {
  id: 'acr',
  displayName: 'Azure Container Registry',
  accepts: ['basic', 'entra', 'machine', 'identity-token'],
  async present(credentials, context, signal) {
    if (credentials.kind === 'machine') return await exchangeMachine(credentials, context, signal);
    if (credentials.kind !== 'entra') return await presentAsIs(credentials);
    const { tenant, clientId, clientSecret } = credentials;
    const proof = { client_id: clientId, client_secret: clientSecret };
    return await exchange(await askEntra(tenant, proof, context, signal), tenant, context, signal);
  },
  async *listRepositories({ base, requester }, signal) {
    for await (const name of listCatalog(base, requester, signal)) yield { name };
  },
  listTagDates: (repository, context, signal) => tagDates(repository, context, signal),
  advice: {
    NO_ACCESS_TO_CATALOG:
      'In a registry with ABAC permissions listing needs the role Container Registry Repository Catalog Lister, and a token with a scope map can never list: name the repositories.',
    NO_ACCESS_TO_REPOSITORY:
      'AcrPull is enough for reading; a registry with ABAC permissions needs Container Registry Repository Reader instead.',
    CREDENTIALS_REFUSED:
      'Enter the application id and the value of its secret, the name and password of a token, or the admin user, which must be switched on.',
    FORBIDDEN: "The registry's firewall may not know this console's address.",
    NETWORK: 'Check the name of the registry: each has its own address.',
  },
};

/** A token of Entra for registries, by the secret of an application or what a cluster says of its pod. */
async function askEntra(
  tenant: string,
  proof: Readonly<Record<string, string>>,
  context: VendorContext,
  signal: AbortSignal,
): Promise<string> {
  if (!TENANT.test(tenant)) throw new Fault('invalid-input', 'not the id of a directory', { place: 'tenant' });
  const login = context.exchangeBase ?? loginOf(context.base.hostname);
  const form = { grant_type: 'client_credentials', ...proof, scope: SCOPE };
  const url = new URL(`${tenant}/oauth2/v2.0/token`, login);
  return (await postForm(url, form, EntraAnswer, context, signal)).access_token;
}

async function exchangeMachine(
  { clientId }: MachineCredentials,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Presented> {
  const identity = await machineFor('azure', OWN_HOST, context).azure(clientId ?? null, signal);
  if (identity.kind === 'token') return await exchange(identity.token, directoryOf(identity.token), context, signal);
  const { tenant, assertion } = identity;
  const proof = {
    client_id: identity.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
  return await exchange(await askEntra(tenant, proof, context, signal), tenant, context, signal);
}

/** The directory that a token of a managed identity is of, as the registry wants to be told. The token is judged by the registry alone. */
function directoryOf(token: string): string | undefined {
  const parsed = Claims.safeParse(parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url')));
  return parsed.success ? parsed.data.tid : undefined;
}

/** Entra's token for a refresh token of the registry. */
async function exchange(
  accessToken: string,
  tenant: string | undefined,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Presented> {
  const form = {
    grant_type: 'access_token',
    service: context.base.host,
    ...(tenant === undefined ? {} : { tenant }),
    access_token: accessToken,
  };
  const answer = await postForm(new URL('/oauth2/exchange', context.base), form, ExchangeAnswer, context, signal);
  return {
    credentials: { kind: 'identity-token', token: answer.refresh_token },
    expiresAtMs: context.clock.now() + REFRESH_LIFE_MS,
  };
}

function loginOf(registry: string): URL {
  if (registry.endsWith('.azurecr.cn')) return new URL('https://login.partner.microsoftonline.cn/');
  if (registry.endsWith('.azurecr.us')) return new URL('https://login.microsoftonline.us/');
  return new URL('https://login.microsoftonline.com/');
}

async function postForm<T>(
  url: URL,
  form: Record<string, string>,
  schema: z.ZodType<T>,
  context: VendorContext,
  signal: AbortSignal,
): Promise<T> {
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    what: url.pathname.split('/').at(-1) ?? 'token',
    bytesMax: tokenBytesMax,
    explain,
  } as const;
  return (await fetchApiJson(request, schema, context, signal)).value;
}

function explain({ status, json, place }: ApiRefusal): RegistryFault | undefined {
  if (status !== 400 && status !== 401) return undefined;
  const parsed = EntraError.safeParse(json);
  const code = parsed.success ? parsed.data.error_codes[0] : undefined;
  const hint = code === undefined ? undefined : ENTRA_HINTS[code];
  return new RegistryFault(
    'authorization-failed',
    'CREDENTIALS_REFUSED',
    `Azure refused the application (${code === undefined ? `HTTP ${status}` : `AADSTS${code}`})`,
    { place, httpStatus: status, ...(hint === undefined ? {} : { hint }) },
  );
}

/** The registry's own API beside `/v2/`, with its token for `metadata_read`; it orders by when a tag was put where it is. */
function tagDates(repository: string, { base, requester }: VendorContext, signal: AbortSignal): AsyncIterable<TagDate> {
  const access = { kind: 'repository', name: repository, actions: 'metadata_read' } as const;
  const fetchPage = async (page: string) => {
    const { value, next } = await fetchListPage(new URL(page), access, TagPage, requester, signal);
    const items = (value.tags ?? []).map(({ name, lastUpdateTime }) => ({
      name,
      pushedAt: lastUpdateTime,
      isOrdered: true,
    }));
    return { items, next: next?.href };
  };
  return walkTagDates(base.host, new URL(`/acr/v1/${repository}/_tags?n=100&orderby=timedesc`, base).href, fetchPage);
}
