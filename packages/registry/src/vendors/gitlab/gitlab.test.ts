import { afterEach, describe, expect, it } from 'vitest';
import { answerV2, basic, clientOf, closeFakes, digestOf, faultOf, namesOf, startFake } from '../fake.testing.ts';

afterEach(closeFakes);

const token = 'glpat-reader';
const entries = ['acme/shop', 'acme/shop/api', 'acme/shop/web', 'acme/old'].map((path, id) => ({
  id,
  path,
  project_id: 9,
  location: `registry.example/${path}`,
  status: path === 'acme/old' ? 'delete_scheduled' : null,
}));
const repositories = entries.slice(0, 3).map(({ path }) => path);

/**
 * A GitLab (API v4, token server) and its registry on two addresses.
 * What it can't show: roles, job tokens, GitLab.com's limits of requests, the cleaning of tags while it is read.
 */
async function startGitLab({ pat = token } = {}) {
  const lab = await startFake(({ url, headers }) => {
    if (url.pathname === '/jwt/auth') {
      if (url.searchParams.get('service') !== 'container_registry') return { status: 400 };
      const isDeployToken = headers.authorization === basic('gitlab+deploy-1', 'deploy');
      if (!isDeployToken && headers.authorization !== basic('hullcheck', pat)) return { status: 403, json: {} };
      return { json: { token: url.searchParams.getAll('scope').join() } };
    }
    if (headers['private-token'] !== pat) return { status: 401, json: { message: '401 Unauthorized' } };
    const known = ['/api/v4/groups/acme', '/api/v4/projects/acme%2Fshop', '/api/v4/projects/9'];
    const base = /^(.*)\/registry\/repositories$/.exec(url.pathname)?.[1] ?? '';
    if (!known.includes(base)) return { status: 404, json: { message: '404 Group Not Found' } };
    const perPage = Math.min(Number(url.searchParams.get('per_page') ?? '20'), 2);
    const page = Number(url.searchParams.get('page') ?? '1');
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    const isMore = page * perPage < entries.length;
    return {
      json: entries.slice((page - 1) * perPage, page * perPage),
      headers: {
        'x-next-page': isMore ? String(page + 1) : '',
        ...(isMore ? { link: `<${next.href}>; rel="next"` } : {}),
      },
    };
  });
  const registry = await startFake((request) =>
    answerV2(request, {
      repositories,
      challenge: () => `Bearer realm="${lab.origin}/jwt/auth",service="container_registry"`,
      letsIn: (authorization, { url }) =>
        authorization?.startsWith('Bearer') === true &&
        (url.pathname === '/v2/' || url.pathname.startsWith(`/v2/${authorization.split(':')[1] ?? ''}/`)),
    }),
  );
  return { lab, registry };
}

describe('GitLab', () => {
  const bearer = { kind: 'bearer', token } as const;

  it('lists groups and projects from the GitLab, without what is being deleted, and pulls from its registry', async () => {
    const { lab, registry } = await startGitLab();
    const client = clientOf(registry, 'gitlab', { credentials: bearer, apiOrigin: lab.origin, namespaces: ['acme'] });
    expect(await namesOf(client)).toEqual(repositories);
    expect(await digestOf(client, 'acme/shop/api')).toMatch(/^sha256:/);
    for (const entry of ['acme/shop', 'project:9']) {
      const one = clientOf(registry, 'gitlab', { credentials: bearer, apiOrigin: lab.origin, namespaces: [entry] });
      expect(await namesOf(one)).toEqual(repositories);
    }
  });

  it('pulls with a deploy token, which lists nothing', async () => {
    const { lab, registry } = await startGitLab();
    const credentials = { kind: 'basic', username: 'gitlab+deploy-1', password: 'deploy' } as const;
    const client = clientOf(registry, 'gitlab', { credentials, apiOrigin: lab.origin, namespaces: ['acme'] });
    expect(await digestOf(client, 'acme/shop')).toMatch(/^sha256:/);
    expect(await faultOf(() => namesOf(client))).toMatchObject({ reason: 'CREDENTIALS_REFUSED' });
  });

  it('sends the token to no address that the registry names and nobody gave', async () => {
    const { lab, registry } = await startGitLab();
    // localhost and 127.0.0.1 are two hosts: nothing says that they belong together.
    const client = clientOf(registry, 'gitlab', {
      credentials: bearer,
      registry: registry.origin.replace('127.0.0.1', 'localhost'),
    });
    expect(await faultOf(() => digestOf(client, 'acme/shop'))).toMatchObject({ reason: 'REALM_REFUSED' });
    expect(lab.seen).toEqual([]);
  });

  it('says what is wrong', async () => {
    const { lab, registry } = await startGitLab();
    const list = (more: object) =>
      faultOf(() => namesOf(clientOf(registry, 'gitlab', { credentials: bearer, apiOrigin: lab.origin, ...more })));
    expect(await list({ namespaces: ['nobody'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['group:acme/shop'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['../acme'] })).toMatchObject({ code: 'invalid-input' });
    expect(await list({ namespaces: [] })).toMatchObject({ code: 'invalid-input' });
    const { apiOrigin: _, ...own } = { apiOrigin: undefined, credentials: bearer, namespaces: ['acme'] };
    expect(await faultOf(() => namesOf(clientOf(registry, 'gitlab', own)))).toMatchObject({
      hint: expect.stringContaining('another host'),
    });
  });
});
