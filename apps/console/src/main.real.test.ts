import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type AgentReport, type Route, type RouteId, routes } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { openOciDir, readersVersion, readImage } from '@hullcheck/scanner';
import {
  cloneDatabases,
  corpusArchive,
  corpusLayout,
  databaseUrl,
  type PostgresEngine,
  postgresEngines,
  type TestPostgres,
  writePlainImage,
} from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from './main.ts';
import type { RunningConsole } from './options.ts';
import { startEmbedded } from './postgres/embedded.ts';

const bootstrap = 'bootstrap-token-of-the-test-0123456789';
const noDigest = `sha256:${'0'.repeat(64)}` as Digest;
const missing = '00000000-0000-4000-8000-00000000dead';
const starterPath = join(import.meta.dirname, '../../../data/starter/hullcheck-starter.db.zst');
const archive = (name: string) => corpusArchive(name) ?? '';
const lines: string[] = [];
const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the test looks into answers whose schema the console has checked
  readonly body: any;
  readonly headers: Headers;
}

for (const engine of postgresEngines((dataDir) => startEmbedded({ dataDir, log }))) {
  describe.skipIf(!engine.available || corpusArchive('alpine-3.10') === undefined)(
    `the console on ${engine.name}`,
    () => suite(engine),
  );
}

