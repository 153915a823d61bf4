import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { digestOf } from '@hullcheck/testkit';

const TYPE = 'application/vnd.oci.image';

/** A registry with a limit of pulls, whose contents and refusals the test changes. */
export function createPlayedRegistry() {
  const blobs = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
  const tags = new Map<string, Map<string, string>>();
  const state = {
    remaining: (_repository: string) => 90,
    /** What layers are answered with instead of their bytes. */
    layers: undefined as ((response: ServerResponse) => unknown) | undefined,
    /** What Quay's API says of the repository's tags. */
    dates: { status: 404, tags: [] as { readonly name: string; readonly start_ts: number }[] },
  };
  const put = (type: string, bytes: Uint8Array) => {
    blobs.set(digestOf(bytes), { type, bytes });
    return { mediaType: type, digest: digestOf(bytes), size: bytes.byteLength };
  };
  const json = (type: string, value: unknown) => put(type, Buffer.from(JSON.stringify(value)));
  let images = 0;

  /** One image; another author makes another image, of a layer of its own: an archive of nothing has any number of blocks. */
  function image(author: string, architecture = 'amd64') {
    images += 1;
    const layer = Buffer.alloc(1024 + 512 * images);
    const config = json(`${TYPE}.config.v1+json`, {
      architecture,
      os: 'linux',
      author,
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    });
    const mediaType = `${TYPE}.manifest.v1+json`;
    const layers = [put(`${TYPE}.layer.v1.tar+gzip`, gzipSync(layer))];
    return {
      ...json(mediaType, { schemaVersion: 2, mediaType, config, layers }),
      configDigest: config.digest,
      platform: { os: 'linux', architecture },
    };
  }

  function index(author: string) {
    const mediaType = `${TYPE}.index.v1+json`;
    return json(mediaType, {
      schemaVersion: 2,
      mediaType,
      manifests: [image(author, 'amd64'), image(author, 'arm64')],
    });
  }

  function tag(repository: string, name: string, { digest }: { readonly digest: string }) {
    tags.set(repository, (tags.get(repository) ?? new Map()).set(name, digest));
  }

  function answer(method: string, path: string, response: ServerResponse): unknown {
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (path.startsWith('/api/v1/repository/'))
      return send(state.dates.status, { tags: state.dates.tags, page: 1, has_additional: false });
    if (path === '/v2/') return send(200, {});
    if (path.startsWith('/v2/_catalog')) return send(200, { repositories: [...tags.keys()] });
    const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^?]+)/.exec(path) ?? [];
    const own = tags.get(repository);
    if (own === undefined) return send(404, { errors: [{ code: 'NAME_UNKNOWN' }] });
    if (kind === 'tags') return send(200, { name: repository, tags: [...own.keys()] });
    const digest = kind === 'manifests' ? (own.get(reference) ?? reference) : reference;
    const blob = blobs.get(digest);
    if (blob === undefined) return send(404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
    if (state.layers !== undefined && blob.type.includes('layer')) return state.layers(response);
    response.writeHead(200, {
      'content-type': blob.type,
      'content-length': blob.bytes.byteLength,
      'docker-content-digest': digest,
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': `${state.remaining(repository)};w=21600`,
    });
    return response.end(method === 'HEAD' ? undefined : blob.bytes);
  }
  /** Has everything that the other one has, under no name. */
  const copy = (other: { readonly blobs: typeof blobs }) => {
    for (const [digest, blob] of other.blobs) blobs.set(digest, blob);
  };
  return { state, tags, blobs, image, index, tag, copy, answer };
}
