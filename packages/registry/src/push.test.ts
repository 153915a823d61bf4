import { Readable } from 'node:stream';
import type { Script } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  behindBasic,
  blob,
  canary,
  closeAll,
  collect,
  credentials,
  digest,
  digestOf,
  fastClock,
  sees,
  serve,
  signal,
} from './hostile.testing.ts';
import { createRegistryWriter } from './push.ts';

afterEach(closeAll);

const body = {
  digest,
  sizeBytes: blob.byteLength,
  open: () => Readable.from([blob.subarray(0, 1000), blob.subarray(1000)]),
};

async function push(script: Script) {
  const server = await serve(script);
  const writer = createRegistryWriter({
    registry: server.origin,
    egress: { registry: ['loopback'], elsewhere: ['loopback'] },
    credentials,
    clock: fastClock(),
  });
  const pushed = writer.pushBlob('team/db', body, signal()).finally(() => void writer.close());
  return { server, pushed };
}

describe('uploading to a registry that misbehaves', () => {
  it('sends a blob again from its start when the session is lost, and then no more', async () => {
    let begun = 0;
    let stored: Uint8Array = Buffer.alloc(0);
    const { pushed } = await push(
      behindBasic((request, response) => {
        if (request.method === 'HEAD') return void response.writeHead(404).end();
        if (request.method === 'POST') {
          begun += 1;
          return void response.writeHead(202, { location: `/v2/team/db/blobs/uploads/${begun}?_state=a%2Bb=` }).end();
        }
        void collect(request).then((bytes) => {
          expect(request.url).toBe(
            `/v2/team/db/blobs/uploads/${begun}?_state=a%2Bb=&digest=${encodeURIComponent(digest)}`,
          );
          if (begun < 3) return response.writeHead(404).end();
          stored = bytes;
          return response.writeHead(201).end();
        });
      }),
    );
    expect(await pushed).toBe('pushed');
    expect(digestOf(stored)).toBe(digest);
    expect(begun).toBe(3);
  });

  it('gives up a registry that never takes it', async () => {
    let begun = 0;
    const { pushed } = await push(
      behindBasic((request, response) => {
        if (request.method === 'POST') {
          begun += 1;
          response.writeHead(202, { location: '/v2/team/db/blobs/uploads/1' }).end();
        } else request.resume().once('end', () => response.writeHead(404).end());
      }),
    );
    await expect(pushed).rejects.toMatchObject({ code: 'not-found' });
    expect(begun).toBe(3);
  });

  it('sends nothing that it already has', async () => {
    const { pushed, server } = await push(behindBasic((_request, response) => void response.writeHead(200).end()));
    expect(await pushed).toBe('present');
    expect(new Set(server.seen.map(({ method }) => method))).toEqual(new Set(['HEAD']));
  });

  it.each([
    ['an address of another host', (other: string) => ({ location: `${other}/v2/team/db/blobs/uploads/1` })],
    ['no address', () => ({})],
    ['an address with a user name', (_: string, own: string) => ({ location: `http://a:b@${own}/upload` })],
  ])('sends no byte to %s, and no credential', async (_name, headers) => {
    const other = await serve((_request, response) => void response.writeHead(201).end(), '127.0.0.2');
    const { pushed } = await push(
      behindBasic((request, response) => {
        if (request.method === 'HEAD') response.writeHead(404).end();
        else response.writeHead(202, headers(other.origin, String(request.headers.host))).end();
      }),
    );
    await expect(pushed).rejects.toMatchObject({ reason: 'REDIRECT_REFUSED' });
    expect(other.seen).toEqual([]);
  });

  it('follows no redirect with what it writes', async () => {
    const other = await serve((_request, response) => void response.writeHead(201).end(), '127.0.0.2');
    const { pushed } = await push(
      behindBasic((request, response) => {
        if (request.method === 'HEAD') response.writeHead(404).end();
        else response.writeHead(307, { location: `${other.origin}/v2/` }).end();
      }),
    );
    await expect(pushed).rejects.toMatchObject({ reason: 'REDIRECT_REFUSED' });
    expect(sees(other)).not.toContain(canary);
    expect(other.seen).toEqual([]);
  });

  it('notices a registry that stored something else', async () => {
    const { pushed } = await push(
      behindBasic((request, response) => {
        if (request.method === 'HEAD') response.writeHead(404).end();
        else if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end();
        else
          request.resume().once('end', () => {
            response.writeHead(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end();
          });
      }),
    );
    await expect(pushed).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('asks a token server for push only when it writes', async () => {
    const scopes: (string | null)[] = [];
    const { pushed } = await push((request, response) => {
      const url = new URL(request.url ?? '', 'http://registry');
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.get('scope'));
        return void response.writeHead(200).end(JSON.stringify({ token: 'T' }));
      }
      if (request.headers.authorization !== 'Bearer T') {
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="s"`;
        return void response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      response.writeHead(200).end();
    });
    expect(await pushed).toBe('present');
    expect(scopes).toEqual(['repository:team/db:pull,push']);
  });
});
