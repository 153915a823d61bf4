import { type Route, type RouteId, routes } from '@hullcheck/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap, type CalledConsole, onEveryEngine, startCalledConsole } from './called-console.testing.ts';

const missing = '00000000-0000-4000-8000-00000000dead';

onEveryEngine('what the console answers to whom', (engine) => {
  let console: CalledConsole;
  beforeAll(async () => {
    console = await startCalledConsole(engine);
  });
  afterAll(() => console?.stop());

  describe('who may do what: every route, every kind of caller', () => {
    const rank: { [policy: string]: number } = { viewer: 1, operator: 2, admin: 3 };
    const samples: { readonly [id in RouteId]?: unknown } = {
      'session.create': { email: 'a@b.example', password: 'wrong password' },
      'setup.create': { token: 'x', email: 'a@b.example', password: 'long enough password' },
      'connections.test': { kind: 'generic', name: 'x', url: 'http://127.0.0.1:1', auth: { kind: 'anonymous' } },
      'connections.create': { kind: 'generic', name: '', url: '' },
      'connections.update': { kind: 'generic', name: 'x', url: 'http://127.0.0.1:1' },
      'tokens.create': { name: '', role: 'viewer' },
      'agents.update': { nodesMayEnroll: true },
      'agent.enroll': { token: 'x', name: 'x', version: '1' },
      'agent.layersKnown': { diffIds: [], readers: {} },
      'agent.readingFailed': { imageKey: 'x', attempt: 'x', code: 'x', detail: 'x' },
      'uploads.create': Buffer.from('not an archive'),
    };
    const cases = (routes as readonly Route[]).flatMap((route) =>
      [null, 'viewer', 'operator', 'admin', 'agent'].map((who) => [route.id, who ?? 'anonymous', route, who] as const),
    );
    it.each(cases)('%s by %s', async (id, _, route, who) => {
      const path = route.path.replace('{id}', route.id.startsWith('vulnerabilities') ? 'CVE-1900-1' : missing);
      const body = route.method === 'GET' || route.method === 'DELETE' ? undefined : samples[id as RouteId];
      const { status, body: answer } = await console.call(
        who,
        route.method,
        route.id === 'uploads.create' ? `${path}?name=x` : path,
        body,
      );
      const allowed =
        route.policy === 'public' ||
        route.policy === 'setup' ||
        (route.policy === 'agent'
          ? who === 'agent'
          : who !== null && who !== 'agent' && (rank[who] ?? 0) >= (rank[route.policy] ?? 9));
      if (!allowed) {
        expect(status).toBe(who === null ? 401 : 403);
        expect(answer.code).toBe(who === null ? 'unauthenticated' : 'forbidden');
        return;
      }
      expect(status).not.toBe(403);
      if (who !== null) expect(route.policy === 'public' || route.policy === 'setup' || status !== 401).toBe(true);
      expect(status).toBeLessThan(500);
      // An id that is not there and one of another scope are the same answer.
      if (route.path.includes('{id}')) expect(status).toBe(404);
    });

    it('answers 404 to ids that are none, and 401 to tokens that open nothing', async () => {
      expect((await console.call('viewer', 'GET', '/api/v1/images/1%27or%271%27=%271')).status).toBe(404);
      for (const token of ['', 'x', 'hct_wrong', 'hca_wrong', bootstrap.slice(1)]) {
        expect(
          (await console.call(null, 'GET', '/api/v1/images', undefined, { authorization: `Bearer ${token}` })).status,
        ).toBe(401);
      }
    });

    it('revokes a token at once', async () => {
      const { body } = await console.call(bootstrap, 'POST', '/api/v1/tokens', {
        name: 'short',
        role: 'viewer',
        expiresInDays: 1,
      });
      expect((await console.call(body.token, 'GET', '/api/v1/images')).status).toBe(200);
      expect((await console.call(bootstrap, 'DELETE', `/api/v1/tokens/${body.id}`)).status).toBe(204);
      expect((await console.call(body.token, 'GET', '/api/v1/images')).status).toBe(401);
      expect(JSON.stringify((await console.call(bootstrap, 'GET', '/api/v1/tokens')).body)).not.toContain(body.token);
    });
  });

  describe('the frame', () => {
    it('sends its headers with every answer, also refused ones', async () => {
      for (const path of ['/healthz', '/api/v1/images', '/nowhere', '/api/openapi.json']) {
        const { headers } = await console.call(null, 'GET', path);
        expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
        expect(headers.get('x-content-type-options'), path).toBe('nosniff');
        expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    it('answers to no foreign name on loopback', async () => {
      const { request } = await import('node:http');
      const address = new URL(console.running.url);
      const status = await new Promise<number | undefined>((done) => {
        request(
          { host: '127.0.0.1', port: address.port, path: '/healthz', headers: { host: 'rebound.example' } },
          (response) => {
            response.resume();
            done(response.statusCode);
          },
        ).end();
      });
      expect(status).toBe(403);
    });

    it('takes JSON only as JSON, and only so much of it', async () => {
      const raw = (body: string, type: string) =>
        fetch(`${console.running.url}/api/v1/tokens`, {
          method: 'POST',
          headers: { authorization: `Bearer ${bootstrap}`, 'content-type': type },
          body,
        });
      expect((await raw('{"name":"x","role":"admin"}', 'text/plain')).status).toBe(415);
      expect((await raw('{"name":', 'application/json')).status).toBe(400);
      expect(
        (await raw(JSON.stringify({ name: 'x'.repeat(2_000_000), role: 'admin' }), 'application/json')).status,
      ).toBe(413);
      const nul = await console.call(bootstrap, 'POST', '/api/v1/tokens', { name: 'a\u0000b', role: 'admin' });
      expect([nul.status, nul.body.place]).toEqual([400, 'body: name']);
    });

    it('describes itself and its numbers', async () => {
      expect((await console.call(null, 'GET', '/readyz')).body).toEqual({ status: 'ready' });
      const document = (await console.call(null, 'GET', '/api/openapi.json')).body;
      expect(Object.keys(document.paths).length).toBeGreaterThan(30);
      expect((await console.call(null, 'GET', '/metrics')).body).toContain('hullcheck_http_request_seconds');
    });
  });
});
