import { afterEach, describe, expect, it } from 'vitest';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const repositories = ['library/base/node', 'library/nginx', 'shop/api', 'shop/web'];
const robot = { kind: 'basic', username: 'robot$reader', password: 'robot-secret' } as const;

/**
 * Harbor's API 2.0, its token server, and a registry that asks for Bearer everywhere but for Basic at the catalogue.
 * What it can't show: projects that a robot does not see, quotas, proxied projects, OIDC.
 */
async function startHarbor() {
  const right = fakes.basic(robot.username, robot.password);
  const server = await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname.startsWith('/api/v2.0/')) {
      if (headers.authorization !== right) return { status: 401, json: { errors: [{ code: 'UNAUTHORIZED' }] } };
      const artifacts = /^\/api\/v2\.0\/projects\/([^/]+)\/repositories\/([^/]+)\/artifacts$/.exec(url.pathname);
      if (artifacts !== null) return answerArtifacts(url, artifacts[1] ?? '', artifacts[2] ?? '');
      const project = /^\/api\/v2\.0\/projects\/([^/]+)\/repositories$/.exec(url.pathname)?.[1];
      if (project === undefined && url.pathname !== '/api/v2.0/repositories') return undefined;
      if (project === 'hidden') return { status: 403, json: { errors: [{ code: 'FORBIDDEN' }] } };
      const all = repositories.filter((name) => project === undefined || name.startsWith(`${project}/`));
      if (all.length === 0) return { status: 404, json: { errors: [{ code: 'NOT_FOUND' }] } };
      const size = Number(url.searchParams.get('page_size'));
      if (!(size >= 1 && size <= 100)) return { status: 422, json: {} };
      const page = Number(url.searchParams.get('page'));
      const shown = all.slice(page * 2 - 2, page * 2);
      return {
        json: shown.map((name, id) => ({ id, name, artifact_count: 1, pull_count: 0 })),
        headers: {
          'x-total-count': String(all.length),
          ...(page * 2 < all.length
            ? { link: `<${url.pathname}?page=${page + 1}&page_size=${size}>; rel="next"` }
            : {}),
        },
      };
    }
    if (url.pathname === '/service/token') {
      if (headers.authorization !== right) return { status: 401, json: { errors: [{ code: 'UNAUTHORIZED' }] } };
      return { json: { token: 'jwt', access_token: 'jwt', expires_in: 1800, issued_at: new Date().toISOString() } };
    }
    return fakes.answerV2(request, {
      repositories,
      challenge: ({ url: asked }) =>
        asked.pathname === '/v2/_catalog'
          ? 'Basic realm="harbor"'
          : `Bearer realm="${server.origin}/service/token",service="harbor-registry"`,
      letsIn: (authorization) => authorization === 'Bearer jwt',
    });
  });
  return server;
}

/** The name is decoded twice. Tags have days of their own, an artifact may have none, and a page has two. */
function answerArtifacts(url: URL, project: string, name: string) {
  if (!repositories.includes(`${project}/${decodeURIComponent(decodeURIComponent(name))}`)) return { status: 404 };
  if (name.includes('/') || /%2F/i.test(name)) return { status: 400 };
  if (url.searchParams.get('with_tag') !== 'true') return { status: 422 };
  const page = Number(url.searchParams.get('page'));
  const tag = (tagName: string, day: number) => ({
    id: day,
    name: tagName,
    push_time: `2026-11-0${day}T10:00:00.000Z`,
  });
  const all = [
    { push_time: '2026-11-03T09:00:00.000Z', tags: [tag('main-3', 3)] },
    { push_time: '2026-11-02T09:00:00.000Z', tags: null },
    { push_time: '2026-11-01T09:00:00.000Z', tags: [tag('main-1', 1), tag('rolled-back', 4)] },
  ];
  // The link as Harbor writes it behind a proxy that decodes: it must not be followed as it stands.
  const link = `</api/v2.0/projects/${project}/repositories/${decodeURIComponent(name)}/artifacts?page=2>; rel="next"`;
  return { json: all.slice(page * 2 - 2, page * 2), headers: page === 1 ? { link } : {} };
}

describe('Harbor', () => {
  it('lists all that the account may see, without the catalogue, and pulls', async () => {
    const server = await startHarbor();
    const client = fakes.clientOf(server, 'harbor', { credentials: robot });
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'library/base/node')).toMatch(/^sha256:/);
    expect(server.seen.some(({ path }) => path.includes('_catalog'))).toBe(false);
  });

  it('lists project by project', async () => {
    const client = fakes.clientOf(await startHarbor(), 'harbor', {
      credentials: robot,
      namespaces: ['shop', 'library'],
    });
    expect(await fakes.namesOf(client)).toEqual(['shop/api', 'shop/web', 'library/base/node', 'library/nginx']);
  });

  it('says when tags were pushed, of repositories with a path too, by the day of the tag', async () => {
    const client = fakes.clientOf(await startHarbor(), 'harbor', { credentials: robot });
    expect(await fakes.datesOf(client, 'library/base/node')).toEqual([
      'main-3 2026-11-03',
      'main-1 2026-11-01',
      'rolled-back 2026-11-04',
    ]);
    expect(await fakes.datesOf(client, 'shop/web')).toHaveLength(3);
  });

  it('says what is wrong', async () => {
    const server = await startHarbor();
    const list = (more: object) =>
      fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'harbor', { credentials: robot, ...more })));
    expect(await list({ credentials: { ...robot, password: 'no' } })).toMatchObject({ reason: 'CREDENTIALS_REFUSED' });
    expect(await list({ namespaces: ['hidden'] })).toMatchObject({ reason: 'FORBIDDEN' });
    expect(await list({ namespaces: ['nobody'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['shop/../library'] })).toMatchObject({ code: 'invalid-input' });
  });
});
