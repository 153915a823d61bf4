import type { ServerResponse } from 'node:http';
import type { Script } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { RegistryClient } from './client.ts';
import {
  blob,
  clientOf,
  closeAll,
  collect,
  digest,
  digestOf,
  fastClock,
  json,
  serve,
  signal,
} from './hostile.testing.ts';
import { blobResumeBytesMin, blobResumesMax, operationRequestsMax } from './limits.ts';

afterEach(closeAll);

describe('storms', () => {
  it.each([429, 500, 502, 503])('of %i end within eight requests', async (status) => {
    const home = await serve((_, response) => json(response, status, {}));
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      code: status === 429 ? 'rate-limited' : 'unreachable',
    });
    expect(home.seen.length).toBeLessThanOrEqual(8);
  });

  it('of resets end within eight requests', async () => {
    const home = await serve((request) => request.socket.destroy());
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({ code: 'unreachable' });
    expect(home.seen.length).toBeLessThanOrEqual(8);
  });

  it('are survived when the registry recovers, after the time that it asked for', async () => {
    const clock = fastClock();
    let asked = 0;
    const home = await serve((_, response) => {
      asked += 1;
      if (asked === 1) json(response, 429, {}, { 'retry-after': '3' });
      else json(response, 200, { schemaVersion: 2, layers: [], config: {} });
    });
    await clientOf(home, { clock }).getManifest('a/b', 'latest', signal());
    expect(clock.waitedMs).toBe(3000);
  });

  it('with a long time to wait are given back at once with that time', async () => {
    const clock = fastClock();
    const home = await serve((_, response) => json(response, 429, {}, { 'retry-after': '600' }));
    await expect(clientOf(home, { clock }).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      code: 'rate-limited',
      retryAtMs: clock.now() + 600_000,
    });
    expect(home.seen).toHaveLength(1);
  });
});

describe('bodies', () => {
  it('without end are cut', async () => {
    let sent = 0;
    const home = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
      const chunk = Buffer.alloc(256 * 1024, 0x20);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('that contradict their digest are refused', async () => {
    const home = await serve((_, response) => json(response, 200, { schemaVersion: 2, layers: [] }));
    await expect(clientOf(home).getManifest('a/b', digest, signal())).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    const lying = await serve((_, response) => json(response, 200, {}, { 'docker-content-digest': digest }));
    await expect(clientOf(lying).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
  });

  it('of HEAD that name another digest than the one asked for are refused', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    const home = await serve((_, response) => json(response, 200, {}, { 'docker-content-digest': other }));
    await expect(clientOf(home).headManifest('a/b', digest, signal())).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect((await clientOf(home).headManifest('a/b', 'latest', signal())).digest).toBe(other);
  });

  it.each([
    ['an index called an image', { schemaVersion: 2, manifests: [] }, 'not-an-image'],
    ['two kinds at once', { schemaVersion: 2, manifests: [], layers: [] }, 'not-an-image'],
    ['another type than the header', { schemaVersion: 2, mediaType: 'application/x', layers: [] }, 'not-an-image'],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'unsupported'],
    ['a list', [], 'not-an-image'],
  ])('that are %s are refused', async (_, body, code) => {
    const home = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json; charset=utf-8' });
      response.end(JSON.stringify(body));
    });
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({ code });
  });

  it('of blobs that are too long, too short or wrong never end clean', async () => {
    const wrong = Buffer.from(blob);
    wrong[0] = (wrong[0] ?? 0) ^ 1;
    const cases = [
      [Buffer.concat([blob, blob]), 'size-mismatch'],
      [blob.subarray(1), 'size-mismatch'],
      [wrong, 'digest-mismatch'],
    ] as const;
    for (const [bytes, code] of cases) {
      for (const headers of [{ 'content-length': String(bytes.length) }, { 'transfer-encoding': 'chunked' }]) {
        const home = await serve((_, response) => response.writeHead(200, headers).end(bytes));
        const read = async () =>
          collect(await clientOf(home).openBlob('a/b', digest, { sizeBytes: blob.length, signal: signal() }));
        await expect(read()).rejects.toMatchObject({ code });
      }
    }
  });
});

