import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import {
  type Certificate,
  corpusLayout,
  type DockerRegistry,
  dockerRegistryAvailable,
  makeCertificate,
  startDockerRegistry,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
import { certificateChain, checkClientCertificate } from './client-certificate.ts';

const layout = corpusLayout('alpine-3.20');
const signal = () => AbortSignal.timeout(60_000);
const DAY_MS = 86_400_000;
type Three = [string, string, string];

describe.skipIf(!dockerRegistryAvailable)('a client certificate', () => {
  let folder: string;
  let client: Certificate;
  let stranger: Certificate;
  const open: RegistryClient[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hullcheck-mtls-'));
    const made = ['client', 'stranger'].map((name) => {
      mkdirSync(join(folder, name));
      return makeCertificate(join(folder, name));
    });
    [client, stranger] = (await Promise.all(made)) as [Certificate, Certificate];
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const connect = (registry: string, tls: RegistryClientOptions['tls'], more: Partial<RegistryClientOptions> = {}) => {
    const egress = { registry: ['loopback'], elsewhere: ['loopback'] };
    const made = createRegistryClient({ registry, egress, ...(tls === undefined ? {} : { tls }), ...more });
    open.push(made);
    return made;
  };

  it('is told by its name and its end', () => {
    expect(checkClientCertificate(client, Date.now())).toEqual({ subject: 'localhost', endsAtMs: expect.any(Number) });
  });

  it('is refused with the reason where no server could take it', () => {
    const now = Date.now();
    const check =
      (more: object, nowMs = now) =>
      () =>
        checkClientCertificate({ ...client, ...more }, nowMs);
    expect(check({ key: stranger.key })).toThrow('not that of the client certificate');
    expect(check({}, now + 3 * DAY_MS)).toThrow(/ended on \d{4}-\d\d-\d\d/);
    expect(check({}, now - 3 * DAY_MS)).toThrow(/valid from/);
    expect(check({ certificate: 'MIIB' })).toThrow('can not be read');
    expect(check({ key: 'CANARY' })).toThrow(/^the key of the client certificate can not be read$/);
    const encrypted = execFileSync('openssl', ['pkcs8', '-topk8', '-in', client.keyPath, '-passout', 'pass:x'], {
      encoding: 'utf8',
    });
    expect(check({ key: encrypted })).toThrow('encrypted');
  });

  it('is refused where TLS would not take it: a short key, a link that can not be read', () => {
    const [keyPath, path] = [join(folder, 'short.key'), join(folder, 'short.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-days', '2', '-subj', '/CN=short'];
    execFileSync('openssl', [...request, '-keyout', keyPath, '-out', path], { stdio: 'pipe' });
    const [certificate, key] = [path, keyPath].map((file) => readFileSync(file, 'utf8')) as [string, string];
    const refused = { code: 'invalid-input', message: expect.stringMatching(/TLS does not take .*key too small/) };
    expect(() => checkClientCertificate({ certificate, key }, Date.now())).toThrow(expect.objectContaining(refused));
    const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(() => checkClientCertificate({ ...client, certificate: client.certificate + broken }, Date.now())).toThrow(
      'the 2. of its text, can not be read',
    );
  });

  it('is kept without what stands beside it, its chain in order, and with no key', () => {
    const chain = client.certificate + stranger.certificate;
    expect(certificateChain(`Bag Attributes\r\n${chain.replaceAll('\n', '\r\n')}`)).toBe(chain);
    for (const text of [client.key + chain, chain + client.key])
      expect(() => certificateChain(text)).toThrow('holds a private key');
  });

  describe.skipIf(layout === undefined)("at Debian's docker-registry that demands one", () => {
    let filled: DockerRegistry;
    let registry: DockerRegistry;
    beforeAll(async () => {
      const dir = join(folder, 'blobs');
      filled = await startDockerRegistry({ dir });
      await filled.push(`oci:${layout}`, 'team/alpine:3.20');
      registry = await startDockerRegistry({ dir, tls: true, clientAuthority: client });
    });
    afterAll(async () => {
      await registry?.stop();
      await filled?.stop();
    });
    const ca = () => registry.ca ?? '';

    it('lets in, lists and reads', async () => {
      const known = connect(registry.origin, { ca: ca(), client });
      await known.ping(signal());
      const names: string[] = [];
      for await (const { name } of known.listRepositories(signal())) names.push(name);
      expect(names).toEqual(['team/alpine']);
      const { bytes } = await known.getManifest('team/alpine', '3.20', signal());
      expect(bytes.byteLength).toBeGreaterThan(100);
    });

    it('is asked for where it is missing, and another one refused: both said as a failed handshake', async () => {
      const missing = connect(registry.origin, { ca: ca() }).ping(signal());
      await expect(missing).rejects.toMatchObject({
        code: 'ssl-handshake',
        hint: expect.stringContaining('client certificate'),
      });
      const other = connect(registry.origin, { ca: ca(), client: stranger }).ping(signal());
      await expect(other).rejects.toMatchObject({
        code: 'ssl-handshake',
        hint: expect.stringContaining('certificate'),
      });
    });

    it('is said to have ended where it has', async () => {
      const [keyPath, asked, path] = ['key', 'csr', 'pem'].map((end) => join(folder, `ended.${end}`)) as Three;
      const run = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
      run('req', ...curve, '-nodes', '-subj', '/CN=ended', '-keyout', keyPath, '-out', asked);
      const authority = ['-CA', client.certificatePath, '-CAkey', client.keyPath, '-CAcreateserial'];
      run('x509', '-req', '-in', asked, ...authority, '-days', '-1', '-out', path);
      const ended = { certificate: readFileSync(path, 'utf8'), key: readFileSync(keyPath, 'utf8') };
      await expect(connect(registry.origin, { ca: ca(), client: ended }).ping(signal())).rejects.toMatchObject({
        code: 'ssl-handshake',
        hint: expect.stringMatching(/client certificate ended on \d{4}-\d\d-\d\d/),
      });
    });
  });

  it("is shown to the registry's own origin, and to no token server, store of blobs or API elsewhere", async () => {
    const own = await makeCertificate(folder);
    const shown: string[] = [];
    const digest = `sha256:${'ab'.repeat(32)}`;
    const start = async (answer: (path: string, origin: string) => readonly [number, Record<string, string>]) => {
      const options = { cert: own.certificate, key: own.key, requestCert: true, rejectUnauthorized: false };
      const server: Server = createServer(options, (request, response) => {
        const isShown = Object.keys((request.socket as TLSSocket).getPeerCertificate()).length > 0;
        const path = request.url?.split('?')[0] ?? '';
        shown.push(`${names.get(server)} ${path} ${isShown ? 'shown' : 'not shown'}`);
        const [status, headers] = answer(path, originOf(server));
        response.writeHead(status, headers).end(path === '/token' ? '{"token":"t"}' : '{}');
      });
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      return server;
    };
    const originOf = (server: Server) => `https://localhost:${(server.address() as AddressInfo).port}`;
    const names = new Map<Server, string>();
    const elsewhere = await start(() => [200, {}]);
    const home = await start((path, origin) => {
      if (path === '/token') return [200, {}];
      if (path === '/v2/team/app/manifests/gone') return [307, { location: `${originOf(elsewhere)}/blob` }];
      if (path === '/v2/team/app/manifests/own') return [307, { location: `${origin}/moved` }];
      return [401, { 'www-authenticate': `Bearer realm="${originOf(elsewhere)}/token",service="x"` }];
    });
    names.set(home, 'home').set(elsewhere, 'elsewhere');
    const basic = { kind: 'basic', username: 'u', password: 'p' } as const;
    const trusting = { credentials: basic, trustedRealms: [originOf(elsewhere)] };
    const known = connect(originOf(home), { ca: own.certificate, client }, trusting);
    await known.getManifest('team/app', digest, signal()).catch(() => undefined);
    await known.getManifest('team/app', 'gone', signal()).catch(() => undefined);
    await known.getManifest('team/app', 'own', signal()).catch(() => undefined);
    expect(new Set(shown)).toEqual(
      new Set([
        `home /v2/team/app/manifests/${digest} shown`,
        'elsewhere /token not shown',
        'home /v2/team/app/manifests/gone shown',
        'elsewhere /blob not shown',
        'home /v2/team/app/manifests/own shown',
        'home /moved shown',
      ]),
    );
    for (const server of [home, elsewhere]) server.close();
  });
});
