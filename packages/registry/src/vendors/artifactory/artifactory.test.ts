import { afterEach, describe, expect, it } from 'vitest';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const images: { readonly [key: string]: readonly string[] } = {
  'docker-local': ['api', 'nested/web', 'worker'],
  'docker-remote': ['library/alpine'],
};
const inPath = Object.entries(images).flatMap(([key, names]) => names.map((name) => `${key}/${name}`));
const reader = { kind: 'basic', username: 'reader', password: 'identity-token' } as const;

/**
 * Artifactory's list of repositories, a catalogue for each, and the registry in the path form or (with `alone`) as one repository.
 * What it can't show: editions without the API, remote repositories whose cache is not shown, permission targets.
 */
async function startArtifactory({ alone }: { readonly alone?: readonly string[] } = {}) {
  const letsIn = (authorization: string | undefined) =>
    authorization === fakes.basic(reader.username, reader.password) || authorization === 'Bearer access-token';
  return await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname.startsWith('/artifactory/')) {
      if (!letsIn(headers.authorization))
        return { status: 401, json: { errors: [{ status: 401, message: 'Bad credentials' }] } };
      if (url.pathname === '/artifactory/api/search/aql') return answerAql(request);
      if (url.pathname === '/artifactory/api/repositories') {
        if (url.searchParams.get('packageType') !== 'docker') return { status: 400 };
        return {
          json: Object.keys(images).map((key) => ({
            key,
            type: 'LOCAL',
            url: `https://x/${key}`,
            packageType: 'Docker',
          })),
        };
      }
      const key = /^\/artifactory\/api\/docker\/([^/]+)\/v2\/_catalog$/.exec(url.pathname)?.[1] ?? '';
      const all = images[key];
      if (all === undefined) {
        return { status: 404, json: { errors: [{ status: 404, message: 'Unsupported docker repository request' }] } };
      }
      const start = all.indexOf(url.searchParams.get('last') ?? '') + 1;
      const shown = all.slice(start, start + 2);
      return {
        json: { repositories: shown },
        headers:
          start + 2 < all.length
            ? { link: `</v2/_catalog?n=2&last=${encodeURIComponent(shown.at(-1) ?? '')}>; rel="next"` }
            : {},
      };
    }
    return fakes.answerV2(request, {
      repositories: alone ?? inPath,
      hasCatalog: alone !== undefined,
      challenge: () => 'Basic realm="Artifactory Realm"',
      letsIn,
    });
  });
}

/** Of AQL the one form that is asked: another is refused as a mistake of syntax, and who is no administrator must include three fields. */
function answerAql({ method, headers, body }: fakes.FakeRequest) {
  const form =
    /^items\.find\((\{.*\})\)\.include\(((?:"[a-z]+",?)+)\)\.sort\(\{"\$desc":\["modified"\]\}\)\.offset\((\d+)\)\.limit\((\d+)\)$/.exec(
      body,
    );
  if (method !== 'POST' || headers['content-type'] !== 'text/plain' || form === null) return { status: 400, text: '' };
  const fields = (form[2] ?? '').split(',').map((field) => field.replaceAll('"', ''));
  if (!['repo', 'path', 'name'].every((field) => fields.includes(field))) return { status: 403, text: '' };
  const wanted = JSON.parse(form[1] ?? '') as { repo: string; path: { $match: string }; $or: { name: string }[] };
  const matches = new RegExp(`^${wanted.path.$match.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  const all = [
    ['nested/web/b9', 'manifest.json', 9],
    ['nested/web/other/b8', 'manifest.json', 8],
    ['nested/web/b7', 'list.manifest.json', 7],
    ['nested/web/b7', 'sha256__aa', 7],
    ['api/b6', 'manifest.json', 6],
    ['nested/web/sha256:bb', 'manifest.json', 5],
  ] as const;
  const found = all.filter(
    ([path, name]) =>
      wanted.repo === 'docker-local' && matches.test(path) && wanted.$or.some((one) => one.name === name),
  );
  const [offset, limit] = [Number(form[3]), Number(form[4])];
  const results = found.slice(offset, offset + limit).map(([path, name, day]) => ({
    repo: 'docker-local',
    path,
    name,
    modified: `2026-11-0${day}T10:00:00.000Z`,
  }));
  return { json: { results, range: { start_pos: offset, end_pos: offset + results.length, total: results.length } } };
}

describe('Artifactory', () => {
  it('lists named repositories in the path form, or all', async () => {
    const server = await startArtifactory();
    const one = fakes.clientOf(server, 'artifactory', { credentials: reader, namespaces: ['docker-local'] });
    expect(await fakes.namesOf(one)).toEqual(inPath.slice(0, 3));
    expect(await fakes.digestOf(one, 'docker-local/nested/web')).toMatch(/^sha256:/);
    expect(
      await fakes.namesOf(fakes.clientOf(server, 'artifactory', { credentials: reader, namespaces: ['*'] })),
    ).toEqual(inPath);
  });

  it('lists the one repository of a subdomain or port', async () => {
    const alone = ['api', 'web', 'worker'];
    const client = fakes.clientOf(await startArtifactory({ alone }), 'artifactory', { credentials: reader });
    expect(await fakes.namesOf(client)).toEqual(alone);
    expect(await fakes.digestOf(client, 'web')).toMatch(/^sha256:/);
  });

  it('says when tags were pushed, of the image itself and of none below it', async () => {
    const client = fakes.clientOf(await startArtifactory(), 'artifactory', { credentials: reader, namespaces: ['*'] });
    expect(await fakes.datesOf(client, 'docker-local/nested/web')).toEqual(['b9 2026-11-09', 'b7 2026-11-07']);
    const alone = fakes.clientOf(await startArtifactory({ alone: ['api'] }), 'artifactory', { credentials: reader });
    expect(await fakes.faultOf(() => fakes.datesOf(alone, 'api'))).toMatchObject({ code: 'unsupported' });
  });

  it('takes an access token alone', async () => {
    const credentials = { kind: 'bearer', token: 'access-token' } as const;
    const client = fakes.clientOf(await startArtifactory(), 'artifactory', {
      credentials,
      namespaces: ['docker-remote'],
    });
    expect(await fakes.namesOf(client)).toEqual(['docker-remote/library/alpine']);
    expect(await fakes.digestOf(client, 'docker-remote/library/alpine')).toMatch(/^sha256:/);
  });

  it('says what is wrong', async () => {
    const server = await startArtifactory();
    const list = (more: object) =>
      fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'artifactory', { credentials: reader, ...more })));
    expect(await list({ namespaces: ['npm-local'] })).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no Docker repository'),
    });
    expect(await list({ namespaces: ['*'], credentials: { ...reader, password: 'no' } })).toMatchObject({
      reason: 'CREDENTIALS_REFUSED',
    });
    expect(await list({ namespaces: ['a/b'] })).toMatchObject({ code: 'invalid-input' });
  });
});
