import { afterEach, describe, expect, it } from 'vitest';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const repositories = ['acme/api', 'acme/web', 'acme/worker', 'other/tool'];

/**
 * Quay's API v1 with its page tokens, the token server and the registry. Only an OAuth token opens the API, only a robot the catalogue.
 * What it can't show: teams and their permissions, Quay's own limits of requests, mirrored repositories.
 */
async function startQuay() {
  const server = await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname === '/api/v1/repository') {
      const isOpen = headers.authorization === 'Bearer oauth-token';
      if (!isOpen && headers.authorization !== undefined) return { status: 401, json: { error: 'invalid_token' } };
      if (!isOpen && url.searchParams.get('public') !== 'true') return { status: 401, json: {} };
      const namespace = url.searchParams.get('namespace');
      if (namespace === 'nobody') return { status: 404, json: { error_type: 'not_found' } };
      const all = repositories
        .map((name) => name.split('/'))
        .filter(([owner]) => owner === namespace)
        .map(([owner, name]) => ({ namespace: owner, name, kind: 'image', description: null, is_public: true }));
      const entries = [...all, { namespace, name: 'charts', kind: 'application', description: '', is_public: true }];
      const start = Number(url.searchParams.get('next_page')?.replace('token-', '') ?? '0');
      const next = start + 2 < entries.length ? { next_page: `token-${start + 2}` } : {};
      return { json: { repositories: entries.slice(start, start + 2), ...next } };
    }
    const tagsOf = /^\/api\/v1\/repository\/(.+)\/tag\/$/.exec(url.pathname)?.[1];
    if (tagsOf !== undefined) {
      if (headers.authorization !== 'Bearer oauth-token' && tagsOf !== 'other/tool') return { status: 401, json: {} };
      if (!repositories.includes(tagsOf)) return { status: 404, json: { error_type: 'not_found' } };
      if (url.searchParams.get('onlyActiveTags') !== 'true' || url.searchParams.get('limit') !== '100')
        return { status: 400 };
      const page = Number(url.searchParams.get('page'));
      const all = [9, 8, 7].map((day) => ({
        name: `r${day}`,
        ...(day === 8 ? {} : { start_ts: Date.UTC(2026, 10, day, 10) / 1000 }),
        last_modified: `Sun, 0${day} Nov 2026 10:00:00 -0000`,
        reversion: false,
      }));
      return { json: { tags: all.slice(page * 2 - 2, page * 2), page, has_additional: page === 1 } };
    }
    if (url.pathname === '/v2/auth') {
      const isRobot = headers.authorization === fakes.basic('acme+reader', 'robot-token');
      const isOauth = headers.authorization === fakes.basic('$oauthtoken', 'oauth-token');
      if (!isRobot && !isOauth) return { status: 401, json: { errors: [{ code: 'UNAUTHORIZED' }] } };
      const [scope] = url.searchParams.getAll('scope');
      return { json: { token: `${isRobot ? 'robot' : 'oauth'}~${scope ?? ''}` } };
    }
    return fakes.answerV2(request, {
      repositories,
      hasCatalog: true,
      challenge: ({ url: asked }) => `Bearer realm="${server.origin}/v2/auth",service="${asked.host}"`,
      letsIn: (authorization, asked) =>
        authorization?.startsWith('Bearer robot~') === true ||
        (authorization?.startsWith('Bearer oauth~') === true && asked.url.pathname !== '/v2/_catalog'),
    });
  });
  return server;
}

describe('Quay', () => {
  const bearer = { kind: 'bearer', token: 'oauth-token' } as const;

  it('lists an organisation with the token of an OAuth application, images only, and pulls with it', async () => {
    const client = fakes.clientOf(await startQuay(), 'quay', { credentials: bearer, namespaces: ['acme'] });
    expect(await fakes.namesOf(client)).toEqual(['acme/api', 'acme/web', 'acme/worker']);
    expect(await fakes.digestOf(client, 'acme/web')).toMatch(/^sha256:/);
  });

  it('lists the catalogue as a robot, which may not use the API', async () => {
    const credentials = { kind: 'basic', username: 'acme+reader', password: 'robot-token' } as const;
    const server = await startQuay();
    expect(await fakes.namesOf(fakes.clientOf(server, 'quay', { credentials, namespaces: ['acme'] }))).toEqual(
      repositories.slice(0, 3),
    );
    expect(await fakes.namesOf(fakes.clientOf(server, 'quay', { credentials }))).toEqual(repositories);
    expect(server.seen.some(({ path }) => path.startsWith('/api/'))).toBe(false);
  });

  it('lists what is public without credentials', async () => {
    expect(await fakes.namesOf(fakes.clientOf(await startQuay(), 'quay', { namespaces: ['other'] }))).toEqual([
      'other/tool',
    ]);
  });

  it('says when tags were pushed, but not to a robot', async () => {
    const server = await startQuay();
    const days = ['r9 2026-11-09', 'r8 2026-11-08', 'r7 2026-11-07'];
    expect(await fakes.datesOf(fakes.clientOf(server, 'quay', { credentials: bearer }), 'acme/web')).toEqual(days);
    expect(await fakes.datesOf(fakes.clientOf(server, 'quay'), 'other/tool')).toEqual(days);
    const robot = { kind: 'basic', username: 'acme+reader', password: 'robot-token' } as const;
    const asked = server.seen.length;
    const refused = await fakes.faultOf(() =>
      fakes.datesOf(fakes.clientOf(server, 'quay', { credentials: robot }), 'acme/web'),
    );
    expect(refused).toMatchObject({ code: 'unsupported', message: expect.stringContaining('robot') });
    expect(server.seen).toHaveLength(asked);
  });

  it('says what is wrong', async () => {
    const server = await startQuay();
    const list = (options: object) => fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'quay', options)));
    expect(await list({ credentials: bearer, namespaces: ['nobody'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ credentials: { ...bearer, token: 'old' }, namespaces: ['acme'] })).toMatchObject({
      code: 'authorization-failed',
    });
    expect(await list({ credentials: bearer })).toMatchObject({ code: 'invalid-input' });
    expect(await list({ credentials: bearer, namespaces: ['a/../b'] })).toMatchObject({ code: 'invalid-input' });
  });
});
