import type { Script, ScriptedServer } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { canary, clientOf, closeAll, digest, json, sees, serve, signal } from './hostile.testing.ts';
import { probeConnection } from './probe.ts';
import { vendors } from './vendors/catalogue.ts';

afterEach(closeAll);

const anywhere = { registry: ['loopback'], elsewhere: ['loopback'] };

/** A registry that takes tokens of the server that it names now. */
const takingTokensOf =
  (realm: () => string): Script =>
  (request, response) => {
    if (request.headers.authorization === 'Bearer T0KEN') json(response, 200, {}, { 'docker-content-digest': digest });
    else json(response, 401, {}, { 'www-authenticate': `Bearer realm="${realm()}",service="s"` });
  };
const givingTokens: Script = (_, response) => json(response, 200, { token: 'T0KEN' });
const pull = (client: ReturnType<typeof clientOf>) => client.headManifest('a/b', 'latest', signal());

describe('a token server on another host', () => {
  it.each(vendors.filter(({ accepts }) => accepts.includes('basic')).map(({ id }) => id))(
    'gets nothing from a connection of kind %s until its address is confirmed, exactly',
    async (vendor) => {
      const foreign = await serve(givingTokens, '127.0.0.2');
      const home = await serve(takingTokensOf(() => `${foreign.origin}/token`));
      const other = foreign.origin.replace(/:\d+$/, ':1');
      for (const trustedRealms of [[], [other], [home.origin], [`${foreign.origin}.example.com`]]) {
        const client = clientOf(home, { vendor, egress: anywhere, trustedRealms });
        await expect(pull(client)).rejects.toMatchObject({ reason: 'REALM_REFUSED', realm: foreign.origin });
      }
      // Not even without the credential: what it would answer is of no use.
      expect(foreign.seen).toEqual([]);
      await pull(clientOf(home, { vendor, trustedRealms: [foreign.origin] }));
      expect(foreign.seen.map(({ headers }) => headers.authorization)).toEqual([`Basic ${canary}`]);
      expect(sees(home)).not.toContain(canary);
    },
  );

  it('gets nothing when it is named in place of the confirmed one', async () => {
    const confirmed = await serve(givingTokens, '127.0.0.2');
    const later = await serve(givingTokens, '127.0.0.3');
    let named = confirmed;
    const home = await serve(takingTokensOf(() => `${named.origin}/token`));
    const client = clientOf(home, { egress: anywhere, trustedRealms: [confirmed.origin] });
    await pull(client);
    named = later;
    // What is known of one repository says nothing of another one.
    await expect(client.headManifest('c/d', 'latest', signal())).rejects.toMatchObject({ realm: later.origin });
    expect(later.seen).toEqual([]);
  });

  it('that is confirmed and sends on to another one takes the credential nowhere', async () => {
    const foreign = await serve(givingTokens, '127.0.0.3');
    for (const status of [302, 307, 308]) {
      const confirmed = await serve((_, response) => {
        response.writeHead(status, { location: `${foreign.origin}/token` }).end();
      }, '127.0.0.2');
      const home = await serve(takingTokensOf(() => `${confirmed.origin}/token`));
      const client = clientOf(home, { egress: anywhere, trustedRealms: [confirmed.origin] });
      await expect(pull(client)).rejects.toMatchObject({ reason: 'ANSWER_INVALID' });
      expect(confirmed.seen).toHaveLength(1);
    }
    expect(foreign.seen).toEqual([]);
  });

  it('is what a test of the connection names, also where a list needs no token', async () => {
    const foreign = await serve(givingTokens, '127.0.0.2');
    const home: ScriptedServer = await serve((request, response) => {
      const path = request.url ?? '';
      // As Harbor does: Basic for the catalogue, tokens for repositories.
      if (path === '/v2/') json(response, 200, {});
      else if (path.startsWith('/v2/_catalog')) json(response, 200, { repositories: ['a/b'] });
      else takingTokensOf(() => `${foreign.origin}/token`)(request, response);
    });
    const report = await probeConnection(clientOf(home, { egress: anywhere }), {}, signal());
    expect(report).toMatchObject({
      status: 'authorization_failed',
      code: 'REALM_REFUSED',
      realm: foreign.origin,
      detail: expect.stringContaining(foreign.origin),
    });
    expect(report.partial).toBeUndefined();
  });

  it('in a network that nobody opened is named as well, where nobody signs in', async () => {
    const inside = await serve(givingTokens, '127.0.0.2');
    const home = await serve(takingTokensOf(() => `${inside.origin}/token`));
    const client = clientOf(home, { credentials: null });
    const report = await probeConnection(client, {}, signal());
    expect(report).toMatchObject({ status: 'unreachable', code: 'ADDRESS_REFUSED', realm: inside.origin });
    expect(inside.seen).toEqual([]);
  });

  it('that is confirmed is reached at no address but those that the connection may reach', async () => {
    const inside = await serve(givingTokens, '127.0.0.2');
    const home = await serve(takingTokensOf(() => `${inside.origin}/token`));
    const egress = { registry: ['127.0.0.1/32'], elsewhere: [] };
    const client = clientOf(home, { egress, trustedRealms: [inside.origin] });
    const report = await probeConnection(client, {}, signal());
    expect(report).toMatchObject({ code: 'ADDRESS_REFUSED', refusedHost: '127.0.0.2' });
    expect(report.realm).toBeUndefined();
    expect(inside.seen).toEqual([]);
  });
});
