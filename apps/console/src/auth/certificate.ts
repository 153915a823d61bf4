import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate, hex: what agents pin. */
  readonly fingerprint: string;
  /** SHA-256 of its public key, base64: what curl pins (RFC 7469). */
  readonly publicKeyPin: string;
}

const VALID_DAYS = 3_650;
const RENEW_BEFORE_DAYS = 30;
const DAY_MS = 86_400_000;

/** The console's own certificate: kept in the folder, made where there is none, it ends soon or lacks the host's name. */
export async function loadCertificate(folder: string, hosts: readonly string[], nowMs: number): Promise<Certificate> {
  const paths = { certificate: join(folder, 'tls-certificate.pem'), key: join(folder, 'tls-key.pem') };
  const certificate = await readFile(paths.certificate, 'utf8').catch(() => undefined);
  const key = await readFile(paths.key, 'utf8').catch(() => undefined);
  if (certificate !== undefined && key !== undefined) {
    const kept = new X509Certificate(certificate);
    const fits = hosts.every((host) => (isIP(host) === 0 ? kept.checkHost(host) : kept.checkIP(host)) !== undefined);
    if (
      fits &&
      kept.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(kept.validTo) - nowMs > RENEW_BEFORE_DAYS * DAY_MS
    ) {
      return toCertificate(certificate, key);
    }
  }
  const made = makeCertificate(hosts, nowMs);
  for (const [path, text] of [
    [paths.key, made.key],
    [paths.certificate, made.certificate],
  ] as const) {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  return made;
}

/** PEM texts with what others hold the certificate by. */
export function toCertificate(certificate: string, key: string): Certificate {
  const { fingerprint256, publicKey } = new X509Certificate(certificate);
  return {
    certificate,
    key,
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    publicKeyPin: createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
  };
}

/**
 * A self-signed certificate (RFC 5280, ECDSA P-256). Node signs but does not build certificates, and the hundred bytes of
 * DER around a signature are not worth a dependency in the part that guards every connection.
 */
export function makeCertificate(hosts: readonly string[], nowMs: number): Certificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const name = sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from('Hullcheck console')))));
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    // A clock that is an hour behind must still take it.
    sequence(time(nowMs - DAY_MS / 24), time(nowMs + VALID_DAYS * DAY_MS)),
    name,
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension(oid(2, 5, 29, 19), true, sequence()),
        extension(oid(2, 5, 29, 15), true, der(0x03, Buffer.from([7, 0x80]))),
        extension(oid(2, 5, 29, 37), false, sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
        extension(oid(2, 5, 29, 17), false, sequence(...hosts.map(alternativeName))),
      ),
    ),
  );
  const signature = sign('sha256', body, pair.privateKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return toCertificate(certificate, key);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime after it (RFC 5280 4.1.2.5). */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(text.slice(0, 4)) < 2050
    ? der(0x17, Buffer.from(`${text.slice(2)}Z`))
    : der(0x18, Buffer.from(`${text}Z`));
}

function extension(id: Buffer, critical: boolean, value: Buffer): Buffer {
  return sequence(id, ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function alternativeName(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return der(0x87, Buffer.from(host.split('.').map(Number)));
    case 6:
      return der(0x87, addressBytes(host));
    default:
      return der(0x82, Buffer.from(host));
  }
}

function addressBytes(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const all =
    tail === undefined
      ? before
      : [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}
