import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Certificate {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** A self-signed certificate for `localhost` and `127.0.0.1`, made by openssl in the folder given. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [keyPath, certificatePath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const files = ['-keyout', keyPath, '-out', certificatePath];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await execute('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names, ...files]);
  const [certificate, key] = await Promise.all([readFile(certificatePath, 'utf8'), readFile(keyPath, 'utf8')]);
  return { certificate, key, certificatePath, keyPath };
}
