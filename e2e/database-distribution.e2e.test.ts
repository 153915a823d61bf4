import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consoleClient,
  type DockerRegistry,
  dockerRegistryAvailable,
  runHullcheck,
  type StartedHullcheck,
  startDockerRegistry,
  startHullcheck,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const account = { username: 'publisher', password: 'CANARY-pä55:word' };

describe.skipIf(!dockerRegistryAvailable)('a database on its way from one machine to another', () => {
  let folder: string;
  let registry: DockerRegistry;
  /** Two machines: each its own cache and its own settings. */
  let publisher: Record<string, string>;
  let follower: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hullcheck-distribution-'));
    registry = await startDockerRegistry({ tls: true, htpasswd: account });
    const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
    mkdirSync(join(folder, 'docker'));
    writeFileSync(join(folder, 'docker', 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    writeFileSync(join(folder, 'ca.pem'), String(registry.ca));
    for (const name of ['db', 'other']) {
      const key = join(folder, `${name}.key`);
      execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
      execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', join(folder, `${name}.pub`)]);
    }
    const shared = { HOME: folder, DOCKER_CONFIG: join(folder, 'docker'), SSL_CERT_FILE: join(folder, 'ca.pem') };
    publisher = { ...shared, HULLCHECK_CACHE: join(folder, 'publisher') };
    follower = { ...shared, HULLCHECK_CACHE: join(folder, 'follower') };
    writeMirror(join(folder, 'mirror'), ['CVE-2024-1000']);
    expect(await run(['db', 'build', '--feeds', join(folder, 'mirror'), '-q'], publisher)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Record<string, string>) => runHullcheck(args, { env, cwd: folder });
  const revisions = () => readdirSync(join(folder, 'follower', 'databases'));

  it('is pushed signed by one process and pulled by another, which says that it verified it', async () => {
    const reference = `${registry.host}/team/database`;
    const pushed = await run(['db', 'push', reference, '--sign-key', 'db.key'], publisher);
    expect(pushed).toMatchObject({ code: 0, stdout: expect.stringMatching(/database:1@sha256:[0-9a-f]{64}\n$/) });
    expect(pushed.stderr).toContain('signed by SHA256:');

    const wrong = await run(['db', 'pull', reference, '--key', 'other.pub'], follower);
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no trusted key signed it') });
    expect(revisions()).toEqual([]);

    const taken = await run(['db', 'update', '--from', `oci:${reference}`, '--key', 'db.pub'], follower);
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringMatching(/^taken [0-9a-f]{64} /) });
    expect(taken.stderr).toContain('signature verified');
    const again = await run(['db', 'update', '--no-progress'], {
      ...follower,
      HULLCHECK_DATABASE_SOURCE: `oci:${reference}`,
    });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^unchanged /) });
    expect(again.stderr).toContain('not verified: no key is named');

    const status = await run(['db', 'status'], { ...follower, HULLCHECK_DB_KEY: join(folder, 'db.pub') });
    expect(status.stdout).toContain('verified: made by a trusted key');
    expect(JSON.stringify([pushed, wrong, taken])).not.toContain('CANARY');
  });

  it('says that a database is not signed, and refuses it where a key is named', async () => {
    const reference = `${registry.host}/team/unsigned`;
    const pushed = await run(['db', 'push', reference], publisher);
    expect(pushed.stderr).toContain('not signed: no key is named');
    const before = revisions();
    const refused = await run(['db', 'pull', reference, '--key', 'db.pub'], follower);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('it is not signed') });
    expect(revisions()).toEqual(before);
    const accepted = await run(['db', 'pull', reference], { ...follower, HULLCHECK_CACHE: join(folder, 'third') });
    expect(accepted).toMatchObject({ code: 0, stderr: expect.stringContaining('signature none') });
  });

  it('crosses an air gap in one file, which openssl verifies as well', async () => {
    const exported = await run(['db', 'export', 'carried.zst', '--sign-key', 'db.key'], publisher);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringMatching(/^carried\.zst \d+ bytes sha256:/) });
    const signature = Buffer.from(readFileSync(join(folder, 'carried.zst.sig'), 'latin1').trim(), 'base64');
    writeFileSync(join(folder, 'der'), signature);
    const said = execFileSync('openssl', ['dgst', '-sha256', '-verify', 'db.pub', '-signature', 'der', 'carried.zst'], {
      cwd: folder,
    });
    expect(said.toString()).toContain('Verified OK');
    expect(await run(['db', 'verify', 'carried.zst', '--key', 'db.pub'], follower)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok [0-9a-f]{64} carried\.zst\n$/),
      stderr: '',
    });
    const env = { ...follower, HULLCHECK_CACHE: join(folder, 'gap') };
    expect(await run(['db', 'import', 'carried.zst', '--key', 'db.pub'], env)).toMatchObject({ code: 0, stderr: '' });
    const other = await run(['db', 'import', 'carried.zst', '--key', 'other.pub'], env);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
  });

  it.each([
    [['db', 'pull'], 'HULLCHECK_DATABASE_SOURCE'],
    [['db', 'update', '--from', 'http://console.example.com'], 'over https'],
    [['db', 'update', '--from', 'oci:x', '--feeds', '.'], 'both'],
    [['db', 'push', 'host.example/Upper/case'], 'lower case'],
    [['db', 'verify', '--key', 'db.key'], 'not a public key'],
    [['db', 'export', 'x.zst', '--sign-key', 'db.pub'], 'not a private key'],
  ])('says of %j what is wrong', async (args, words) => {
    const result = await run(args, follower);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(words);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });
});

