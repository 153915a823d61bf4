import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { azureToken, startFakeMachine } from '../../machine/fake-machine.testing.ts';
import { createMachineIdentity } from '../../machine/identity.ts';
import { probeConnection } from '../../probe.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const repositories = ['base/node', 'shop/api', 'shop/web'];
const application = {
  kind: 'entra',
  tenant: 'contoso.example',
  clientId: 'app-id',
  clientSecret: 'app secret&=',
} as const;

/**
 * The registry's token server with both of its forms, `/oauth2/exchange`, and Entra's token endpoint, on one origin.
 * What it can't show: conditional access, managed identities, the registry's firewall, roles beyond "may list or not".
 */
async function startAzure({ mayList = true, maySeeMetadata = true, scheme = 'http' } = {}) {
  const server = await fakes.startFake((request) => {
    const { url, body, headers } = request;
    const service = url.host;
    const grant = (scopes: readonly string[]) => ({ access_token: `access ${scopes.join(' ')}`.replaceAll(' ', '~') });
    if (url.pathname === '/contoso.example/oauth2/v2.0/token') return answerEntra(request);
    if (url.pathname === '/oauth2/exchange') {
      const form = new URLSearchParams(body);
      const isRight =
        form.get('grant_type') === 'access_token' &&
        form.get('service') === service &&
        form.get('tenant') === application.tenant &&
        ['entra.token', azureToken].includes(form.get('access_token') ?? '');
      return isRight
        ? { json: { refresh_token: 'refresh.token' } }
        : { status: 401, json: { errors: [{ code: 'UNAUTHORIZED' }] } };
    }
    if (url.pathname === '/oauth2/token' && request.method === 'POST') {
      const form = new URLSearchParams(body);
      const isRight =
        form.get('grant_type') === 'refresh_token' &&
        form.get('service') === service &&
        form.get('refresh_token') === 'refresh.token';
      return isRight ? { json: grant((form.get('scope') ?? '').split(' ')) } : { status: 401 };
    }
    if (url.pathname === '/oauth2/token') {
      const isRight =
        headers.authorization === fakes.basic('app-id', 'app secret&=') && url.searchParams.get('service') === service;
      return isRight ? { json: grant(url.searchParams.getAll('scope')) } : { status: 401 };
    }
    const scopeOf = ({ url: asked }: fakes.FakeRequest) => {
      const name = /^\/v2\/(.+)\/(?:tags|manifests)\//.exec(asked.pathname)?.[1];
      if (name !== undefined) return `repository:${name}:pull`;
      const own = /^\/acr\/v1\/(.+)\/_tags$/.exec(asked.pathname)?.[1];
      if (own !== undefined) return `repository:${own}:metadata_read`;
      return asked.pathname === '/v2/_catalog' ? 'registry:catalog:*' : '';
    };
    const challenge = (asked: fakes.FakeRequest) => {
      const refused = asked.headers.authorization === undefined ? '' : ',error="insufficient_scope"';
      return `Bearer realm="${scheme}://${service}/oauth2/token",service="${service}",scope="${scopeOf(asked)}"${refused}`;
    };
    if (url.pathname.startsWith('/acr/v1/')) {
      const isIn = headers.authorization === `Bearer access~${scopeOf(request)}` && maySeeMetadata;
      return isIn ? answerTags(url) : { status: 401, headers: { 'www-authenticate': challenge(request) }, json: {} };
    }
    return fakes.answerV2(request, {
      repositories,
      hasCatalog: true,
      challenge,
      letsIn: (authorization, asked) =>
        authorization === `Bearer access~${scopeOf(asked)}` && (mayList || asked.url.pathname !== '/v2/_catalog'),
    });
  });
  return server;
}

/** `timedesc` is the newest first; without it tags come by name. The link names the next page by the last tag. */
function answerTags(url: URL) {
  const name = /^\/acr\/v1\/(.+)\/_tags$/.exec(url.pathname)?.[1] ?? '';
  if (!repositories.includes(name)) return { status: 404, json: { errors: [{ code: 'NAME_UNKNOWN' }] } };
  if (url.searchParams.get('orderby') !== 'timedesc') return { status: 400, json: {} };
  const all = [9, 7, 2].map((day) => ({ name: `b${day}`, lastUpdateTime: `2026-11-0${day}T10:00:00.1234567Z` }));
  const start = all.findIndex((tag) => tag.name === url.searchParams.get('last')) + 1;
  const tags = all.slice(start, start + 2);
  return {
    json: { registry: url.host, imageName: name, tags: tags.map((tag) => ({ ...tag, digest: '', signed: false })) },
    headers:
      start + 2 < all.length
        ? { link: `</acr/v1/${name}/_tags?last=${tags.at(-1)?.name ?? ''}&n=2&orderby=timedesc>; rel="next"` }
        : {},
  };
}

function answerEntra({ method, body }: fakes.FakeRequest) {
  const form = new URLSearchParams(body);
  const refuse = (code: number) => ({
    status: code === 7000215 ? 401 : 400,
    json: { error: 'invalid_client', error_description: `AADSTS${code}: …`, error_codes: [code] },
  });
  if (method !== 'POST' || form.get('grant_type') !== 'client_credentials') return refuse(900144);
  if (form.get('scope') !== 'https://containerregistry.azure.net/.default') return refuse(70011);
  if (form.get('client_id') !== application.clientId) return refuse(700016);
  if (form.has('client_assertion')) {
    const isRight =
      form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
      form.get('client_assertion') === 'pod.assertion';
    return isRight ? { json: { token_type: 'Bearer', expires_in: 3599, access_token: 'entra.token' } } : refuse(700211);
  }
  if (form.get('client_secret') !== application.clientSecret) return refuse(7000215);
  return { json: { token_type: 'Bearer', expires_in: 3599, access_token: 'entra.token' } };
}