describe('a blob that breaks off', () => {
  const breaking =
    (onRange: (start: number, response: ServerResponse) => void): Script =>
    (request, response) => {
      const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
      if (start !== undefined) return onRange(Number(start), response);
      response.writeHead(200, { 'content-length': String(blob.length) });
      response.write(blob.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
    };

  it('is picked up where it broke', async () => {
    const home = await serve(
      breaking((start, response) => {
        const headers = { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` };
        response.writeHead(206, headers).end(blob.subarray(start));
      }),
    );
    const bytes = await collect(
      await clientOf(home).openBlob('a/b', digest, { sizeBytes: blob.length, signal: signal() }),
    );
    expect(bytes).toEqual(blob);
    expect(home.seen).toHaveLength(2);
  });

  it('is whole where the server ignores the range', async () => {
    const home = await serve(breaking((_, response) => response.writeHead(200).end(blob)));
    expect(await collect(await clientOf(home).openBlob('a/b', digest, { signal: signal() }))).toEqual(blob);
  });

  it('does not wait for the body of a 416 that never comes', async () => {
    let tries = 0;
    const broken = breaking((_, response) => response.writeHead(416, { 'content-length': '1000' }).write('short'));
    const home = await serve((request, response) => {
      tries += 1;
      if (tries === 3) response.end(blob);
      else broken(request, response);
    });
    expect(await collect(await clientOf(home).openBlob('a/b', digest, { signal: signal() }))).toEqual(blob);
  });

  it('often, but brings something each time, is read to its end', async () => {
    const large = Buffer.alloc(20 * blobResumeBytesMin, 'layer');
    const named = digestOf(large);
    const home = await serve((request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const end = Math.min(large.length, start + 2 * blobResumeBytesMin);
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': String(large.length - start),
        'content-range': `bytes ${start}-${large.length - 1}/${large.length}`,
      });
      response.write(large.subarray(start, end), () => setTimeout(() => response.destroy(), 20));
    });
    const opened = await clientOf(home).openBlob('a/b', named, { sizeBytes: large.length, signal: signal() });
    expect((await collect(opened)).equals(large)).toBe(true);
    expect(home.seen.length).toBeGreaterThan(blobResumesMax + 1);
    expect(home.seen.length).toBeLessThanOrEqual(operationRequestsMax);
  });

  it('by ending early, as through a proxy that was cut off, is picked up too', async () => {
    const home = await serve((request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const headers = start === 0 ? {} : { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` };
      response.writeHead(start === 0 ? 200 : 206, headers);
      response.end(blob.subarray(start, start === 0 ? 100_000 : blob.length));
    });
    const opened = await clientOf(home).openBlob('a/b', digest, { sizeBytes: blob.length, signal: signal() });
    expect(await collect(opened)).toEqual(blob);
    expect(home.seen.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
  });

  it('again and again is given up', async () => {
    const home = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(blob.length) });
      response.write(blob.subarray(0, 1000), () => setTimeout(() => response.destroy(), 5));
    });
    const read = async () => collect(await clientOf(home).openBlob('a/b', digest, { signal: signal() }));
    await expect(read()).rejects.toMatchObject({ code: 'unreachable' });
    expect(home.seen.length).toBeLessThanOrEqual(operationRequestsMax);
  });
});

describe('lists', () => {
  const listAll = async (client: RegistryClient) => {
    const names: string[] = [];
    for await (const name of client.listTags('a/b', signal())) names.push(name);
    return names;
  };

  it('that lead in a circle end, each tag once', async () => {
    const home = await serve((request, response) => {
      const next = request.url?.includes('last=1') === true ? '2' : '1';
      json(response, 200, { tags: ['a', 'b', next] }, { link: `</v2/a/b/tags/list?last=${next}>; rel="next"` });
    });
    expect(await listAll(clientOf(home))).toEqual(['a', 'b', '1', '2']);
    expect(home.seen.length).toBeLessThanOrEqual(12);
  });

  it('that repeat themselves under ever new addresses end', async () => {
    let page = 0;
    const home = await serve((_, response) => {
      page += 1;
      json(response, 200, { tags: ['a'] }, { link: `</v2/a/b/tags/list?last=${page}>; rel="next"` });
    });
    expect(await listAll(clientOf(home))).toEqual(['a']);
    expect(home.seen).toHaveLength(2);
  });

  it('that trickle without end are a fault within thirty requests', async () => {
    let page = 0;
    const home = await serve((_, response) => {
      page += 1;
      json(response, 200, { tags: [`t${page}`] }, { link: `</v2/a/b/tags/list?last=${page}>; rel="next"` });
    });
    await expect(listAll(clientOf(home))).rejects.toMatchObject({ reason: 'LISTING_ENDLESS' });
    expect(home.seen.length).toBeLessThanOrEqual(30);
  });

  it('do not follow to another host, and drop what no path may hold', async () => {
    const other = await serve((_, response) => json(response, 200, { tags: ['stolen'] }));
    const home = await serve((_, response) => {
      json(response, 200, { tags: ['ok', '../x', 7, null, 'a b'] }, { link: `<${other.origin}/x>; rel="next"` });
    });
    expect(await listAll(clientOf(home))).toEqual(['ok']);
    expect(other.seen).toHaveLength(0);
  });

  it('of null are empty', async () => {
    const home = await serve((_, response) => json(response, 200, { name: 'a/b', tags: null }));
    expect(await listAll(clientOf(home))).toEqual([]);
  });
});