function suite(engine: PostgresEngine): void {
  const isServer = engine.name === 'a PostgreSQL server';
  let folder: string;
  let server: TestPostgres | undefined;
  let url: string | undefined;
  let running: RunningConsole;
  const tokens: { [who: string]: string } = {};

  const start = () =>
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      starterPath,
      version: '0.0.0-test',
      log,
      bootstrapToken: bootstrap,
      ...(url === undefined ? {} : { databaseUrl: url }),
    });
  const call = async (
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers: { [name: string]: string } = {},
  ): Promise<Answer> => {
    const bytes = body instanceof Uint8Array;
    const response = await fetch(running.url + path, {
      method,
      headers: {
        ...(who === null ? {} : { authorization: `Bearer ${tokens[who] ?? who}` }),
        ...(body === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: bytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' || !response.headers.get('content-type')?.includes('json') ? text : JSON.parse(text),
      headers: response.headers,
    };
  };
  const upload = async (path: string, name: string, more = ''): Promise<Pick<Answer, 'status' | 'body'>> => {
    const response = await fetch(`${running.url}/api/v1/uploads?name=${encodeURIComponent(name)}${more}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bootstrap}` },
      body: createReadStream(path) as never,
      duplex: 'half',
    } as RequestInit);
    return { status: response.status, body: await response.json() };
  };
  const settled = async (id: string) => {
    for (let tries = 0; tries < 1500; tries += 1) {
      const { body } = await call(bootstrap, 'GET', `/api/v1/images/${id}`);
      if (body.assessment.activity === 'idle') return body;
      await sleep(100);
    }
    throw new Error('the assessment did not end');
  };
  const enrol = async (name: string) => {
    const { body } = await call(bootstrap, 'POST', '/api/v1/agents/enrollments');
    const enrolled = await call(null, 'POST', '/api/agent/v1/enroll', { token: body.token, name, version: '1' });
    tokens[name] = enrolled.body.key;
    return { agentId: enrolled.body.agentId as string, token: body.token as string, command: body.command as string };
  };
  const report = (more: Partial<AgentReport>): AgentReport => ({
    agent: { version: '1', mode: 'inventory+read' },
    host: { machineId: 'machine-1', name: 'host-1', os: 'Debian 12', kernel: '6', architecture: 'amd64' },
    runtimes: [],
    full: true,
    sequence: 1,
    baseSequence: null,
    sentAt: new Date().toISOString(),
    images: [],
    containers: [],
    gone: { images: [], containers: [] },
    ...more,
  });

  beforeAll(async () => {
    folder = mkdtempSync('/tmp/hc-console-');
    if (isServer) {
      server = await engine.start();
      url = databaseUrl(await (await cloneDatabases(server, async () => undefined)).clone());
    }
    running = await start();
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      const { body } = await call(bootstrap, 'POST', '/api/v1/tokens', { name: role, role });
      tokens[role] = body.token;
    }
    await enrol('agent');
  });
  afterAll(async () => {
    await running?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('who may do what: every route, every kind of caller', () => {
    const rank: { [policy: string]: number } = { viewer: 1, operator: 2, admin: 3 };
    const samples: { readonly [id in RouteId]?: unknown } = {
      'session.create': { email: 'a@b.example', password: 'wrong password' },
      'setup.create': { token: 'x', email: 'a@b.example', password: 'long enough password' },
      'connections.test': { kind: 'generic', name: 'x', url: 'http://127.0.0.1:1', auth: { kind: 'anonymous' } },
      'connections.create': { kind: 'generic', name: '', url: '' },
      'connections.update': { kind: 'generic', name: 'x', url: 'http://127.0.0.1:1' },
      'tokens.create': { name: '', role: 'viewer' },
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
      const { status, body: answer } = await call(
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
      expect((await call('viewer', 'GET', '/api/v1/images/1%27or%271%27=%271')).status).toBe(404);
      for (const token of ['', 'x', 'hct_wrong', 'hca_wrong', bootstrap.slice(1)]) {
        expect(
          (await call(null, 'GET', '/api/v1/images', undefined, { authorization: `Bearer ${token}` })).status,
        ).toBe(401);
      }
    });

    it('revokes a token at once', async () => {
      const { body } = await call(bootstrap, 'POST', '/api/v1/tokens', {
        name: 'short',
        role: 'viewer',
        expiresInDays: 1,
      });
      expect((await call(body.token, 'GET', '/api/v1/images')).status).toBe(200);
      expect((await call(bootstrap, 'DELETE', `/api/v1/tokens/${body.id}`)).status).toBe(204);
      expect((await call(body.token, 'GET', '/api/v1/images')).status).toBe(401);
      expect(JSON.stringify((await call(bootstrap, 'GET', '/api/v1/tokens')).body)).not.toContain(body.token);
    });
  });

  describe('the frame', () => {
    it('sends its headers with every answer, also refused ones', async () => {
      for (const path of ['/healthz', '/api/v1/images', '/nowhere', '/api/openapi.json']) {
        const { headers } = await call(null, 'GET', path);
        expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
        expect(headers.get('x-content-type-options'), path).toBe('nosniff');
        expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    it('answers to no foreign name on loopback', async () => {
      const { request } = await import('node:http');
      const address = new URL(running.url);
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
        fetch(`${running.url}/api/v1/tokens`, {
          method: 'POST',
          headers: { authorization: `Bearer ${bootstrap}`, 'content-type': type },
          body,
        });
      expect((await raw('{"name":"x","role":"admin"}', 'text/plain')).status).toBe(415);
      expect((await raw('{"name":', 'application/json')).status).toBe(400);
      expect(
        (await raw(JSON.stringify({ name: 'x'.repeat(2_000_000), role: 'admin' }), 'application/json')).status,
      ).toBe(413);
      const nul = await call(bootstrap, 'POST', '/api/v1/tokens', { name: 'a\u0000b', role: 'admin' });
      expect([nul.status, nul.body.place]).toEqual([400, 'body: name']);
    });

    it('describes itself and its numbers', async () => {
      expect((await call(null, 'GET', '/readyz')).body).toEqual({ status: 'ready' });
      const document = (await call(null, 'GET', '/api/openapi.json')).body;
      expect(Object.keys(document.paths).length).toBeGreaterThan(30);
      expect((await call(null, 'GET', '/metrics')).body).toContain('hullcheck_http_request_seconds');
    });
  });

  describe('from an upload to a ranked list', () => {
    it('assesses what it is given, and reads the layers of a known one no second time', async () => {
      const { status, body } = await upload(archive('debian-bullseye-old'), 'bullseye.tar');
      expect(status).toBe(201);
      const [first] = body.images;
      const image = await settled(first.id);
      expect(image.assessment).toMatchObject({ state: 'partial', readBy: 'console' });
      expect(image.os).toMatchObject({ id: 'debian' });
      expect(image.counts.total).toBeGreaterThan(300);
      expect(image.explanation).toMatch(/^CVE-/);
      const again = await upload(archive('debian-bullseye-old'), 'again.tar');
      expect(again.body.images[0].id).toBe(first.id);
      const after = await settled(first.id);
      expect(after.sources.map((source: { name: string }) => source.name)).toEqual(['again.tar', 'bullseye.tar']);
      const findings = (await call('viewer', 'GET', `/api/v1/images/${first.id}/findings?limit=500`)).body;
      expect(findings.total.value).toBe(image.counts.total);
      const risks = findings.items.map((finding: { risk: number }) => finding.risk);
      expect(risks).toEqual([...risks].sort((a, b) => b - a));
      const whole = (await call('viewer', 'GET', `/api/v1/images/${first.id}/report`)).body;
      expect(whole.summary.total).toBe(image.counts.total);
      expect(whole.risk.score).toBe(image.risk);
      const layers = (await call('viewer', 'GET', `/api/v1/images/${first.id}/layers`)).body.items;
      expect(
        layers
          .filter((layer: { empty: boolean }) => !layer.empty)
          .every((layer: { readBy: string }) => layer.readBy === 'console'),
      ).toBe(true);
      const where = (
        await call('viewer', 'GET', `/api/v1/vulnerabilities/${findings.items[0].id.toLowerCase()}/affected`)
      ).body;
      expect(where.images.map((found: { id: string }) => found.id)).toEqual([first.id]);
    });

    it('lists the worst first, with what nobody can judge above what has no risk', async () => {
      const plain = join(folder, 'plain.tar');
      writePlainImage(plain, 'corpus/plain', { 'etc/motd': 'nothing that anybody judges\n' });
      for (const file of [archive('alpine-3.10'), plain, archive('node-app')]) {
        const { body } = await upload(file, basename(file));
        for (const image of body.images) await settled(image.id);
      }
      const { body } = await call('viewer', 'GET', '/api/v1/images?sort=-risk&limit=10');
      const risks = body.items.map((image: { risk: number | null }) => image.risk);
      expect(risks).toHaveLength(4);
      expect(risks).toEqual([risks[0], risks[1], null, 0]);
      expect(risks[0]).toBeGreaterThan(risks[1]);
      expect(body.items[2].assessment.state).toBe('not-assessable');
      expect(body.items[2].counts).toBeNull();
      const found = (await call('viewer', 'GET', '/api/v1/images?q=apk-tools')).body;
      expect(found.items.map((image: { repository: string }) => image.repository)).toEqual(['corpus/alpine-3.10']);
    });

    it('removes an archive once nothing needs it', async () => {
      for (let tries = 0; tries < 400 && readdirSync(join(folder, 'uploads')).length > 0; tries += 1) await sleep(100);
      expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
    });

    it.each([
      ['nothing', Buffer.alloc(0), 'not-an-image'],
      ['text', Buffer.from('hello'), undefined],
      ['zeros', Buffer.alloc(100_000), undefined],
      ['half an archive', undefined, undefined],
    ])('refuses %s with a reason, and keeps nothing of it', async (name, bytes, code) => {
      const body = bytes ?? readFileSync(archive('alpine-3.10')).subarray(0, 2_000_000);
      const before = (await call(bootstrap, 'GET', '/api/v1/uploads')).body.total.value;
      const answer = await call(bootstrap, 'POST', `/api/v1/uploads?name=${encodeURIComponent(name)}`, body);
      expect(answer.status).toBe(422);
      expect(['not-an-image', 'truncated', 'unsupported', 'digest-mismatch']).toContain(answer.body.code);
      if (code !== undefined) expect(answer.body.code).toBe(code);
      expect(answer.body.message).not.toContain(folder);
      expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
      expect((await call(bootstrap, 'GET', '/api/v1/uploads')).body.total.value).toBe(before);
    });

    it('leaves nothing of an upload that breaks off', async () => {
      const controller = new AbortController();
      const size = statSync(archive('debian-bullseye-old')).size;
      async function* half() {
        yield new Uint8Array(1_000_000);
        await sleep(200);
        controller.abort();
        yield new Uint8Array(1_000_000);
      }
      const sent = fetch(`${running.url}/api/v1/uploads?name=x`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bootstrap}`, 'content-length': String(size) },
        body: half() as never,
        duplex: 'half',
        signal: controller.signal,
      } as RequestInit);
      await expect(sent).rejects.toThrow();
      for (let tries = 0; tries < 50 && readdirSync(join(folder, 'uploads')).length > 0; tries += 1) await sleep(100);
      expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
    });
  });

  describe('an agent', () => {
    const layout = corpusLayout('alpine-3.20') ?? '';
    const configOf = async () => {
      const image = await openOciDir(layout, { signal: new AbortController().signal });
      return image;
    };
    const container = (id: string, state: 'running' | 'exited', imageKey: string) => ({
      id,
      runtime: 'docker',
      name: `name-${id}`,
      imageKey,
      imageReference: 'alpine:3.20',
      state,
      created: null,
      started: null,
      finished: null,
      exitCode: null,
      ports: [],
      labels: {},
      pod: null,
    });
    const agentImage = (key: string, configDigest: Digest, tag = 'corpus/alpine:3.20') => ({
      key,
      runtime: 'docker',
      id: configDigest,
      idKind: 'config' as const,
      configDigest,
      manifestDigests: [],
      indexDigests: [],
      repoTags: [tag],
      repoDigests: [],
      platform: 'linux/amd64',
      size: 5_000_000,
      created: null,
      labels: {},
    });
    let imageId: string;
    let key: string;

    it('uses its enrolment token once, and its command carries no token', async () => {
      const { token, command } = await enrol('agent-2');
      expect(command).not.toContain(token);
      expect((await call(null, 'POST', '/api/agent/v1/enroll', { token, name: 'x', version: '1' })).status).toBe(401);
    });

    it('reports what is there; the same again, older ones and ones without a base change nothing', async () => {
      const image = await configOf();
      key = `docker/${image.facts.id}`;
      const first = report({
        images: [agentImage(key, image.facts.id ?? noDigest)],
        containers: [container('c1', 'running', key), container('c2', 'exited', key)],
      });
      const copies = await Promise.all(
        Array.from({ length: 8 }, () => call('agent', 'POST', '/api/agent/v1/report', first)),
      );
      expect(copies.every(({ status, body }) => status === 200 && body.sequence === 1 && !body.resync)).toBe(true);
      const hosts = (await call('viewer', 'GET', '/api/v1/hosts')).body.items;
      expect(hosts).toHaveLength(1);
      expect(hosts[0]).toMatchObject({ name: 'host-1', images: 1, containers: { running: 1, total: 2 } });
      const gone = report({
        full: false,
        sequence: 2,
        baseSequence: 1,
        images: [],
        gone: { images: [], containers: ['c2'] },
      });
      expect((await call('agent', 'POST', '/api/agent/v1/report', gone)).body).toMatchObject({
        sequence: 2,
        resync: false,
      });
      expect((await call('agent', 'POST', '/api/agent/v1/report', first)).body).toMatchObject({
        sequence: 2,
        resync: false,
      });
      expect(
        (await call('agent', 'POST', '/api/agent/v1/report', report({ full: false, sequence: 9, baseSequence: 7 })))
          .body.resync,
      ).toBe(true);
      const containers = (await call('viewer', 'GET', '/api/v1/containers')).body.items;
      expect(containers.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
        ['c1', 'running'],
      ]);
      imageId = containers[0].image.id;
    });

    it('sends its reports packed, too', async () => {
      const body = gzipSync(JSON.stringify(report({ full: false, sequence: 3, baseSequence: 2 })));
      const answer = await fetch(`${running.url}/api/agent/v1/report`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.agent}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body,
      });
      expect(answer.status).toBe(200);
    });

    it('is asked for an image that the console can not read, and its reading is marked as its own', async () => {
      let want: { imageKey: string; attempt: string }[] = [];
      for (let tries = 0; tries < 100 && want.length === 0; tries += 1) {
        await sleep(100);
        want = (
          await call('agent', 'POST', '/api/agent/v1/report', report({ full: false, sequence: 3, baseSequence: 2 }))
        ).body.want;
      }
      expect(want).toMatchObject([{ imageKey: key }]);
      const image = await configOf();
      const { reports, facts } = await readImage({ image, signal: new AbortController().signal });
      for (const layer of reports)
        expect((await call('agent', 'POST', '/api/agent/v1/layers', layer)).status).toBe(204);
      const known = await call('agent', 'POST', '/api/agent/v1/layers/known', {
        diffIds: image.layers.map(({ diffId }) => diffId),
        readers: readersVersion(),
      });
      expect(known.body.known).toHaveLength(image.layers.length);
      const reading = {
        imageKey: key,
        attempt: want[0]?.attempt,
        configDigest: facts.id,
        created: null,
        platform: 'linux/amd64',
        layers: facts.layers,
        problems: [],
      };
      expect((await call('agent-2', 'POST', '/api/agent/v1/readings', reading)).status).toBe(404);
      expect((await call('agent', 'POST', '/api/agent/v1/readings', { ...reading, attempt: missing })).status).toBe(
        404,
      );
      expect((await call('agent', 'POST', '/api/agent/v1/readings', reading)).status).toBe(204);
      expect((await call('agent', 'POST', '/api/agent/v1/readings', reading)).status).toBe(404);
      const assessed = await settled(imageId);
      expect(assessed.assessment).toMatchObject({ state: 'partial', readBy: 'agent' });
      expect(assessed.packages).toBeGreaterThan(10);
      expect(assessed).toMatchObject({ hosts: 1, containers: 1 });
    });

    it('never answers where the console can read itself; what they read differently is an alarm', async () => {
      const image = await configOf();
      const { reports } = await readImage({ image, signal: new AbortController().signal });
      const forged = { ...reports[0], evidence: [] };
      expect((await call('agent-2', 'POST', '/api/agent/v1/layers', forged)).status).toBe(204);
      const { body } = await upload(archive('alpine-3.20'), 'alpine-3.20.tar', `&image=${imageId}`);
      expect(body.images[0].id).toBe(imageId);
      const assessed = await settled(imageId);
      expect(assessed.assessment.readBy).toBe('console');
      expect(assessed.problems.map((problem: { code: string }) => problem.code)).toContain('differs-between-readers');
    });

    it('completes a row only with the image of that row', async () => {
      const { status, body } = await upload(archive('alpine-3.6'), 'other.tar', `&image=${imageId}`);
      expect([status, body.code]).toEqual([409, 'conflict']);
    });

    it('opens nothing after it was revoked, and what it read is forgotten', async () => {
      const agents = (await call('viewer', 'GET', '/api/v1/agents')).body.items;
      const second = agents.find(({ name }: { name: string }) => name === 'agent-2');
      expect((await call('admin', 'DELETE', `/api/v1/agents/${second.id}`)).status).toBe(204);
      expect((await call('agent-2', 'POST', '/api/agent/v1/report', report({ sequence: 1 }))).status).toBe(401);
      await call('operator', 'POST', `/api/v1/images/${imageId}/assess`);
      const assessed = await settled(imageId);
      expect(assessed.problems.map((problem: { code: string }) => problem.code)).not.toContain(
        'differs-between-readers',
      );
    });

    it('can not take over the host of an agent that lives by naming its machine', async () => {
      await enrol('thief');
      expect((await call('thief', 'POST', '/api/agent/v1/report', report({ sequence: 1 }))).status).toBe(200);
      const hosts = (await call('viewer', 'GET', '/api/v1/hosts')).body.items;
      expect(hosts.filter(({ images }: { images: number }) => images === 1)).toHaveLength(1);
      expect(hosts).toHaveLength(2);
    });

    it('takes with it what was known only from its readings, once it is revoked', async () => {
      const { agentId } = await enrol('agent-3');
      const image = await openOciDir(corpusLayout('alpine-3.6') ?? '', { signal: new AbortController().signal });
      const { facts, reports } = await readImage({ image, signal: new AbortController().signal });
      const host = { machineId: 'machine-3', name: 'host-3', os: null, kernel: null, architecture: null };
      const imageKey = `docker/${facts.id}`;
      const images = [agentImage(imageKey, facts.id as Digest, 'only/here:1')];
      let want: { imageKey: string; attempt: string }[] = [];
      for (let sequence = 1; sequence < 100 && want.length === 0; sequence += 1) {
        want = (await call('agent-3', 'POST', '/api/agent/v1/report', report({ host, images, sequence }))).body.want;
        await sleep(100);
      }
      for (const layer of reports)
        expect((await call('agent-3', 'POST', '/api/agent/v1/layers', layer)).status).toBe(204);
      const reading = { configDigest: facts.id, created: null, platform: null, layers: facts.layers, problems: [] };
      expect((await call('agent-3', 'POST', '/api/agent/v1/readings', { ...want[0], ...reading })).status).toBe(204);
      const find = async () =>
        (await call('viewer', 'GET', '/api/v1/images?repository=only/here')).body.items[0] as { id: string };
      const { id } = await find();
      expect((await settled(id)).assessment).toMatchObject({ state: 'partial', readBy: 'agent-3' });
      expect((await call('admin', 'DELETE', `/api/v1/agents/${agentId}`)).status).toBe(204);
      expect(await settled(id)).toMatchObject({ risk: null, packages: null, assessment: { state: 'none' } });
      expect(await find()).toMatchObject({ risk: null, assessment: { state: 'none' } });
    });
  });

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
      const tested = await call('admin', 'POST', '/api/v1/connections/test', input);
      expect(tested.body.status).toBe('unreachable');
      const made = await call('admin', 'POST', '/api/v1/connections', input);
      expect(made.status).toBe(201);
      expect(made.body.auth).toEqual({ kind: 'basic', username: 'robot' });
      expect((await call('admin', 'POST', '/api/v1/connections', input)).body.code).toBe('conflict');
      for (let tries = 0; tries < 100; tries += 1) {
        const { body } = await call('viewer', 'GET', `/api/v1/connections/${made.body.id}`);
        if (body.sync.activity === 'idle' && body.sync.error !== null) break;
        await sleep(100);
      }
      const moved = await call('admin', 'PUT', `/api/v1/connections/${made.body.id}`, {
        kind: 'generic',
        name: 'corp',
        url: 'http://127.0.0.1:2',
        repositories: ['app'],
      });
      expect([moved.status, moved.body.place]).toEqual([400, 'auth']);
      const renamed = await call('admin', 'PUT', `/api/v1/connections/${made.body.id}`, {
        kind: 'generic',
        name: 'corp 2',
        url: 'http://127.0.0.1:1',
        repositories: ['app'],
      });
      expect(renamed.body).toMatchObject({ name: 'corp 2', auth: { kind: 'basic', username: 'robot' } });
      expect(JSON.stringify([tested, made, moved, renamed])).not.toContain(canary);
      expect(lines.join('')).not.toContain(canary);
      expect(await dump()).not.toContain(canary);
      expect(await dump()).not.toContain(Buffer.from(canary).toString('hex'));
    });

    it('of people, agents and programs are kept as hashes only', async () => {
      const all = await dump();
      expect(all.length).toBeGreaterThan(100_000);
      for (const secret of [...Object.values(tokens), bootstrap]) {
        expect(all).not.toContain(secret);
        expect(all).not.toContain(Buffer.from(secret).toString('hex'));
      }
      expect(lines.join('')).not.toContain(bootstrap);
    });

    async function dump(): Promise<string> {
      const settings = isServer
        ? { connectionString: url }
        : {
            host: join(folder, 'postgres', 'run'),
            user: 'hullcheck',
            database: 'hullcheck',
            password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
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
      const link = new URL(running.setupUrl ?? '');
      const token = link.hash.replace('#token=', '');
      const body = { email: 'Admin@Example.com', password: 'a long enough password' };
      expect((await call(null, 'POST', '/api/v1/setup', { ...body, token: 'hcx_wrong' })).status).toBe(401);
      expect((await call(null, 'POST', '/api/v1/setup', { ...body, token, password: 'short' })).status).toBe(400);
      expect(
        (await call(null, 'POST', '/api/v1/setup', { ...body, token }, { 'sec-fetch-site': 'cross-site' })).status,
      ).toBe(403);
      const both = await Promise.all([
        call(null, 'POST', '/api/v1/setup', { ...body, token }),
        call(null, 'POST', '/api/v1/setup', { ...body, email: 'b@example.com', token }),
      ]);
      expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
      // The bootstrap token ends with it.
      expect((await call(bootstrap, 'GET', '/api/v1/images')).status).toBe(401);
      const session = await call(null, 'GET', '/api/v1/session');
      expect(session.body.setup).toBe(false);
      const made = both.find(({ status }) => status === 201);
      expect(made?.headers.get('set-cookie')).toMatch(
        /^hullcheck_session=hcs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      email = made?.body.user.email;
    });
    let email: string;
    let cookie: string;
    const own = () => ({ cookie, origin: running.url });

    it('sign in with a cookie that changes things only from our own pages, and ends with them', async () => {
      const signedIn = await call(null, 'POST', '/api/v1/session', {
        email: email.toUpperCase(),
        password: 'a long enough password',
      });
      expect(signedIn.status).toBe(201);
      cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect((await call(null, 'GET', '/api/v1/session', undefined, { cookie })).body.user).toMatchObject({
        email,
        role: 'admin',
      });
      // Whoever signs in again gets another session, and the first one ends.
      const again = await call(
        null,
        'POST',
        '/api/v1/session',
        { email, password: 'a long enough password' },
        { cookie, origin: running.url },
      );
      expect((await call(null, 'GET', '/api/v1/images', undefined, { cookie })).status).toBe(401);
      cookie = again.headers.get('set-cookie')?.split(';')[0] ?? '';
      const body = { name: 'by cookie', role: 'viewer' };
      expect((await call(null, 'POST', '/api/v1/tokens', body, { cookie })).status).toBe(403);
      expect((await call(null, 'POST', '/api/v1/tokens', body, { cookie, origin: 'http://evil.example' })).status).toBe(
        403,
      );
      expect((await call(null, 'POST', '/api/v1/tokens', body, own())).status).toBe(201);
      expect((await call(null, 'DELETE', '/api/v1/session', undefined, own())).status).toBe(204);
      expect((await call(null, 'GET', '/api/v1/images', undefined, { cookie })).status).toBe(401);
    });

    it('are slowed down after wrong passwords, with the same answer for unknown accounts', async () => {
      const attempt = (who: string) =>
        call(null, 'POST', '/api/v1/session', { email: who, password: 'wrong password' });
      const first = await attempt(email);
      expect(first.status).toBe(401);
      expect((await attempt('nobody@example.com')).body.message).toBe(first.body.message);
      for (let tries = 0; tries < 4; tries += 1) await attempt(email);
      const slowed = await attempt(email);
      expect([slowed.status, slowed.body.code]).toEqual([429, 'rate-limited']);
      expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it('gain nothing by sending all their guesses at the same moment', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, guess) =>
          call(null, 'POST', '/api/v1/session', { email: 'hurry@example.com', password: `guess ${guess}` }),
        ),
      );
      // Fewer than five where the tests before this one used up what the address has.
      const tried = answers.filter(({ status }) => status === 401).length;
      expect(tried).toBeLessThanOrEqual(5);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - tried);
    });

    it('find all of it in the audit log', async () => {
      const { body } = await call('admin', 'GET', '/api/v1/audit?limit=500');
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
      expect(refused.length).toBeGreaterThan(10);
      expect(body.total.value).toBeGreaterThan(50);
    });
  });

  it('starts again with everything, and refuses another key file', async () => {
    const before = (await call('viewer', 'GET', '/api/v1/images')).body.items.map(
      ({ id, risk }: { id: string; risk: number }) => [id, risk],
    );
    await running.stop();
    const key = join(folder, 'credential.key');
    const kept = readFileSync(key);
    rmSync(key);
    writeFileSync(key, Buffer.alloc(32, 1));
    await expect(start()).rejects.toMatchObject({ code: 'unavailable' });
    rmSync(key);
    writeFileSync(key, kept, { mode: 0o400 });
    running = await start();
    expect(running.setupUrl).toBeNull();
    expect(
      (await call('viewer', 'GET', '/api/v1/images')).body.items.map(({ id, risk }: { id: string; risk: number }) => [
        id,
        risk,
      ]),
    ).toEqual(before);
  });
}
