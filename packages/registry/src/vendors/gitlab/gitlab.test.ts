import { afterEach, describe, expect, it } from 'vitest';
import { chooseNewestTags } from '../../newest-tags.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

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
async function startGitLab({ pat = token, published = true, knowsOrder = true } = {}) {
  const lab = await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname === '/api/graphql') {
      if (headers.authorization !== `Bearer ${pat}`)
        return { status: 401, json: { errors: [{ message: 'Invalid token' }] } };
      return answerGraph(request, published, knowsOrder);
    }
    if (url.pathname === '/jwt/auth') {
      if (url.searchParams.get('service') !== 'container_registry') return { status: 400 };
      const isDeployToken = headers.authorization === fakes.basic('gitlab+deploy-1', 'deploy');
      if (!isDeployToken && headers.authorization !== fakes.basic('hullcheck', pat)) return { status: 403, json: {} };
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
  const registry = await fakes.startFake((request) =>
    fakes.answerV2(request, {
      repositories,
      challenge: () => `Bearer realm="${lab.origin}/jwt/auth",service="container_registry"`,
      letsIn: (authorization, { url }) =>
        authorization?.startsWith('Bearer') === true &&
        (url.pathname === '/v2/' || url.pathname.startsWith(`/v2/${authorization.split(':')[1] ?? ''}/`)),
    }),
  );
  return { lab, registry };
}

/** The two queries, as the schema of GitLab has their fields; a value of an enum that it does not know is an error with status 200. */
function answerGraph(
  { method, headers, body }: fakes.FakeRequest,
  published: boolean,
  knowsOrder: boolean,
): fakes.FakeAnswer {
  if (method !== 'POST' || headers['content-type'] !== 'application/json') return { status: 400 };
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, string | null> };
  if (/project\(fullPath: \$p0\)/.test(query)) {
    const of = (path: string | null | undefined) => ({
      containerRepositories: {
        nodes: entries.map((one) => ({ id: `gid://gitlab/ContainerRepository/${one.id}`, path: one.path })),
      },
      fullPath: path,
    });
    const found = ['p0', 'p1', 'p2'].map((name) => [
      name,
      variables[name] === 'acme/shop' ? of(variables[name]) : null,
    ]);
    return { json: { data: Object.fromEntries(found) } };
  }
  if (!/containerRepository\(id: \$id\)/.test(query) || !/sort: PUBLISHED_AT_DESC/.test(query)) return { status: 400 };
  if (!knowsOrder)
    return { json: { errors: [{ message: "Argument 'sort' has an invalid value (PUBLISHED_AT_DESC)." }] } };
  if (variables.id !== 'gid://gitlab/ContainerRepository/1') return { json: { data: { containerRepository: null } } };
  const days = published ? [9, 6, 2] : [2, 9, 6];
  const start = variables.after === null ? 0 : Number(variables.after);
  const nodes = days.slice(start, start + 2).map((day) => ({
    name: `b${day}`,
    publishedAt: published ? `2026-11-0${day}T10:00:00+00:00` : null,
    createdAt: published ? '2020-01-01T00:00:00+00:00' : `2026-11-0${day}T10:00:00+00:00`,
  }));
  const hasNextPage = start + 2 < days.length;
  return {
    json: {
      data: {
        containerRepository: {
          tags: { nodes, pageInfo: { hasNextPage, endCursor: hasNextPage ? `${start + 2}` : null } },
        },
      },
    },
  };
}

describe('GitLab', () => {
  const bearer = { kind: 'bearer', token } as const;

  it('lists groups and projects from the GitLab, without what is being deleted, and pulls from its registry', async () => {
    const { lab, registry } = await startGitLab();
    const client = fakes.clientOf(registry, 'gitlab', {
      credentials: bearer,
      apiOrigin: lab.origin,
      namespaces: ['acme'],
    });
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'acme/shop/api')).toMatch(/^sha256:/);
    for (const entry of ['acme/shop', 'project:9']) {
      const one = fakes.clientOf(registry, 'gitlab', {
        credentials: bearer,
        apiOrigin: lab.origin,
        namespaces: [entry],
      });
      expect(await fakes.namesOf(one)).toEqual(repositories);
    }
  });

  it('pulls with a deploy token, which lists nothing', async () => {
    const { lab, registry } = await startGitLab();
    const credentials = { kind: 'basic', username: 'gitlab+deploy-1', password: 'deploy' } as const;
    const client = fakes.clientOf(registry, 'gitlab', { credentials, apiOrigin: lab.origin, namespaces: ['acme'] });
    expect(await fakes.digestOf(client, 'acme/shop')).toMatch(/^sha256:/);
    expect(await fakes.faultOf(() => fakes.namesOf(client))).toMatchObject({ reason: 'CREDENTIALS_REFUSED' });
  });

  it('says when tags were pushed, or made where its registry has no database', async () => {
    const { lab, registry } = await startGitLab();
    const client = fakes.clientOf(registry, 'gitlab', { credentials: bearer, apiOrigin: lab.origin });
    expect(await fakes.datesOf(client, 'acme/shop/api')).toEqual(['b9 2026-11-09', 'b6 2026-11-06', 'b2 2026-11-02']);
    expect(await fakes.faultOf(() => fakes.datesOf(client, 'acme/none'))).toMatchObject({ code: 'unsupported' });
    const old = await startGitLab({ published: false });
    const other = fakes.clientOf(old.registry, 'gitlab', { credentials: bearer, apiOrigin: old.lab.origin });
    const tags = ['b2', 'b6', 'b9'];
    const chosen = await chooseNewestTags(other, 'acme/shop/api', tags, 2, [], AbortSignal.timeout(10_000));
    expect(chosen).toEqual({ tags: ['b9', 'b6'], by: 'pushed', reason: null });
    const older = await startGitLab({ knowsOrder: false });
    const oldest = fakes.clientOf(older.registry, 'gitlab', { credentials: bearer, apiOrigin: older.lab.origin });
    expect(await chooseNewestTags(oldest, 'acme/shop/api', tags, 2, [], AbortSignal.timeout(10_000))).toEqual({
      tags: ['b9', 'b6'],
      by: 'name',
      reason: expect.stringContaining('does not say'),
    });
  });

  it('sends the token to no address that the registry names and nobody gave', async () => {
    const { lab, registry } = await startGitLab();
    // localhost and 127.0.0.1 are two hosts: nothing says that they belong together.
    const client = fakes.clientOf(registry, 'gitlab', {
      credentials: bearer,
      registry: registry.origin.replace('127.0.0.1', 'localhost'),
    });
    expect(await fakes.faultOf(() => fakes.digestOf(client, 'acme/shop'))).toMatchObject({ reason: 'REALM_REFUSED' });
    expect(lab.seen).toEqual([]);
  });

  it('says what is wrong', async () => {
    const { lab, registry } = await startGitLab();
    const list = (more: object) =>
      fakes.faultOf(() =>
        fakes.namesOf(fakes.clientOf(registry, 'gitlab', { credentials: bearer, apiOrigin: lab.origin, ...more })),
      );
    expect(await list({ namespaces: ['nobody'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['group:acme/shop'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['../acme'] })).toMatchObject({ code: 'invalid-input' });
    expect(await list({ namespaces: [] })).toMatchObject({ code: 'invalid-input' });
    const { apiOrigin: _, ...own } = { apiOrigin: undefined, credentials: bearer, namespaces: ['acme'] };
    expect(await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(registry, 'gitlab', own)))).toMatchObject({
      hint: expect.stringContaining('another host'),
    });
  });
});
