import { afterEach, describe, expect, it } from 'vitest';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const reader = { kind: 'basic', username: 'reader', password: 'secret' } as const;
/** A component is one tag of an image. */
const components: { readonly [repository: string]: readonly string[] } = {
  'docker-hosted': ['api', 'api', 'api', 'web', 'team/tool'],
  'docker-proxy': ['library/alpine'],
};
const inPath = ['docker-hosted/api', 'docker-hosted/web', 'docker-hosted/team/tool', 'docker-proxy/library/alpine'];

/**
 * Nexus' REST API with its continuation tokens, and the registry with path-based routing or (with `connector`) as one repository.
 * What it can't show: realms, content selectors, group repositories.
 */
async function startNexus({ connector }: { readonly connector?: readonly string[] } = {}) {
  const right = fakes.basic(reader.username, reader.password);
  return await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname.startsWith('/service/rest/v1/')) {
      if (headers.authorization !== right) return { status: 401, text: '' };
      if (url.pathname === '/service/rest/v1/repositories') {
        const docker = Object.keys(components).map((name) => ({ name, format: 'docker', type: 'hosted' }));
        return { json: [...docker, { name: 'maven-central', format: 'maven2', type: 'proxy' }] };
      }
      if (url.pathname === '/service/rest/v1/search') return answerSearch(url);
      const all = components[url.searchParams.get('repository') ?? ''];
      if (url.pathname !== '/service/rest/v1/components' || all === undefined) return { status: 404, text: '' };
      const start = Number(url.searchParams.get('continuationToken')?.replace('ct', '') ?? '0');
      return {
        json: {
          items: all
            .slice(start, start + 2)
            .map((name, at) => ({ id: `${at}`, format: 'docker', name, version: `1.${at}` })),
          continuationToken: start + 2 < all.length ? `ct${start + 2}` : null,
        },
      };
    }
    return fakes.answerV2(request, {
      repositories: connector ?? inPath,
      hasCatalog: connector !== undefined,
      challenge: () => 'Basic realm="Sonatype Nexus Repository Manager"',
      letsIn: (authorization) => authorization === right,
    });
  });
}

/** A component for each tag that fits, two on a page; a name fits by its parts too, as that of an index does. */
function answerSearch(url: URL) {
  const [repository, name] = [url.searchParams.get('repository'), url.searchParams.get('name')];
  if (url.searchParams.get('format') !== 'docker' || repository !== 'docker-hosted') return { json: { items: [] } };
  const component = (image: string, version: string, day: number) => ({
    id: version,
    repository,
    format: 'docker',
    group: null,
    name: image,
    version,
    assets: [{ path: `v2/${image}/manifests/${version}`, lastModified: `2026-11-0${day}T10:00:00.000+00:00` }],
  });
  const all = [
    component('team/tool', 'b1', 1),
    component('other/team/tool', 'b8', 8),
    component('team/tool', 'b9', 9),
  ].filter((one) => one.name.endsWith(name ?? ''));
  const start = Number(url.searchParams.get('continuationToken')?.replace('ct', '') ?? '0');
  return {
    json: { items: all.slice(start, start + 2), continuationToken: start + 2 < all.length ? `ct${start + 2}` : null },
  };
}

describe('Nexus', () => {
  it('lists a connector by its catalogue', async () => {
    const connector = ['api', 'team/tool', 'web'];
    const client = fakes.clientOf(await startNexus({ connector }), 'nexus', { credentials: reader });
    expect(await fakes.namesOf(client)).toEqual(connector);
    expect(await fakes.digestOf(client, 'team/tool')).toMatch(/^sha256:/);
  });

  it('lists named repositories with path-based routing, each image once, or all', async () => {
    const server = await startNexus();
    const one = fakes.clientOf(server, 'nexus', { credentials: reader, namespaces: ['docker-hosted'] });
    expect(await fakes.namesOf(one)).toEqual(inPath.slice(0, 3));
    expect(await fakes.digestOf(one, 'docker-hosted/team/tool')).toMatch(/^sha256:/);
    expect(await fakes.namesOf(fakes.clientOf(server, 'nexus', { credentials: reader, namespaces: ['*'] }))).toEqual(
      inPath,
    );
  });

  it('says when tags were pushed with path-based routing, but not behind a connector', async () => {
    const server = await startNexus();
    const client = fakes.clientOf(server, 'nexus', { credentials: reader, namespaces: ['docker-hosted'] });
    expect(await fakes.datesOf(client, 'docker-hosted/team/tool')).toEqual(['b1 2026-11-01', 'b9 2026-11-09']);
    const connector = fakes.clientOf(await startNexus({ connector: ['api'] }), 'nexus', { credentials: reader });
    expect(await fakes.faultOf(() => fakes.datesOf(connector, 'api'))).toMatchObject({ code: 'unsupported' });
  });

  it('says what is wrong', async () => {
    const server = await startNexus();
    const list = (more: object) =>
      fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'nexus', { credentials: reader, ...more })));
    expect(await list({ namespaces: ['nothing'] })).toMatchObject({ code: 'not-found' });
    expect(await list({ namespaces: ['*'], credentials: { ...reader, password: 'no' } })).toMatchObject({
      reason: 'CREDENTIALS_REFUSED',
    });
  });
});
