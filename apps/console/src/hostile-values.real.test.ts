import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentImage, AgentReport } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { listedContainer } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from './main.ts';
import type { RunningConsole } from './options.ts';

/* Values that the contract's types allow and that a database, a date or a stack does not take: each once broke a route for
   everybody, or refused all that a host reported. */

const bootstrap = 'bootstrap-token-of-the-test-0123456789';
const starterPath = join(import.meta.dirname, '../../../data/starter/hullcheck-starter.db.zst');
const sha256 = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;

/** A tar of files with these names and contents. */
function tar(files: { readonly [name: string]: Buffer }): Buffer {
  const parts = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(`0000644\0${'0000000\0'.repeat(2)}${data.length.toString(8).padStart(11, '0')}\0`, 100);
    header.write(`00000000000\0${' '.repeat(8)}0`, 136);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function imageCreated(created: string): { readonly archive: Buffer; readonly configDigest: Digest } {
  const layer = tar({ 'etc/os-release': Buffer.from('ID=alpine\nVERSION_ID=3.20\n') });
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      created,
      rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
    }),
  );
  const name = `${sha256(config).slice(7)}.json`;
  const manifest = [{ Config: name, RepoTags: ['dated/image:1'], Layers: ['layer.tar'] }];
  const files = { [name]: config, 'layer.tar': layer, 'manifest.json': Buffer.from(JSON.stringify(manifest)) };
  return { archive: tar(files), configDigest: sha256(config) };
}

