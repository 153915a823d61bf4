import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openFile } from '../database/reading.ts';
import { newestDatabase } from '../database/revisions.ts';
import { SMALL } from '../database/small-mirror.ts';
import { exportDatabase, importDatabase } from './carrying.ts';
import { followConsole } from './follow-console.ts';
import { emptyCache, keyPair, smallPublisher } from './small-database.ts';
import { writeDelta } from './write-delta.ts';

const key = keyPair();
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

/** A console that says and sends what it likes. */
async function serve(status: object, files: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const [asked = ''] = (request.url ?? '').split('?');
    if (asked === '/api/v1/database') return response.end(JSON.stringify(status));
    const file = files[asked];
    if (file === undefined) return response.writeHead(404).end();
    const bytes = readFileSync(file);
    const etag = `"sha256-${createHash('sha256').update(bytes).digest('hex')}"`;
    return response.writeHead(200, { etag, 'content-length': bytes.byteLength }).end(bytes);
  });
  cleanUp.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function signed(location: string): Promise<{ readonly packed: string; readonly plain: string }> {
  const packed = path.join(emptyCache(), 'signed.zst');
  await exportDatabase(location, packed, key.signing);
  return { packed, plain: await importDatabase(packed, emptyCache()) };
}

async function twoRevisions() {
  const publisher = smallPublisher();
  const old = await signed((await publisher.build(SMALL, '2026-09-01T00:00:00Z')).path);
  const kev = { ...SMALL.kev, 'CVE-2024-1001': '2024-06-01' };
  const fresh = await signed((await publisher.build({ ...SMALL, kev }, '2026-09-02T00:00:00Z')).path);
  return { old, fresh };
}

const follow = (url: string, cacheDir: string) =>
  followConsole({
    url,
    token: null,
    cacheDir,
    keys: key.trusted,
    transport: { egress: { registry: ['loopback'], elsewhere: [] } },
    signal: AbortSignal.timeout(20_000),
  });

function revisionOf(location: string): string {
  const file = openFile(location);
  file.connection.close();
  return file.revision;
}

describe('a console that is followed', () => {
  it.each(['the whole', 'changes'])('can not pass an old signed database off as new one by %s', async (way) => {
    const { old, fresh } = await twoRevisions();
    const changes = path.join(emptyCache(), 'back.zst');
    expect(await writeDelta(fresh.plain, old.plain, changes)).toBeGreaterThan(0);
    const files = {
      '/api/v1/database/file': old.packed,
      ...(way === 'changes' && { '/api/v1/database/changes': changes }),
    };
    const url = await serve({ revision: revisionOf(old.plain), builtAt: '2027-01-01T00:00:00Z' }, files);
    const cache = emptyCache();
    const used = await importDatabase(fresh.packed, cache, key.trusted);
    await expect(follow(url, cache)).rejects.toMatchObject({
      code: 'database-invalid',
      message: expect.stringContaining('older than the one in use'),
    });
    expect((await newestDatabase(path.dirname(used))).found?.path).toBe(used);
  });

  it.each(['the whole', 'changes'])('gives a newer one by %s', async (way) => {
    const { old, fresh } = await twoRevisions();
    const changes = path.join(emptyCache(), 'on.zst');
    expect(await writeDelta(old.plain, fresh.plain, changes)).toBeGreaterThan(0);
    const files = {
      '/api/v1/database/file': fresh.packed,
      ...(way === 'changes' && { '/api/v1/database/changes': changes }),
    };
    const url = await serve({ revision: revisionOf(fresh.plain), builtAt: '2026-09-02T00:00:00Z' }, files);
    const cache = emptyCache();
    await importDatabase(old.packed, cache, key.trusted);
    const report = await follow(url, cache);
    expect(report).toMatchObject({ outcome: 'taken', revision: revisionOf(fresh.plain) });
    expect(report.way?.kind).toBe(way === 'changes' ? 'changes' : 'whole');
  });
});
