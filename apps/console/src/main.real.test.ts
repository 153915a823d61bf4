import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, bootstrap, type CalledConsole, onEveryEngine, startCalledConsole } from './called-console.testing.ts';

onEveryEngine('the secrets of the console, its people and its next start', (engine) => {
  let console: CalledConsole;
  beforeAll(async () => {
    console = await startCalledConsole(engine);
    // What its audit log must tell, and no table may give away.
    const { body } = await console.upload(archive('debian-bullseye-old'), 'bullseye.tar');
    const [{ id }] = body.images;
    await console.settled(id);
    await console.call('operator', 'POST', `/api/v1/images/${id}/assess`);
    await console.settled(id);
    const { agentId } = await console.enrol('agent-2');
    await console.call('admin', 'DELETE', `/api/v1/agents/${agentId}`);
    const short = { name: 'short', role: 'viewer' };
    const token = await console.call(bootstrap, 'POST', '/api/v1/tokens', short);
    await console.call(bootstrap, 'DELETE', `/api/v1/tokens/${token.body.id}`);
  });
  afterAll(() => console?.stop());

  describe('credentials', () => {
    const canary = 'CANARY-registry-password-58d1';

    it('are in no answer, log or table', async () => {
      const input = {
        kind: 'generic',
        name: 'corp',
        url: 'http://127.0.0.1:1',
        auth: { kind: 'basic', username: 'robot', password: canary },
        repositories: ['app'],
      };
      const tested = await console.call('admin', 'POST', '/api/v1/connections/test', input);
      expect(tested.body.status).toBe('unreachable');
      const made = await console.call('admin', 'POST', '/api/v1/connections', input);
      expect(made.status).toBe(201);
      expect(made.body.auth).toEqual({ kind: 'basic', username: 'robot' });
      expect((await console.call('admin', 'POST', '/api/v1/connections', input)).body.code).toBe('conflict');
      for (let tries = 0; tries < 100; tries += 1) {
        const { body } = await console.call('viewer', 'GET', `/api/v1/connections/${made.body.id}`);
        if (body.sync.activity === 'idle' && body.sync.error !== null) break;
        await sleep(100);
      }
      const moved = await console.call('admin', 'PUT', `/api/v1/connections/${made.body.id}`, {
        kind: 'generic',
        name: 'corp',
        url: 'http://127.0.0.1:2',
        repositories: ['app'],
      });
      expect([moved.status, moved.body.place]).toEqual([400, 'auth']);
      const renamed = await console.call('admin', 'PUT', `/api/v1/connections/${made.body.id}`, {
        kind: 'generic',
        name: 'corp 2',
        url: 'http://127.0.0.1:1',
        repositories: ['app'],
      });
      expect(renamed.body).toMatchObject({ name: 'corp 2', auth: { kind: 'basic', username: 'robot' } });
      expect(JSON.stringify([tested, made, moved, renamed])).not.toContain(canary);
      expect(console.lines.join('')).not.toContain(canary);
      expect(await dump()).not.toContain(canary);
      expect(await dump()).not.toContain(Buffer.from(canary).toString('hex'));
    });

    it('of people, agents and programs are kept as hashes only', async () => {
      const all = await dump();
      expect(all.length).toBeGreaterThan(100_000);
      for (const secret of [...Object.values(console.tokens), bootstrap]) {
        expect(all).not.toContain(secret);
        expect(all).not.toContain(Buffer.from(secret).toString('hex'));
      }
      expect(console.lines.join('')).not.toContain(bootstrap);
    });

    async function dump(): Promise<string> {
      const settings =
        console.databaseUrl !== undefined
          ? { connectionString: console.databaseUrl }
          : {
              host: join(console.folder, 'postgres', 'run'),
              user: 'hullcheck',
              database: 'hullcheck',
              password: readFileSync(join(console.folder, 'postgres-password'), 'utf8'),
            };
      const client = new pg.Client(settings);
      await client.connect();
      try {
        const tables = await client.query<{ name: string }>(
          `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
        );
        let text = '';
        for (const { name } of tables.rows) {
          const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
          text += rows.map(({ row }) => row).join('\n');
        }
        return text;
      } finally {
        await client.end();
      }
    }
  });

  describe('people', () => {
    it('make the first administrator with the printed link, once', async () => {
      const link = new URL(console.running.setupUrl ?? '');
      const token = link.hash.replace('#token=', '');
      const body = { email: 'Admin@Example.com', password: 'a long enough password' };
      expect((await console.call(null, 'POST', '/api/v1/setup', { ...body, token: 'hcx_wrong' })).status).toBe(401);
      expect((await console.call(null, 'POST', '/api/v1/setup', { ...body, token, password: 'short' })).status).toBe(
        400,
      );
      expect(
        (await console.call(null, 'POST', '/api/v1/setup', { ...body, token }, { 'sec-fetch-site': 'cross-site' }))
          .status,
      ).toBe(403);
      const both = await Promise.all([
        console.call(null, 'POST', '/api/v1/setup', { ...body, token }),
        console.call(null, 'POST', '/api/v1/setup', { ...body, email: 'b@example.com', token }),
      ]);
      expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
      // The bootstrap token ends with it.
      expect((await console.call(bootstrap, 'GET', '/api/v1/images')).status).toBe(401);
      const session = await console.call(null, 'GET', '/api/v1/session');
      expect(session.body.setup).toBe(false);
      const made = both.find(({ status }) => status === 201);
      expect(made?.headers.get('set-cookie')).toMatch(
        /^hullcheck_session=hcs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      email = made?.body.user.email;
    });
    let email: string;
    let cookie: string;
    const own = () => ({ cookie, origin: console.running.url });

    it('sign in with a cookie that changes things only from our own pages, and ends with them', async () => {
      const signedIn = await console.call(null, 'POST', '/api/v1/session', {
        email: email.toUpperCase(),
        password: 'a long enough password',
      });
      expect(signedIn.status).toBe(201);
      cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect((await console.call(null, 'GET', '/api/v1/session', undefined, { cookie })).body.user).toMatchObject({
        email,
        role: 'admin',
      });
      // Whoever signs in again gets another session, and the first one ends.
      const again = await console.call(
        null,
        'POST',
        '/api/v1/session',
        { email, password: 'a long enough password' },
        { cookie, origin: console.running.url },
      );
      expect((await console.call(null, 'GET', '/api/v1/images', undefined, { cookie })).status).toBe(401);
      cookie = again.headers.get('set-cookie')?.split(';')[0] ?? '';
      const body = { name: 'by cookie', role: 'viewer' };
      expect((await console.call(null, 'POST', '/api/v1/tokens', body, { cookie })).status).toBe(403);
      expect(
        (await console.call(null, 'POST', '/api/v1/tokens', body, { cookie, origin: 'http://evil.example' })).status,
      ).toBe(403);
      expect((await console.call(null, 'POST', '/api/v1/tokens', body, own())).status).toBe(201);
      expect((await console.call(null, 'DELETE', '/api/v1/session', undefined, own())).status).toBe(204);
      expect((await console.call(null, 'GET', '/api/v1/images', undefined, { cookie })).status).toBe(401);
    });

    it('are slowed down after wrong passwords, with the same answer for unknown accounts', async () => {
      const attempt = (who: string) =>
        console.call(null, 'POST', '/api/v1/session', { email: who, password: 'wrong password' });
      const first = await attempt(email);
      expect(first.status).toBe(401);
      expect((await attempt('nobody@example.com')).body.message).toBe(first.body.message);
      for (let tries = 0; tries < 4; tries += 1) await attempt(email);
      const slowed = await attempt(email);
      expect([slowed.status, slowed.body.code]).toEqual([429, 'rate-limited']);
      expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    let tried = 0;

    it('gain nothing by sending all their guesses at the same moment', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, guess) =>
          console.call(null, 'POST', '/api/v1/session', { email: 'hurry@example.com', password: `guess ${guess}` }),
        ),
      );
      // Fewer than five where the tests before this one used up what the address has.
      tried = answers.filter(({ status }) => status === 401).length;
      expect(tried).toBeLessThanOrEqual(5);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - tried);
    });

    it('find all of it in the audit log', async () => {
      const { body } = await console.call('admin', 'GET', '/api/v1/audit?limit=500');
      const actions = new Set(body.items.map(({ action }: { action: string }) => action));
      for (const action of [
        'setup.create',
        'session.create',
        'tokens.create',
        'tokens.delete',
        'uploads.create',
        'connections.create',
        'connections.update',
        'agents.enrollments',
        'agents.revoke',
        'agent.enroll',
        'images.assess',
        'bootstrap.use',
      ]) {
        expect(actions, action).toContain(action);
      }
      const refused = body.items.filter(({ outcome }: { outcome: string }) => outcome === 'refused');
      // Whoever was told to wait was not let guess: an entry for each wrong password, of the account, of nobody, and of those in a hurry.
      expect(refused.map(({ action }: { action: string }) => action)).toEqual(
        Array.from({ length: 5 + 1 + tried }, () => 'session.create'),
      );
      expect(body.total).toEqual({ value: body.items.length, exact: true });
    });
  });

  it('starts again with everything, and refuses another key file', async () => {
    const before = (await console.call('viewer', 'GET', '/api/v1/images')).body.items.map(
      ({ id, risk }: { id: string; risk: number }) => [id, risk],
    );
    await console.running.stop();
    const key = join(console.folder, 'credential.key');
    const kept = readFileSync(key);
    rmSync(key);
    writeFileSync(key, Buffer.alloc(32, 1));
    await expect(console.start()).rejects.toMatchObject({ code: 'unavailable' });
    rmSync(key);
    writeFileSync(key, kept, { mode: 0o400 });
    await console.start();
    expect(console.running.setupUrl).toBeNull();
    expect(
      (await console.call('viewer', 'GET', '/api/v1/images')).body.items.map(
        ({ id, risk }: { id: string; risk: number }) => [id, risk],
      ),
    ).toEqual(before);
  });
});
