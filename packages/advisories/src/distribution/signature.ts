import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Fault } from '@hullcheck/core';
import { PUBLIC_KEYS_MAX, SIGNATURE_CHARACTERS_MAX } from './limits.ts';

/**
 * ECDSA over P-256 with SHA-256, as base64 of DER: what `cosign` makes with a key pair, so that what is signed here verifies
 * there and the other way round, without a network.
 */

/** PEM of one or several public keys one after another; any of them is trusted. Fault `invalid-input` for anything else. */
export function parsePublicKeys(pem: string, place: string): readonly KeyObject[] {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > PUBLIC_KEYS_MAX) throw noKey('a public key', place);
  return blocks.map((block) => {
    try {
      return onP256(createPublicKey(block));
    } catch (cause) {
      throw noKey('a public key', place, cause);
    }
  });
}

/** PEM of a private key (PKCS #8), encrypted or not. Fault `invalid-input`; nothing of the key stands in it. */
export function parseSigningKey(pem: string, passphrase: string | undefined, place: string): KeyObject {
  if (/BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY/.test(pem)) {
    throw new Fault('invalid-input', 'this is a private key in a form that only cosign reads', {
      place,
      hint: 'Make the key with openssl; "cosign import-key-pair" takes the same key.',
    });
  }
  try {
    return onP256(createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) }));
  } catch {
    // Without the cause: what OpenSSL says of a key is not for a log.
    throw noKey('a private key, or its password is another', place);
  }
}

function onP256(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new Error('not on this curve');
}

function noKey(what: string, place: string, cause?: unknown): Fault {
  return new Fault('invalid-input', `this is not ${what} on the curve P-256 in PEM`, {
    place,
    cause,
    hint: 'Make a pair with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out db.key; openssl pkey -in db.key -pubout -out db.pub',
  });
}

export function signBytes(bytes: Uint8Array, key: KeyObject): string {
  return sign('sha256', bytes, { key, dsaEncoding: 'der' }).toString('base64');
}

export function isSigned(bytes: Uint8Array, signature: string, keys: readonly KeyObject[]): boolean {
  const der = signatureBytes(signature);
  return der !== undefined && keys.some((key) => verify('sha256', bytes, { key, dsaEncoding: 'der' }, der));
}

export async function signFile(location: string, key: KeyObject): Promise<string> {
  const signer = createSign('sha256');
  for await (const chunk of createReadStream(location)) signer.update(chunk);
  return signer.sign({ key, dsaEncoding: 'der' }, 'base64');
}

export async function isFileSigned(location: string, signature: string, keys: readonly KeyObject[]): Promise<boolean> {
  const der = signatureBytes(signature);
  if (der === undefined) return false;
  const verifiers = keys.map((key) => ({ key, verifier: createVerify('sha256') }));
  for await (const chunk of createReadStream(location)) for (const { verifier } of verifiers) verifier.update(chunk);
  return verifiers.some(({ key, verifier }) => verifier.verify({ key, dsaEncoding: 'der' }, der));
}

/** How a person compares keys: SHA-256 of the key's DER. */
export function keyFingerprint(key: KeyObject): string {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(spki).digest('base64').replace(/=+$/, '')}`;
}

function signatureBytes(text: string): Buffer | undefined {
  const trimmed = text.trim();
  if (trimmed.length > SIGNATURE_CHARACTERS_MAX || !/^[A-Za-z0-9+/]{8,}={0,2}$/.test(trimmed)) return undefined;
  return Buffer.from(trimmed, 'base64');
}
