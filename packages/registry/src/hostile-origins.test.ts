import type { Script, ScriptedServer } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  behindBasic,
  blob,
  canary,
  clientOf,
  closeAll,
  collect,
  digest,
  fastClock,
  json,
  sees,
  serve,
  signal,
} from './hostile.testing.ts';

afterEach(closeAll);

describe('redirects', () => {
  it('carry no credentials to another origin, and none back', async () => {
    const other: ScriptedServer = await serve((_, response) => {
      response.writeHead(307, { location: `${home.origin}/back` }).end();
    });
    const home: ScriptedServer = await serve((request, response) => {
      if (request.url === '/back') response.end(blob);
      else
        behindBasic((_, answer) => answer.writeHead(307, { location: `${other.origin}/blob` }).end())(
          request,
          response,
        );
    });
    const client = clientOf(home, { egress: { registry: ['loopback'], elsewhere: ['loopback'] } });
    expect(await collect(await client.openBlob('a/b', digest, { signal: signal() }))).toEqual(blob);
    expect(other.seen).toHaveLength(1);
    expect(sees(other)).not.toContain(canary);
    expect(home.seen.find(({ path }) => path === '/back')?.headers.authorization).toBeUndefined();
  });

  it('to loopback, private and metadata addresses that nobody configured reach nothing', async () => {
    const inside = await serve((_, response) => response.end('secret'));
    for (const location of [
      `${inside.origin}/`,
      'http://169.254.169.254/latest/meta-data/',
      'http://[::ffff:127.0.0.1]:1/',
      'http://0x7f000001:1/',
      'http://10.0.0.1/',
    ]) {
      const home = await serve((_, response) => response.writeHead(302, { location }).end());
      await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
        code: 'address-refused',
      });
    }
    expect(inside.seen).toHaveLength(0);
  });

  it.each(['file:///etc/passwd', 'gopher://127.0.0.1/', 'http://user:pass@127.0.0.1/', ''])(
    'to %j are refused',
    async (location) => {
      const home = await serve((_, response) => response.writeHead(302, { location }).end());
      await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
        reason: 'REDIRECT_REFUSED',
      });
    },
  );

  it('in a loop end within twelve requests', async () => {
    const home = await serve((request, response) => {
      response.writeHead(302, { location: request.url === '/x' ? '/y' : '/x' }).end();
    });
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      reason: 'REDIRECT_REFUSED',
    });
    expect(home.seen.length).toBeLessThanOrEqual(12);
  });

  it('whose target refuses say nothing about the credentials, and the registry is asked once more', async () => {
    const home = await serve((_, response) => response.writeHead(302, { location: `${store.origin}/signed` }).end());
    const store: ScriptedServer = await serve((_, response) => json(response, 403, {}));
    const client = clientOf(home, { egress: { registry: ['loopback'], elsewhere: ['loopback'] } });
    await expect(client.getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      reason: 'REDIRECT_TARGET_REFUSED',
    });
    expect(home.seen).toHaveLength(2);
  });
});

