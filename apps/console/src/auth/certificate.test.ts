import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { loadCertificate, makeCertificate } from './certificate.ts';

const hosts = ['localhost', '127.0.0.1', 'console.example.com', 'fe80::1', '::1'];

it('makes a certificate that Node reads and that names its hosts and no others', () => {
  const made = new X509Certificate(makeCertificate(hosts, Date.now()).certificate);
  expect(made.checkHost('console.example.com')).toBe('console.example.com');
  expect(made.checkHost('other.example.com')).toBeUndefined();
  for (const address of ['127.0.0.1', '::1', 'fe80::1']) expect(made.checkIP(address), address).toBe(address);
  expect(made.checkIP('127.0.0.2')).toBeUndefined();
  expect(made.verify(made.publicKey)).toBe(true);
  expect(made.ca).toBe(false);
});

it('serves TLS that a client with this certificate as its authority accepts', async () => {
  const { certificate, key } = makeCertificate(hosts, Date.now());
  const server = createServer({ cert: certificate, key }, (_, response) => response.end());
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const attempt = (ca: string | undefined) =>
    new Promise<string>((done) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...(ca === undefined ? {} : { ca }) });
      socket.on('secureConnect', () => {
        done(String(socket.getProtocol()));
        socket.destroy();
      });
      socket.on('error', (error) => done(error.message));
    });
  expect(await attempt(certificate)).toBe('TLSv1.3');
  expect(await attempt(undefined)).toMatch(/self.signed/);
  server.close();
});

it('keeps its certificate until it ends soon or lacks a name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hc-tls-'));
  const first = await loadCertificate(folder, ['localhost'], Date.now());
  expect((await loadCertificate(folder, ['localhost'], Date.now())).fingerprint).toBe(first.fingerprint);
  expect((await loadCertificate(folder, ['localhost'], Date.now() + 3_640 * 86_400_000)).fingerprint).not.toBe(
    first.fingerprint,
  );
  expect((await loadCertificate(folder, ['localhost', 'new.example'], Date.now())).fingerprint).not.toBe(
    first.fingerprint,
  );
});