describe('Azure Container Registry', () => {
  it.each([
    ['a service principal by password', { kind: 'basic', username: 'app-id', password: 'app secret&=' }],
    ['an application of Entra', application],
    ['a refresh token of the registry', { kind: 'identity-token', token: 'refresh.token' }],
  ] as const)('lists and pulls as %s', async (_, credentials) => {
    const server = await startAzure();
    const client = fakes.clientOf(server, 'acr', { credentials, exchangeOrigin: server.origin });
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'shop/api')).toMatch(/^sha256:/);
  });

  it.each([
    [{ clientSecret: 'old' }, 'AADSTS7000215', 'its value'],
    [{ clientId: 'other' }, 'AADSTS700016', 'client id'],
  ])('says what Entra refuses in %j', async (change, code, hint) => {
    const server = await startAzure();
    const credentials = { ...application, ...change };
    const client = fakes.clientOf(server, 'acr', { credentials, exchangeOrigin: server.origin });
    const fault = await fakes.faultOf(() => fakes.namesOf(client));
    expect(fault).toMatchObject({ reason: 'CREDENTIALS_REFUSED', hint: expect.stringContaining(hint) });
    expect(String(fault)).toContain(code);
    expect(JSON.stringify(fault)).not.toContain('app secret');
  });

  it('says when tags were pushed, by a token for that alone', async () => {
    const server = await startAzure();
    const client = fakes.clientOf(server, 'acr', { credentials: application, exchangeOrigin: server.origin });
    expect(await fakes.datesOf(client, 'shop/api')).toEqual(['b9 2026-11-09', 'b7 2026-11-07', 'b2 2026-11-02']);
    const blind = await startAzure({ maySeeMetadata: false });
    const other = fakes.clientOf(blind, 'acr', { credentials: application, exchangeOrigin: blind.origin });
    expect(await fakes.faultOf(() => fakes.datesOf(other, 'shop/api'))).toMatchObject({
      reason: 'NO_ACCESS_TO_REPOSITORY',
    });
    expect(await fakes.digestOf(other, 'shop/api')).toMatch(/^sha256:/);
  });

  it('names the role that is missing where it may pull and not list', async () => {
    const server = await startAzure({ mayList: false });
    const client = fakes.clientOf(server, 'acr', { credentials: application, exchangeOrigin: server.origin });
    const report = await probeConnection(client, { repositories: ['shop/api'] }, AbortSignal.timeout(10_000));
    expect(report).toMatchObject({ partial: 'pull_only', detail: expect.stringContaining('Catalog Lister') });
  });

  describe('by the identity of the console’s machine', () => {
    const registry = 'contoso.azurecr.io';
    const machineOf = async (environment: Record<string, string> = {}) => {
      const azure = await startAzure({ scheme: 'https' });
      const origins = { [`https://${registry}`]: azure.origin, 'https://login.microsoftonline.com': azure.origin };
      const { transport, seen } = await startFakeMachine({ cloud: 'azure', origins });
      const machine = createMachineIdentity({ clouds: ['azure'], environment, transport });
      return { azure, seen, options: { registry, machine, transport, credentials: { kind: 'machine' } as const } };
    };

    it('lists and pulls as the managed identity', async () => {
      const { azure, options } = await machineOf();
      const client = fakes.clientOf(azure, 'acr', options);
      expect(await fakes.namesOf(client)).toEqual(repositories);
      expect(await fakes.digestOf(client, 'shop/api')).toMatch(/^sha256:/);
      const other = { ...options, credentials: { kind: 'machine', clientId: 'another' } as const };
      expect(await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(azure, 'acr', other)))).toMatchObject({
        reason: 'MACHINE_IDENTITY',
      });
    });

    it('lists and pulls as the workload identity of the pod', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hc-acr-'));
      const file = join(folder, 'token');
      writeFileSync(file, 'pod.assertion');
      const { azure, seen, options } = await machineOf({
        AZURE_FEDERATED_TOKEN_FILE: file,
        AZURE_TENANT_ID: application.tenant,
        AZURE_CLIENT_ID: application.clientId,
      });
      expect(await fakes.namesOf(fakes.clientOf(azure, 'acr', options))).toEqual(repositories);
      expect(seen).toEqual([]);
      rmSync(folder, { recursive: true });
    });

    it.each([
      { registry: 'https://contoso.azurecr.io.evil.example' },
      { registry: 'https://contoso.azurecr.io:8443' },
      { registry: 'http://contoso.azurecr.io', allowPlainHttp: true },
      { apiOrigin: 'https://evil.example' },
      { machine: undefined },
    ])('shows it to nobody else: %j', async (change) => {
      const { azure, seen, options } = await machineOf();
      const { machine, ...rest } = { ...options, ...change };
      const client = fakes.clientOf(azure, 'acr', machine === undefined ? rest : { ...rest, machine });
      expect(await fakes.faultOf(() => client.ping(AbortSignal.timeout(5_000)))).toBeDefined();
      expect(seen).toEqual([]);
    });
  });
});
