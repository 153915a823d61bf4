import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DockerRegistry, dockerRegistryAvailable, runHullcheck, startDockerRegistry } from '@hullcheck/testkit';
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
