import type { Script } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, closeAll, digest, digestOf, json, serve, signal } from './hostile.testing.ts';
import { probeConnection } from './probe.ts';

afterEach(closeAll);

describe('probeConnection', () => {
  it('calls a web page no registry', async () => {
    const home = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    expect(await probeConnection(clientOf(home), {}, signal())).toMatchObject({
      status: 'not_found',
      code: 'NOT_A_REGISTRY',
    });
  });

  it('says what is refused: listing, pulling or both', async () => {
    const forbid =
      (what: RegExp): Script =>
      (request, response) => {
        if (what.test(request.url ?? '')) json(response, 403, {});
        else if (request.url === '/v2/') json(response, 200, {});
        else if (request.url?.includes('_catalog') === true) json(response, 200, { repositories: ['a/b'] });
        else if (request.url?.includes('tags') === true) json(response, 200, { tags: ['x'] });
        else json(response, 200, {}, { 'docker-content-digest': digest });
      };
    const named = { repositories: ['a/b'] };
    const ask = async (what: RegExp, options = {}) =>
      await probeConnection(clientOf(await serve(forbid(what))), options, signal());
    expect(await ask(/nothing/)).toMatchObject({ status: 'connected', code: 'OK' });
    expect(await ask(/_catalog/, named)).toMatchObject({ status: 'connected', partial: 'pull_only' });
    expect(await ask(/_catalog/)).toMatchObject({ status: 'authorization_failed', code: 'FORBIDDEN' });
    expect(await ask(/manifests/)).toMatchObject({ status: 'connected', partial: 'list_only' });
    expect(await ask(/./, named)).toMatchObject({ status: 'authorization_failed' });
  });

  it('tells the other statuses apart', async () => {
    const limited = await serve((_, response) => json(response, 429, {}, { 'retry-after': '900' }));
    expect(await probeConnection(clientOf(limited), {}, signal())).toMatchObject({ status: 'rate_limited' });
    const closed = await serve(() => undefined);
    const client = clientOf(closed);
    await closed.stop();
    expect(await probeConnection(client, {}, signal())).toMatchObject({ status: 'unreachable', code: 'NETWORK' });
    const tlsOnPlain = clientOf(limited, { registry: limited.origin.replace('http:', 'https:') });
    expect(await probeConnection(tlsOnPlain, {}, signal())).toMatchObject({ status: 'ssl_handshake', code: 'TLS' });
    const refused = clientOf(limited, { egress: { registry: [], elsewhere: [] } });
    expect(await probeConnection(refused, {}, signal())).toMatchObject({
      status: 'unreachable',
      code: 'ADDRESS_REFUSED',
    });
  });

  describe('that follows a blob', () => {
    const config = Buffer.from('{"architecture":"amd64"}');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: { digest: digestOf(config), size: config.byteLength },
        layers: [],
      }),
    );
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [{ digest: digestOf(manifest), size: manifest.byteLength }],
      }),
    );
    /** One whose blobs are answered so. */
    const keeping =
      (blobs: Script, tagged = manifest): Script =>
      (request, response) => {
        const path = request.url ?? '';
        const bytes = path.includes(digestOf(manifest)) ? manifest : tagged;
        if (path === '/v2/') json(response, 200, {});
        else if (path.includes('_catalog')) json(response, 200, { repositories: ['a/b'] });
        else if (path.includes('/tags/')) json(response, 200, { tags: ['x'] });
        else if (path.includes('/blobs/')) blobs(request, response);
        else {
          response.writeHead(200, { 'docker-content-digest': digestOf(bytes), 'content-length': bytes.byteLength });
          response.end(request.method === 'HEAD' ? undefined : bytes);
        }
      };
    const ask = async (script: Script, followsBlob = true) => {
      const home = await serve(script);
      return { home, report: await probeConnection(clientOf(home), { followsBlob }, signal()) };
    };
    const sendingTo =
      (location: string): Script =>
      (_, response) =>
        response.writeHead(307, { location }).end();

    it('says where they are and what to do, where nothing could be read from there', async () => {
      const { report } = await ask(keeping(sendingTo('http://10.1.2.3:9000/signed')));
      expect(report).toMatchObject({ status: 'unreachable', code: 'ADDRESS_REFUSED', refusedHost: '10.1.2.3' });
      expect(report.detail).toContain('not the blobs that images are made of');
      expect(report.detail).toContain('HULLCHECK_ALLOW_NETWORK');
      expect((await ask(keeping(sendingTo('http://10.1.2.3:9000/'), index))).report.code).toBe('ADDRESS_REFUSED');
      expect((await ask(keeping(sendingTo('http://10.1.2.3:9000/')), false)).report.code).toBe('OK');
      expect((await ask(keeping(sendingTo('ftp://store.example.com/')))).report).toMatchObject({
        status: 'unknown',
        code: 'REDIRECT_REFUSED',
      });
      expect((await ask(keeping((_, response) => json(response, 403, {})))).report).toMatchObject({
        status: 'connected',
        partial: 'list_only',
      });
    });

    it('finds nothing wrong with an image of another kind or one that is not whole, and reads no more than it has to', async () => {
      let sent = 0;
      const large: Script = (_, response) => {
        response.writeHead(200);
        const more = () => {
          sent += 1;
          if (sent < 100_000 && !response.destroyed) response.write(Buffer.alloc(64 * 1024), more);
        };
        more();
      };
      const unsized = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType, config: { digest: digestOf(config) }, layers: [] }),
      );
      const chart = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: 'none', layers: [] }));
      for (const script of [
        keeping((_, response) => response.end(config)),
        keeping((_, response) => response.end(config), index),
        keeping((_, response) => json(response, 404, {})),
        keeping(large, unsized),
        keeping(sendingTo('http://10.1.2.3/'), chart),
        keeping(sendingTo('http://10.1.2.3/'), Buffer.from('no manifest')),
      ]) {
        expect((await ask(script)).report).toMatchObject({ status: 'connected', code: 'OK' });
      }
      expect(sent).toBeLessThan(200);
    });
  });
});
