import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson } from '../../body.ts';
import type { GoogleKey } from '../../credentials.ts';
import { RegistryFault } from '../../fault.ts';
import { tokenBytesMax, tokenMarginMs } from '../../limits.ts';
import type { VendorContext } from '../vendor.ts';
import { type ApiRefusal, fetchApiJson } from '../vendor-api.ts';

/**
 * The one place that gets the signed assertion. A key file names a `token_uri` of its own; whoever could change the file could
 * send the assertion, which is worth an access token, to a server of theirs (and so into this network), so it is not read.
 */
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform.read-only';
const ASSERTION_SECONDS = 3600;

const KeyFile = z.object({
  type: z.string(),
  client_email: z.string().min(3).max(300),
  private_key: z.string().min(1).max(20_000),
  private_key_id: z.string().max(200).optional().catch(undefined),
});
const TokenAnswer = z.object({
  access_token: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/),
  expires_in: z.number().positive().max(1e9).optional().catch(undefined),
});
const TokenError = z.object({ error: z.string().max(100), error_description: z.string().optional().catch(undefined) });

export interface AccessToken {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * An access token for a service account: an assertion signed with its key is traded for one (RFC 7523,
 * https://developers.google.com/identity/protocols/oauth2/service-account).
 */
export async function fetchAccessToken(
  key: GoogleKey,
  context: VendorContext,
  signal: AbortSignal,
): Promise<AccessToken> {
  const now = context.clock.now();
  const assertion = signAssertion(parseKeyFile(key.keyJson), now);
  const request = {
    method: 'POST',
    url: context.exchangeBase === null ? new URL(TOKEN_URL) : new URL('token', context.exchangeBase),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
    what: 'token',
    bytesMax: tokenBytesMax,
    explain,
  } as const;
  const { value } = await fetchApiJson(request, TokenAnswer, context, signal);
  return {
    value: value.access_token,
    expiresAtMs: now + (value.expires_in ?? ASSERTION_SECONDS) * 1000 - tokenMarginMs,
  };
}

interface ServiceAccount {
  readonly email: string;
  readonly keyId: string | undefined;
  readonly key: KeyObject;
}

function parseKeyFile(keyJson: string): ServiceAccount {
  const parsed = KeyFile.safeParse(parseJson(Buffer.from(keyJson, 'utf8')));
  const refuse = (message: string, hint: string) => new Fault('invalid-input', message, { place: 'auth', hint });
  if (!parsed.success) {
    throw refuse(
      'this is no key file of a service account',
      'Paste the whole JSON file that Google Cloud gave for the key.',
    );
  }
  if (parsed.data.type !== 'service_account') {
    throw refuse(
      'the key file is not one of a service account',
      'Other kinds (of a user, of an external account) name servers of their own and are not taken: make a key for a service account.',
    );
  }
  try {
    const key = createPrivateKey(parsed.data.private_key);
    if (key.asymmetricKeyType !== 'rsa') throw new Error('not an RSA key');
    return { email: parsed.data.client_email, keyId: parsed.data.private_key_id, key };
  } catch {
    // Without the cause: OpenSSL's message could repeat a part of the key.
    throw refuse('the private key in the key file can not be read', 'Paste the file unchanged.');
  }
}

function signAssertion({ email, keyId, key }: ServiceAccount, nowMs: number): string {
  const issuedAt = Math.floor(nowMs / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = { iss: email, scope: SCOPE, aud: TOKEN_URL, iat: issuedAt, exp: issuedAt + ASSERTION_SECONDS };
  const body = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
}

/** `invalid_grant` is all that Google says of a deleted key, a wrong signature and a clock that is off. */
function explain({ status, json, place }: ApiRefusal): RegistryFault | undefined {
  const parsed = TokenError.safeParse(json);
  if ((status !== 400 && status !== 401) || !parsed.success) return undefined;
  const isClock = /\b(?:iat|exp|short-lived|timeframe)\b/i.test(parsed.data.error_description ?? '');
  return new RegistryFault(
    'authorization-failed',
    isClock ? 'CLOCK_SKEW' : 'CREDENTIALS_REFUSED',
    isClock ? 'Google refused the time of the signature' : 'Google refused the key of the service account',
    {
      place,
      httpStatus: status,
      hint: isClock
        ? "Set the clock of the console's machine."
        : 'The key may have been deleted, or the service account disabled.',
    },
  );
}
