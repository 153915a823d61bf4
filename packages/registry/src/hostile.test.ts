import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { parseDigest } from '@hullcheck/core';
import { type Script, type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
import type { Clock } from './clock.ts';
import { operationRequestsMax } from './limits.ts';
import { probeConnection } from './probe.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function serve(script: Script, address?: string): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, address);
  open.push(() => server.stop());
  return server;
}

/** Time that passes without waiting, so that a storm of retries takes no seconds. */
function fastClock(): Clock & { waitedMs: number } {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return {
    waitedMs: 0,
    now: () => now,
    random: () => 0,
    async wait(durationMs) {
      now += durationMs;
      this.waitedMs += durationMs;
    },
  };
}

const credentials = { kind: 'basic', username: 'user', password: 'CANARY-secret' } as const;
const canary = Buffer.from('user:CANARY-secret').toString('base64');

function clientOf(server: ScriptedServer, options: Partial<RegistryClientOptions> = {}): RegistryClient {
  const client = createRegistryClient({
    registry: server.origin,
    egress: { registry: ['loopback'], elsewhere: [] },
    credentials,
    clock: fastClock(),
    ...options,
  });
  open.push(() => client.close());
  return client;
}

const sees = (server: ScriptedServer) => JSON.stringify(server.seen.map(({ headers, path }) => [headers, path]));
const signal = () => AbortSignal.timeout(15_000);
const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

const blob = randomBytes(300_000);
const digest = parseDigest(`sha256:${createHash('sha256').update(blob).digest('hex')}`);
if (digest === undefined) throw new Error('unreachable');

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Asks for Basic, then does what the script says. */
const behindBasic =
  (script: Script): Script =>
  (request, response) => {
    if (request.headers.authorization === `Basic ${canary}`) script(request, response);
    else json(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' });
  };

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

  it.each([
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