it('the cache holds the newest database and the one before it, however often it is updated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-cache-'));
  try {
    const env = { HOME: folder, HULLCHECK_CACHE: join(folder, 'cache') };
    const known = () => readdirSync(join(folder, 'cache', 'databases')).sort();
    const taken: string[] = [];
    for (const [at, command] of ['build', 'update', 'update'].entries()) {
      const ids = Array.from({ length: 40 + at }, (_, id) => `CVE-2024-${1000 + id}`);
      writeMirror(join(folder, 'mirror'), ids);
      const result = await runHullcheck(['db', command, '--feeds', join(folder, 'mirror'), '-q'], { env, cwd: folder });
      expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^built [0-9a-f]{64} /) });
      taken.push(`${result.stdout.split(' ')[1]}.db`);
      expect(known()).toEqual(taken.slice(-2).sort());
    }
    const [, pinned = ''] = taken;
    const pinning = { ...env, HULLCHECK_DB: join(folder, 'cache', 'databases', pinned) };
    for (const more of [50, 51]) {
      writeMirror(
        join(folder, 'mirror'),
        Array.from({ length: more }, (_, id) => `CVE-2024-${1000 + id}`),
      );
      await runHullcheck(['db', 'update', '--feeds', join(folder, 'mirror'), '-q'], { env: pinning, cwd: folder });
    }
    expect(known()).toHaveLength(3);
    expect(known()).toContain(pinned);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('a console and those who follow it', () => {
  const token = 'end-to-end-bootstrap-token-0123456789abcdef';
  /** More than the starter's, which the console begins with: a feed that shrank would not be taken. */
  const ids = Array.from({ length: 2_500 }, (_, at) => `CVE-2024-${10_000 + at}`);
  let folder: string;
  let publisher: StartedHullcheck;
  let url: string;
  const running: StartedHullcheck[] = [];

  async function start(name: string, env: Record<string, string>) {
    const started = startHullcheck(['console', '--data', join(folder, name), '--listen', '127.0.0.1:0'], {
      env: { HULLCHECK_BOOTSTRAP_TOKEN: token, HULLCHECK_LOG_LEVEL: 'warn', ...env },
    });
    running.push(started);
    const [, address = ''] = await started.until(/Hullcheck is at (http:\/\/[\w.:]+)/, 90_000);
    return { started, address };
  }

  /** Waits until the console's database is another than this one: a refresh that was asked for, or the first one. */
  async function nextRevision(address: string, before: string | null): Promise<string> {
    const client = consoleClient(address, token);
    for (let attempt = 0; attempt < 240; attempt += 1) {
      const { revision, starter, activity } = await client.call('database.get', {});
      if (revision !== null && !starter && revision !== before && activity === 'idle') return revision;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`${address} has no new database:\n${running.map((one) => one.output()).join('\n')}`);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hullcheck-followed-'));
    writeMirror(join(folder, 'mirror'), ids);
    ({ started: publisher, address: url } = await start('publisher', { HULLCHECK_FEEDS: join(folder, 'mirror') }));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const update = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    runHullcheck(['db', 'update', '--server', url, '--no-progress', ...args], {
      env: { HOME: folder, HULLCHECK_CACHE: join(folder, 'cache'), HULLCHECK_TOKEN: token, ...env },
      cwd: folder,
    });

  it('gives a command line the whole database first, then only what changed', async () => {
    const first = await nextRevision(url, null);
    const whole = await update();
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining(`taken ${first} `) });
    expect(whole.stderr).toContain('signature none');
    expect(await update()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^unchanged /) });

    writeMirror(join(folder, 'mirror'), [...ids, 'CVE-2024-1001']);
    await consoleClient(url, token).call('database.refresh', {});
    const second = await nextRevision(url, first);
    const changed = await update(['-f', 'json']);
    expect(changed.stderr).toBe('');
    expect(JSON.parse(changed.stdout)).toMatchObject({
      outcome: 'taken',
      revision: second,
      way: { kind: 'changes', steps: 1 },
      signature: 'not-signed',
    });
    // The content hash is computed again over every row: equal names are equal contents.
    const verified = await runHullcheck(['db', 'verify', '-q'], { env: { HULLCHECK_CACHE: join(folder, 'cache') } });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining(`ok ${second}`) });
  });

  it('refuses whoever has no token, and a database that is not signed where a key is named', async () => {
    const stranger = await update([], { HULLCHECK_TOKEN: 'hc_wrong' });
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining('does not let this in') });
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'k'], {
      cwd: folder,
    });
    execFileSync('openssl', ['pkey', '-in', 'k', '-pubout', '-out', 'k.pub'], { cwd: folder });
    const unsigned = await update(['--key', 'k.pub'], { HULLCHECK_CACHE: join(folder, 'other') });
    expect(unsigned).toMatchObject({ code: 1, stderr: expect.stringContaining('it is not signed') });
    expect(readdirSync(join(folder, 'other', 'databases'))).toEqual([]);
  });

  it('answers parts of the file, and says that nothing changed', async () => {
    const get = (headers: Record<string, string>) =>
      fetch(new URL('/api/v1/database/file', url), { headers: { authorization: `Bearer ${token}`, ...headers } });
    const whole = Buffer.from(await (await get({})).arrayBuffer());
    const part = await get({ range: `bytes=10-19` });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(10, 20));
    expect((await get({ 'if-none-match': String(part.headers.get('etag')) })).status).toBe(304);
    expect((await fetch(new URL('/api/v1/database/file', url))).status).toBe(401);
    const unknown = new URL(`/api/v1/database/changes?from=${'0'.repeat(64)}`, url);
    expect((await fetch(unknown, { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
  });

  it('lets another console follow it, which is followed in turn', async () => {
    const { address } = await start('follower', { HULLCHECK_DATABASE_SOURCE: url, HULLCHECK_DATABASE_TOKEN: token });
    const taken = await nextRevision(address, null);
    expect(taken).toBe((await consoleClient(url, token).call('database.get', {})).revision);
    writeMirror(join(folder, 'mirror'), [...ids, 'CVE-2024-1001', 'CVE-2024-1002']);
    await consoleClient(url, token).call('database.refresh', {});
    const next = await nextRevision(url, taken);
    await consoleClient(address, token).call('database.refresh', {});
    expect(await nextRevision(address, taken)).toBe(next);
    const changes = await fetch(new URL(`/api/v1/database/changes?from=${taken}`, address), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(changes.status).toBe(200);
    await publisher.stop();
    // Its source is gone: what it has stays.
    await consoleClient(address, token).call('database.refresh', {});
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await consoleClient(address, token).call('database.get', {})).revision).toBe(next);
  });
});

/** A mirror of one small feed: what is carried here is not what matters. */
function writeMirror(mirror: string, ids: readonly string[]): void {
  const text = JSON.stringify({
    dateReleased: '2026-08-07T16:00:00Z',
    vulnerabilities: ids.map((cveID) => ({ cveID, dateAdded: '2024-05-01' })),
  });
  const file = 'cisa-kev/known_exploited_vulnerabilities.json';
  mkdirSync(join(mirror, 'cisa-kev'), { recursive: true });
  writeFileSync(join(mirror, file), text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const files = [{ path: file, bytes: Buffer.byteLength(text), sha256 }];
  writeFileSync(join(mirror, 'MANIFEST.json'), JSON.stringify([{ id: 'cisa-kev', snapshotDate: '2026-08-07', files }]));
}