describe('the console and values that nothing can hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hc-hostile-'));
  let running: RunningConsole;
  let key: string;
  let sequence = 0;

  const call = async (method: string, path: string, body?: unknown, token = bootstrap) => {
    const isBytes = body instanceof Buffer;
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/x-tar' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isBytes || typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const report = (more: Partial<AgentReport>): AgentReport => {
    sequence += 1;
    return {
      agent: { version: '1', mode: 'inventory' },
      host: { machineId: 'machine', name: 'host', os: null, kernel: null, architecture: null },
      runtimes: [],
      full: true,
      sequence,
      baseSequence: null,
      sentAt: new Date().toISOString(),
      images: [],
      containers: [],
      gone: { images: [], containers: [] },
      ...more,
    };
  };
  const image = (more: Partial<AgentImage> = {}): AgentImage => ({
    key: 'docker/1',
    runtime: 'docker',
    id: '1',
    idKind: 'unknown',
    configDigest: sha256('one'),
    manifestDigests: [],
    indexDigests: [],
    repoTags: ['on/host:1'],
    repoDigests: [],
    platform: 'linux/amd64',
    size: 1,
    created: null,
    labels: {},
    ...more,
  });
  const container = listedContainer('c', { imageReference: 'on/host:1', state: 'exited' });
  const send = (more: Partial<AgentReport>) => call('POST', '/api/agent/v1/report', report(more), key);

  beforeAll(async () => {
    const log = pino({ level: 'silent' });
    const options = { listen: '127.0.0.1:0', role: 'all', offline: true, version: '0', starterPath, log } as const;
    running = await runConsole({ ...options, dataDir: folder, bootstrapToken: bootstrap });
    const { body } = await call('POST', '/api/v1/agents/enrollments', {});
    const enrolled = await call('POST', '/api/agent/v1/enroll', { token: body.token, name: 'a', version: '1' }, 'none');
    // Enrolling is open to everybody, but a header that opens nothing is refused, also there.
    expect(enrolled.status).toBe(401);
    const response = await fetch(`${running.url}/api/agent/v1/enroll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: body.token, name: 'a', version: '1' }),
    });
    key = ((await response.json()) as { key: string }).key;
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['infinity', '-infinity', 'now', 'banana', '0000-01-01T00:00:00Z', '99999-01-01T00:00:00Z'])(
    'lists an image that says that it was created %s, with all the others',
    async (created) => {
      const { archive } = imageCreated(created);
      const received = await call('POST', '/api/v1/uploads?name=dated.tar', archive);
      expect(received.status).toBe(201);
      for (let tries = 0; tries < 200; tries += 1) {
        const { body } = await call('GET', `/api/v1/images/${received.body.images[0].id}`);
        if (body.assessment.activity === 'idle') break;
        await sleep(100);
      }
      const { status, body } = await call('GET', '/api/v1/images?sort=-created');
      expect(status).toBe(200);
      expect(body.items.find(({ id }: { id: string }) => id === received.body.images[0].id).created).toBeNull();
    },
  );

  const cursor = (...keys: unknown[]) => Buffer.from(JSON.stringify(keys)).toString('base64url');
  const id = '00000000-0000-4000-8000-00000000dead';
  it.each([
    'images?q=%00a',
    'images?os=%00',
    'images?repository=%00',
    'repositories?q=%00',
    `images/${id}/packages?q=%00`,
    `images/${id}/findings?layer=%00`,
    `images?cursor=${cursor('abc', id)}`,
    `images?cursor=${cursor(1e300, id)}`,
    `images?cursor=${cursor(99_999_999_999, id)}`,
    `images?cursor=${cursor(1.5, id)}`,
    `images?sort=-created&cursor=${cursor(1e30, id)}`,
    `images?sort=repository&cursor=${cursor('a\0', id)}`,
  ])('answers 400 to %s', async (path) => {
    expect((await call('GET', `/api/v1/${path}`)).status).toBe(400);
  });

  it.each<[string, Partial<AgentReport>]>([
    ['two images of one key', { images: [image(), image({ configDigest: sha256('two') })] }],
    ['keys that are one once they are text', { images: [image({ key: 'k\ud800' }), image({ key: 'k\udc00' })] }],
    ['two containers of one id', { containers: [container, container] }],
    ['an image of the year 0', { images: [image({ created: '0000-01-01T00:00:00Z' })] }],
    ['a clock of the year 0', { sentAt: '0000-01-01T00:00:00Z' }],
    ['an offset of a day', { containers: [{ ...container, created: '2020-01-01T00:00:00+23:59' }] }],
    ['an exit code of 33 bits', { containers: [{ ...container, exitCode: 2 ** 32 }] }],
  ])('refuses a report with %s as the mistake of its sender', async (_, more) => {
    expect((await send(more)).status).toBe(400);
  });

  it('takes lone surrogates for text', async () => {
    const host = { machineId: 'm', name: '\ud800', os: '\ud800', kernel: '\udfff', architecture: '\ud800' };
    expect((await send({ host, images: [image({ repoTags: ['\ud800'] })] })).status).toBe(200);
  });

  it('refuses what is nested deeper than it can walk', async () => {
    const layer = { schemaVersion: 1, diffId: sha256('l'), blobDigest: sha256('b'), compression: 'none', readers: {} };
    const rest = { blobBytes: 1, tarBytes: 1, entries: 1, whiteouts: [], opaque: [], links: {}, problems: [] };
    const evidence = [{ analyzer: 'dpkg', path: 'x', data: '@' }];
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = JSON.stringify({ ...layer, ...rest, evidence }).replace('"@"', deep);
    expect((await call('POST', '/api/agent/v1/layers', body, key)).status).toBe(413);
  });

  it('lets no agent rewrite what the console read of an image', async () => {
    const { archive, configDigest } = imageCreated('2020-01-01T00:00:00Z');
    const received = await call('POST', '/api/v1/uploads?name=own.tar', archive);
    const claim = { configDigest, platform: 'plan9/pdp11', created: '1999-01-01T00:00:00Z', size: 7 };
    expect((await send({ images: [image(claim)] })).status).toBe(200);
    const { body } = await call('GET', `/api/v1/images/${received.body.images[0].id}`);
    expect(body.sources.map(({ kind }: { kind: string }) => kind)).toContain('host');
    expect(body).toMatchObject({ platform: 'linux/amd64', created: '2020-01-01T00:00:00.000Z' });
    expect(body.size).not.toBe(7);
  });
});
