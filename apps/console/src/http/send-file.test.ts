import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRange, sendFile } from './send-file.ts';

const text = 'abcdefghij';
const etag = '"sha256-feed"';
let folder: string;
let server: FastifyInstance;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-send-'));
  const file = join(folder, 'file');
  writeFileSync(file, text);
  server = fastify();
  server.get('/', (request, reply) =>
    sendFile(request, reply, { path: file, bytes: text.length, sha256: 'feed', mediaType: 'application/zstd' }),
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (headers: Record<string, string>) => server.inject({ url: '/', headers });

describe('answering with a file', () => {
  it('sends the whole with tag and length', async () => {
    const answer = await get({});
    expect(answer).toMatchObject({ statusCode: 200, body: text });
    expect(answer.headers).toMatchObject({ etag, 'content-length': '10', 'accept-ranges': 'bytes' });
  });

  it.each([
    ['bytes=0-3', 'abcd', 'bytes 0-3/10'],
    ['bytes=7-', 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 'ij', 'bytes 8-9/10'],
    ['bytes=8-100', 'ij', 'bytes 8-9/10'],
    ['bytes=-100', text, 'bytes 0-9/10'],
  ])('sends the part %s', async (range, body, contentRange) => {
    const answer = await get({ range });
    expect(answer).toMatchObject({ statusCode: 206, body });
    expect(answer.headers['content-range']).toBe(contentRange);
    expect(answer.headers['content-length']).toBe(String(body.length));
  });

  it('sends the part only where the file is still the same', async () => {
    expect(await get({ range: 'bytes=7-', 'if-range': etag })).toMatchObject({ statusCode: 206, body: 'hij' });
    expect(await get({ range: 'bytes=7-', 'if-range': '"sha256-other"' })).toMatchObject({
      statusCode: 200,
      body: text,
    });
  });

  it('says that nothing changed, and that a part is not there', async () => {
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      expect(await get({ 'if-none-match': tag })).toMatchObject({ statusCode: 304, body: '' });
    }
    const beyond = await get({ range: 'bytes=10-' });
    expect(beyond.statusCode).toBe(416);
    expect(beyond.headers['content-range']).toBe('bytes */10');
  });

  it.each(['bytes=3-1', 'bytes=a-b', 'bytes=-', 'items=0-3', 'bytes=0-1,3-4', 'bytes=0-99999999999999999999'])(
    'ignores %s',
    (range) => expect(parseRange(range, 10)).toBeUndefined(),
  );
});