describe('token servers', () => {
  const bearer =
    (realm: string): Script =>
    (request, response) => {
      if (request.headers.authorization?.startsWith('Bearer ') === true) json(response, 200, {});
      else json(response, 401, {}, { 'www-authenticate': `Bearer realm="${realm}",service="s"` });
    };

  it('on a foreign host get no credentials', async () => {
    const foreign = await serve((_, response) => json(response, 200, { token: 'x' }), '127.0.0.2');
    const home = await serve(bearer(`${foreign.origin}/token`));
    const client = clientOf(home, { egress: { registry: ['loopback'], elsewhere: ['loopback'] } });
    await expect(client.ping(signal())).rejects.toMatchObject({ reason: 'REALM_REFUSED' });
    expect(foreign.seen).toHaveLength(0);
  });

  it('on a foreign host are reached without credentials only where the address is allowed', async () => {
    const foreign = await serve((_, response) => json(response, 200, { token: 'x' }), '127.0.0.2');
    const home = await serve(bearer(`${foreign.origin}/token`));
    await expect(clientOf(home, { credentials: null }).ping(signal())).rejects.toMatchObject({
      code: 'address-refused',
    });
    const client = clientOf(home, { credentials: null, egress: { registry: ['loopback'], elsewhere: ['loopback'] } });
    await client.ping(signal());
    expect(foreign.seen).toHaveLength(1);
  });

  it('that the operator trusts get them, and the token goes to the registry alone', async () => {
    const trusted = await serve((_, response) => json(response, 200, { access_token: 'T0KEN' }), '127.0.0.2');
    const home = await serve(bearer(`${trusted.origin}/token?extra=1`));
    const client = clientOf(home, { trustedRealms: [trusted.origin] });
    await client.ping(signal());
    expect(trusted.seen[0]?.headers.authorization).toBe(`Basic ${canary}`);
    expect(trusted.seen[0]?.path).toContain('extra=1&service=s');
    expect(sees(home)).not.toContain(canary);
    expect(home.seen.at(-1)?.headers.authorization).toBe('Bearer T0KEN');
  });

  it.each([
    ['no token', {}],
    ['a token that breaks a header', { token: 'a\r\nb: c' }],
    ['no JSON', 'x'],
  ])('that give %s are a fault', async (_, body) => {
    const home: ScriptedServer = await serve((request, response) => {
      if (request.url?.startsWith('/token') === true) json(response, 200, body);
      else bearer(`${home.origin}/token`)(request, response);
    });
    await expect(clientOf(home).ping(signal())).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  });

  it('that grant too little make no loop', async () => {
    const home: ScriptedServer = await serve((request, response) => {
      if (request.url?.startsWith('/token') === true) json(response, 200, { token: 't', expires_in: 300 });
      else
        json(
          response,
          401,
          {},
          { 'www-authenticate': `Bearer realm="${home.origin}/token",error="insufficient_scope"` },
        );
    });
    await expect(clientOf(home).getManifest('a/b', 'latest', signal())).rejects.toMatchObject({
      code: 'authorization-failed',
      reason: 'NO_ACCESS_TO_REPOSITORY',
    });
    expect(home.seen).toHaveLength(3);
  });

  it('are asked again when a token ends, once per repository and kind of path', async () => {
    const clock = fastClock();
    let tokens = 0;
    const home: ScriptedServer = await serve((request, response) => {
      if (request.url?.startsWith('/token') === true) {
        tokens += 1;
        json(response, 200, { token: `t${tokens}`, expires_in: 60 });
      } else if (request.url === '/v2/_catalog?n=1000') {
        if (request.headers.authorization?.startsWith('Basic ') === true) json(response, 200, { repositories: ['a'] });
        else json(response, 401, {}, { 'www-authenticate': 'Basic realm="harbor"' });
      } else bearer(`${home.origin}/token`)(request, response);
    });
    const client = clientOf(home, { clock });
    await client.ping(signal());
    await client.ping(signal());
    expect(tokens).toBe(1);
    for await (const { name } of client.listRepositories(signal())) expect(name).toBe('a');
    await clock.wait(55_000, signal());
    await client.ping(signal());
    expect(tokens).toBe(2);
  });
});

describe('secrets', () => {
  it('stay out of every fault, whatever the registry echoes', async () => {
    const home = await serve(
      behindBasic((request, response) => {
        json(response, 400, {
          errors: [{ code: request.headers.authorization, message: request.headers.authorization }],
        });
      }),
    );
    const fault = await clientOf(home)
      .getManifest('a/b', 'latest', signal())
      .catch((error: unknown) => error);
    const text = `${String(fault)} ${JSON.stringify(fault)} ${fault instanceof Error ? fault.stack : ''}`;
    expect(text).toContain('400');
    expect(text).not.toContain(canary);
    expect(text).not.toContain('CANARY');
  });
});
