import type { Script } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, closeAll, digest, json, serve, signal } from './hostile.testing.ts';
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
});
