import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTransport, type Transport } from '@hullcheck/registry';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackedText } from './decompression.ts';
import { type Download, feedIo } from './fetching.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotStore } from './snapshot-store.ts';

const NOW = '2026-09-01T00:00:00Z';
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let answer: Answer;
let seen: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
let base: string;
let cacheDir: string;
let store: SnapshotStore;
const server = createServer((request, response) => {
  seen.push({ url: request.url ?? '', headers: request.headers });
  answer(request, response);
});

beforeEach(async () => {
  seen = [];
  transport = createTransport({ egress: { registry: ['loopback'], elsewhere: [] } });
  cacheDir = mkdtempSync(path.join(tmpdir(), 'hullcheck-fetch-'));
  store = new SnapshotStore(cacheDir);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterEach(async () => {
  await transport.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let transport: Transport;
const io = () => feedIo('f', store, NOW, { transport, signal: undefined, allowPlainHttp: false, retryDelayMs: 1 });
const file = (more: Partial<Download> = {}): Download => ({
  url: `${base}/data.json`,
  path: 'data.json',
  part: 'f',
  bytesMax: 1000,
  ...more,
});
const PARTS = [{ id: 'f', extent: 'whole' }] as const;
const snapshotOf = (got: Snapshot | 'unchanged'): Snapshot => {
  if (got === 'unchanged') throw new Error('the fetch said unchanged');
  return got;
};
const textOf = async (snapshot: Snapshot) => Promise.all(snapshot.files.map((one) => unpackedText(one)));
const leftovers = () =>
  readdirSync(path.join(cacheDir, 'snapshots', 'f')).filter((name) => name.startsWith('.staging'));

test('makes a snapshot once, and asks with its validators afterwards', async () => {
  answer = (request, response) => {
    if (request.headers['if-none-match'] === '"v1"') return response.writeHead(304).end();
    return response.writeHead(200, { etag: '"v1"', 'last-modified': 'Fri, 21 Aug 2026 10:00:00 GMT' }).end('{"a":1}');
  };
  const first = snapshotOf(await io().download([file()], PARTS, undefined));
  expect(await textOf(first)).toEqual(['{"a":1}']);
  expect(first.manifest.parts).toEqual([{ id: 'f', extent: 'whole', updatedAt: '2026-08-21T10:00:00Z' }]);
  expect(await io().download([file()], PARTS, first.manifest)).toBe('unchanged');
  expect(seen[1]?.headers).toMatchObject({
    'if-none-match': '"v1"',
    'if-modified-since': 'Fri, 21 Aug 2026 10:00:00 GMT',
  });
  expect(await textOf(snapshotOf((await store.find('f', first.manifest.digest)) ?? 'unchanged'))).toEqual(['{"a":1}']);
  expect(leftovers()).toEqual([]);
});

test('keeps the files that did not change when another one did', async () => {
  let two = 'two';
  answer = (request, response) => {
    if (request.url === '/one' && request.headers['if-none-match'] === '"1"') return response.writeHead(304).end();
    if (request.url === '/absent') return response.writeHead(404).end();
    return response
      .writeHead(200, { etag: request.url === '/one' ? '"1"' : 'W/"2"' })
      .end(request.url === '/one' ? 'one' : two);
  };
  const files = ['one', 'two', 'absent'].map((name) =>
    file({ url: `${base}/${name}`, path: name, optional: name === 'absent' }),
  );
  const first = snapshotOf(await io().download(files, PARTS, undefined));
  expect(await textOf(first)).toEqual(['one', 'two']);
  two = 'second';
  const second = snapshotOf(await io().download(files, PARTS, first.manifest));
  expect(await textOf(second)).toEqual(['one', 'second']);
  expect(second.manifest.digest).not.toBe(first.manifest.digest);
  expect(await textOf(first)).toEqual(['one', 'two']);
});

test('goes on where a cut download stopped, only if the file is still the same', async () => {
  // Large enough that much of it is on disk before the connection ends.
  const whole = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => String(at % 9973).padStart(4, '0')).join(''));
  answer = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (seen.length === 1) {
      response.writeHead(200, { etag: '"v1"', 'content-length': whole.length });
      response.write(whole.subarray(0, 3_000_000), () => response.socket?.end());
    } else if (start > 0 && request.headers['if-range'] === '"v1"') {
      const range = `bytes ${start}-${whole.length - 1}/${whole.length}`;
      response
        .writeHead(206, { etag: '"v1"', 'content-length': whole.length - start, 'content-range': range })
        .end(whole.subarray(start));
    } else response.writeHead(404).end();
  };
  const resumed = snapshotOf(await io().download([file({ bytesMax: whole.length })], PARTS, undefined));
  expect(await textOf(resumed)).toEqual([whole.toString()]);
  expect(seen).toHaveLength(2);

  seen = [];
  answer = (_request, response) => {
    if (seen.length === 1) {
      response.writeHead(200, { etag: '"v2"', 'content-length': 800 });
      response.write('old'.repeat(100), () => response.socket?.end());
    } else response.writeHead(200, { etag: '"v3"' }).end('new');
  };
  expect(await textOf(snapshotOf(await io().download([file()], PARTS, undefined)))).toEqual(['new']);
});

/** A server whose connections end after so many bytes; it counts what it sends. */
function cutting(
  whole: Buffer,
  bytesEach: number,
  validators: Record<string, string>,
): { readonly sent: () => number } {
  let sent = 0;
  answer = (request, response) => {
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const start = request.headers['if-range'] === (validators.etag ?? validators['last-modified']) ? asked : 0;
    const piece = whole.subarray(start, start + bytesEach);
    sent += piece.length;
    response.writeHead(start === 0 ? 200 : 206, {
      ...validators,
      'content-length': whole.length - start,
      ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` }),
    });
    if (start + bytesEach >= whole.length) response.end(piece);
    else response.write(piece, () => response.socket?.end());
  };
  return { sent: () => sent };
}

test.each<[string, Record<string, string>]>([
  ['an entity tag', { etag: '"v1"' }],
  ['a date', { 'last-modified': 'Fri, 21 Aug 2026 10:00:00 GMT' }],
])('the next update goes on where the last one gave up, by %s', async (_name, validators) => {
  const whole = Buffer.alloc(8_000_000, 'hullcheck ');
  const server = cutting(whole, 1_500_000, validators);
  const got = () => io().download([file({ bytesMax: whole.length })], PARTS, undefined);
  await expect(got()).rejects.toMatchObject({ code: 'unreachable' });
  expect(seen).toHaveLength(3);
  expect(leftovers()).toEqual([]);
  const snapshot = snapshotOf(await got());
  expect(await textOf(snapshot)).toEqual([whole.toString()]);
  // Nothing that arrived was asked for again; what was on its way when a connection ended may have been lost.
  expect(server.sent()).toBeLessThan(whole.length * 1.5);
  expect(seen).toHaveLength(6);
  expect(leftovers()).toEqual([]);
});

test.each([
  ['"1"', 'is not sent again', ['one', 'two'], 1],
  ['W/"1"', 'is not sent again', ['one', 'two'], 1],
  [undefined, 'is, when nothing tells its version', ['one', 'two'], 2],
])('a file with the tag %s that was whole when another one failed %s', async (etag, _what, texts, sendings) => {
  let failing = true;
  let sent = 0;
  answer = (request, response) => {
    if (request.url === '/two') {
      if (failing) return response.writeHead(500).end();
      return response.writeHead(200).end('two');
    }
    if (etag !== undefined && request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    sent += 1;
    return response.writeHead(200, etag === undefined ? {} : { etag }).end('one');
  };
  const files = ['one', 'two'].map((name) => file({ url: `${base}/${name}`, path: name }));
  await expect(io().download(files, PARTS, undefined)).rejects.toMatchObject({ code: 'unreachable' });
  expect(leftovers()).toEqual([]);
  failing = false;
  const snapshot = snapshotOf(await io().download(files, PARTS, undefined));
  expect(await textOf(snapshot)).toEqual(texts);
  expect(snapshot.manifest.files[0]?.etag ?? undefined).toBe(etag);
  expect(sent).toBe(sendings);
  expect(await io().download(files.slice(0, 1), PARTS, undefined)).not.toBe('unchanged');
});

test('a file that was whole and has changed since is taken anew', async () => {
  let version = '1';
  answer = (request, response) => {
    if (request.url === '/two' && version === '1') return response.writeHead(500).end();
    if (request.headers['if-none-match'] === `"${version}"`) return response.writeHead(304).end();
    return response.writeHead(200, { etag: `"${version}"` }).end(request.url + version);
  };
  const files = ['one', 'two'].map((name) => file({ url: `${base}/${name}`, path: name }));
  await expect(io().download(files, PARTS, undefined)).rejects.toMatchObject({ code: 'unreachable' });
  version = '2';
  expect(await textOf(snapshotOf(await io().download(files, PARTS, undefined)))).toEqual(['/one2', '/two2']);
});

test.each([
  ['without a range', undefined],
  ['from another place', 'bytes 100-899/900'],
  ['that ends before the file does', 'bytes 600-700/900'],
])('starts again when the server sends a part %s', async (_name, range) => {
  answer = (request, response) => {
    if (seen.length === 1) {
      response.writeHead(200, { etag: '"v1"', 'content-length': 900 });
      response.write('a'.repeat(600), () => response.socket?.end());
    } else if (request.headers.range !== undefined) {
      response.writeHead(206, { etag: '"v1"', ...(range === undefined ? {} : { 'content-range': range }) }).end('bad');
    } else response.writeHead(200, { etag: '"v1"' }).end('a'.repeat(900));
  };
  expect(await textOf(snapshotOf(await io().download([file()], PARTS, undefined)))).toEqual(['a'.repeat(900)]);
  expect(seen.at(-1)?.headers.range).toBeUndefined();
});

test('does not take a part that nobody asked for', async () => {
  answer = (_request, response) => response.writeHead(206, { 'content-range': 'bytes 0-1/900' }).end('{}');
  await expect(io().download([file()], PARTS, undefined)).rejects.toMatchObject({ code: 'unreachable' });
});

test.each<[string, Answer, string, number]>([
  ['a body above the limit', (_q, r) => r.writeHead(200).end('x'.repeat(2000)), 'limit-exceeded', 1],
  ['a file that is not there', (_q, r) => r.writeHead(404).end(), 'not-found', 1],
  ['a refusal', (_q, r) => r.writeHead(403).end(), 'authorization-failed', 1],
  ['a storm of errors', (_q, r) => r.writeHead(503).end(), 'unreachable', 3],
  [
    'a redirect to plain http elsewhere',
    (_q, r) => r.writeHead(302, { location: 'http://feeds.example/x' }).end(),
    'address-refused',
    1,
  ],
  ['a redirect to a file', (_q, r) => r.writeHead(302, { location: 'file:///etc/passwd' }).end(), 'address-refused', 1],
  ['a redirect to no address', (_q, r) => r.writeHead(302, { location: 'https://[' }).end(), 'feed-invalid', 1],
  ['the metadata', (_q, r) => r.writeHead(302, { location: 'https://169.254.169.254/' }).end(), 'address-refused', 1],
  ['a redirect without end', (_q, r) => r.writeHead(302, { location: '/again' }).end(), 'feed-invalid', 6],
])('refuses %s', async (_name, respond, code, requests) => {
  answer = respond;
  await expect(io().download([file()], PARTS, undefined)).rejects.toMatchObject({ name: 'Fault', code });
  expect(seen).toHaveLength(requests);
});

test('a source cannot lead to another service of this machine', async () => {
  const asked: string[] = [];
  const neighbour = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
  const address = neighbour.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  answer = (_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/admin` }).end();
  try {
    await expect(io().download([file()], PARTS, undefined)).rejects.toMatchObject({ code: 'address-refused' });
    expect(asked).toEqual([]);
  } finally {
    await new Promise((resolve) => neighbour.close(resolve));
  }
});

test('a name that leads inside is not followed, whoever answers for it', async () => {
  await transport.close();
  transport = createTransport({ resolve: async () => [{ address: '10.0.0.7', family: 4 }] });
  const download = io().download([file({ url: 'https://feeds.example/x' })], PARTS, undefined);
  await expect(download).rejects.toMatchObject({
    code: 'address-refused',
    message: expect.stringContaining('feeds.example'),
  });
});

test('plain http is refused before anything is sent, except on loopback', async () => {
  await expect(io().download([file({ url: 'http://feeds.example/x' })], PARTS, undefined)).rejects.toMatchObject({
    code: 'address-refused',
  });
});

test('a snapshot whose file was cut on disk is not found', async () => {
  answer = (_request, response) => response.writeHead(200).end('content');
  const { manifest } = snapshotOf(await io().download([file()], PARTS, undefined));
  writeFileSync(path.join(cacheDir, 'snapshots', 'f', manifest.digest, manifest.files[0]?.sha256 ?? ''), 'cut');
  expect(await store.find('f', manifest.digest)).toBeUndefined();
  expect(await textOf(snapshotOf(await io().download([file()], PARTS, undefined)))).toEqual(['content']);
});

test('reads a pointer, and no more of it than a pointer has', async () => {
  answer = (request, response) =>
    request.url === '/gone' ? response.writeHead(404).end() : response.writeHead(200).end(pointed);
  let pointed = 'csaf_vex_2026-08-21.tar.zst\n';
  expect(await io().pointer(`${base}/latest.txt`)).toBe(pointed);
  await expect(io().pointer(`${base}/gone`)).rejects.toMatchObject({ name: 'Fault', code: 'not-found' });
  pointed = 'a'.repeat(1024 * 1024 + 1);
  await expect(io().pointer(`${base}/latest.txt`)).rejects.toMatchObject({ name: 'Fault', code: 'limit-exceeded' });
});
