import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parsePublicKeys, parseSigningKey, type SignatureState } from '@hullcheck/advisories';
import { Fault } from '@hullcheck/core';
import type { Settings } from '../settings.ts';

const KEY_FILE_BYTES_MAX = 64 * 1024;

export const signatureWords: { readonly [state in SignatureState]: string } = {
  signed: 'verified: made by a trusted key',
  'wrongly-signed': 'NOT by a trusted key',
  'not-signed': 'none',
  'not-verified': 'not verified: no key is named (--key, HULLCHECK_DB_KEY)',
};

/** The public keys of `--key` or HULLCHECK_DB_KEY; none where neither names a file. */
export function trustedKeys(settings: Settings): readonly KeyObject[] {
  const file = settings.text('dbKey');
  return file === undefined ? [] : parsePublicKeys(readKey(file), file);
}

/** The private key of `--sign-key`, HULLCHECK_DB_SIGNING_KEY (its text) or HULLCHECK_DB_SIGNING_KEY_FILE. */
export function signingKey(settings: Settings): KeyObject | undefined {
  const file = settings.text('signKey');
  const pem = file === undefined ? settings.secret('dbSigningKey') : readKey(file);
  if (pem === undefined) return undefined;
  return parseSigningKey(pem, settings.secret('dbSigningPassword'), file ?? 'HULLCHECK_DB_SIGNING_KEY');
}

export function readKey(file: string): string {
  try {
    if (statSync(file).size > KEY_FILE_BYTES_MAX) throw new Error('it is too large');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('invalid-input', "the key file can't be read", { place: file, cause });
  }
}
