import { afterEach, describe, expect, it } from 'vitest';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const packages: { readonly [path: string]: readonly string[] } = {
  '/orgs/Acme/packages': ['api', 'nested/web', 'worker'],
  '/users/dev/packages': ['tool'],
  '/user/packages': ['mine'],
};
const repositories = ['acme/api', 'acme/nested/web', 'acme/worker', 'dev/tool', 'me/mine'];
const token = 'ghp_classic';

/**
 * GitHub's packages API with its headers, pages and both of its limits, the token server and the registry.
 * What it can't show: which packages a token sees, single sign-on, the real budget of requests.
 */
async function startGitHub({ refuse }: { readonly refuse?: object } = {}) {
  const server = await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname === '/token') {
      const [, password] = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64')
        .toString()
        .split(':');
      if (password !== token || url.searchParams.get('service') !== 'ghcr.io') return { status: 403, json: {} };
      return { json: { token: url.searchParams.getAll('scope').join() } };
    }
    const v2 = fakes.answerV2(request, {
      repositories,
      challenge: () => `Bearer realm="${server.origin}/token",service="ghcr.io",scope="repository:user/image:pull"`,
      letsIn: (authorization, asked) =>
        asked.url.pathname === '/v2/'
          ? authorization?.startsWith('Bearer') === true
          : authorization ===
            `Bearer repository:${/^\/v2\/(.+)\/(?:tags|manifests)\//.exec(asked.url.pathname)?.[1] ?? ''}:pull`,
    });
    if (v2 !== undefined) return v2;
    if (refuse !== undefined) return refuse;
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, json: { message: 'Bad credentials' } };
    if (headers['user-agent'] === undefined || headers['x-github-api-version'] !== '2022-11-28')
      return { status: 403, json: {} };
    const isOfPackages = url.pathname.endsWith('/packages');
    if (headers.accept !== 'application/vnd.github+json') return { status: 415, json: {} };
    if (isOfPackages && url.searchParams.get('package_type') !== 'container') {
      return { status: 422, json: {} };
    }
    const versions = /^(\/(?:orgs|users)\/[^/]+)\/packages\/container\/([^/]+)\/versions$/.exec(url.pathname);
    if (versions !== null) return answerVersions(url, versions[1] ?? '', versions[2] ?? '');
    const all = packages[url.pathname];
    if (all === undefined) return { status: 404, json: { message: 'Not Found' } };
    const page = Number(url.searchParams.get('page') ?? '1');
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    const owner = { login: url.pathname === '/user/packages' ? 'Me' : (url.pathname.split('/')[2] ?? '') };
    return {
      json: all.slice(page * 2 - 2, page * 2).map((name) => ({ id: 1, name, package_type: 'container', owner })),
      headers: page * 2 < all.length ? { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` } : {},
    };
  });
  return server;
}

/** Newest first, most of them without a tag, as indexes have versions for their platforms. */
function answerVersions(url: URL, owner: string, name: string) {
  const known = Object.entries(packages).find(([path]) => path.toLowerCase() === `${owner}/packages`);
  if (known === undefined || !known[1].includes(decodeURIComponent(name))) return { status: 404, json: {} };
  const all = [
    { day: 9, tags: ['main', 'sha-9'] },
    { day: 9, tags: [] },
    { day: 3, tags: [] },
    { day: 3, tags: ['sha-3'] },
  ];
  const page = Number(url.searchParams.get('page') ?? '1');
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  return {
    json: all.slice(page * 2 - 2, page * 2).map(({ day, tags }, id) => ({
      id,
      name: `sha256:${String(day).repeat(64)}`,
      created_at: `2026-11-0${day}T10:00:00Z`,
      // GitHub touches it also when a newer version takes a tag away.
      updated_at: '2026-11-20T10:00:00Z',
      metadata: { package_type: 'container', container: { tags } },
    })),
    headers: page === 1 ? { link: `<${next.href}>; rel="next"` } : {},
  };
}

describe('GitHub Container Registry', () => {
  const optionsOf = (origin: string, more: object = {}) => ({
    apiOrigin: origin,
    credentials: { kind: 'basic', username: 'dev', password: token } as const,
    namespaces: ['Acme', 'dev'],
    clock: fakes.offsetClock(),
    ...more,
  });

  it('lists organisations and users, and pulls with the same token', async () => {
    const server = await startGitHub();
    const client = fakes.clientOf(server, 'ghcr', optionsOf(server.origin));
    expect(await fakes.namesOf(client)).toEqual(repositories.slice(0, 4));
    expect(await fakes.digestOf(client, 'acme/nested/web')).toMatch(/^sha256:/);
  });

  it('says when tags were pushed, of organisations and users', async () => {
    const server = await startGitHub();
    const client = fakes.clientOf(server, 'ghcr', optionsOf(server.origin));
    const days = ['main 2026-11-09', 'sha-9 2026-11-09', 'sha-3 2026-11-03'];
    expect(await fakes.datesOf(client, 'acme/nested/web')).toEqual(days);
    expect(await fakes.datesOf(client, 'dev/tool')).toEqual(days);
    const nobody = fakes.clientOf(server, 'ghcr', optionsOf(server.origin, { credentials: null }));
    expect(await fakes.faultOf(() => fakes.datesOf(nobody, 'dev/tool'))).toMatchObject({ code: 'unsupported' });
  });

  it('lists what is its own with a token alone', async () => {
    const server = await startGitHub();
    const credentials = { kind: 'bearer', token } as const;
    const client = fakes.clientOf(server, 'ghcr', optionsOf(server.origin, { credentials, namespaces: [] }));
    expect(await fakes.namesOf(client)).toEqual(['me/mine']);
    expect(await fakes.digestOf(client, 'me/mine')).toMatch(/^sha256:/);
    expect(server.seen.find(({ path }) => path.startsWith('/token'))?.headers.authorization).toBe(
      fakes.basic('hullcheck', token),
    );
  });

  it.each([
    [
      'the hour is spent',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 600) },
      },
      { code: 'rate-limited' },
    ],
    ['it is asked too fast', { status: 403, headers: { 'retry-after': '300' } }, { code: 'rate-limited' }],
    [
      'a scope is missing',
      { status: 403, headers: { 'x-oauth-scopes': 'repo, gist', 'x-ratelimit-remaining': '4000' } },
      { reason: 'PERMISSION_MISSING' },
    ],
    ['the token is wrong', { status: 401 }, { reason: 'CREDENTIALS_REFUSED' }],
    ['the owner is unknown', { status: 404 }, { code: 'not-found' }],
  ])('says that %s', async (_, refuse, expected) => {
    const server = await startGitHub({ refuse });
    expect(
      await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'ghcr', optionsOf(server.origin)))),
    ).toMatchObject(expected);
  });

  it('waits until the hour that GitHub names', async () => {
    const reset = Math.floor(Date.now() / 1000) + 600;
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    const server = await startGitHub({ refuse: { status: 403, headers } });
    const fault = await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'ghcr', optionsOf(server.origin))));
    const { retryAtMs } = fault as { readonly retryAtMs: number };
    expect(Math.abs(retryAtMs - reset * 1000)).toBeLessThan(2_000);
  });

  it('says of a fine-grained token that the API takes none', async () => {
    const server = await startGitHub();
    const credentials = { kind: 'bearer', token: 'github_pat_11AAA' } as const;
    const fault = await fakes.faultOf(() =>
      fakes.namesOf(fakes.clientOf(server, 'ghcr', optionsOf(server.origin, { credentials }))),
    );
    expect(fault).toMatchObject({ hint: expect.stringContaining('classic') });
    expect(server.seen.filter(({ path }) => path.includes('packages'))).toEqual([]);
  });
});
