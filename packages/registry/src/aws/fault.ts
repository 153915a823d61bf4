import type { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { RegistryFault } from '../fault.ts';
import type { ApiRefusal } from '../vendors/vendor-api.ts';

const JsonError = z.object({
  __type: z.string().max(300).catch(''),
  message: z.string().optional().catch(undefined),
  Message: z.string().optional().catch(undefined),
});

const CREDENTIALS: ReadonlySet<string> = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'InvalidClientTokenId',
  'InvalidIdentityToken',
  'IDPRejectedClaim',
  'IncompleteSignature',
  'ExpiredToken',
  'ExpiredTokenException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
]);
const PERMISSIONS: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException', 'NotAuthorized']);
const THROTTLES: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
]);
const RETRY_MS = 60_000;

/**
 * AWS's error (`__type` or the header of JSON services, `<Code>` of STS) as the fault it means; undefined for what says nothing
 * about the connection. Of AWS's message only whether it is about time is used: it repeats what was signed.
 */
export function awsFault(refused: ApiRefusal, nowMs: number): Fault | undefined {
  const { name, message } = readError(refused);
  const options = { place: refused.place, httpStatus: refused.status };
  if (THROTTLES.has(name)) {
    return new RegistryFault('rate-limited', 'RATE_LIMITED', `AWS limits requests (${name})`, {
      ...options,
      retryAtMs: nowMs + RETRY_MS,
    });
  }
  if (/signature (?:expired|not yet current)/i.test(message)) {
    return new RegistryFault('authorization-failed', 'CLOCK_SKEW', 'AWS refused the time of the signature', {
      ...options,
      hint: "Set the clock of the console's machine: AWS takes five minutes of difference.",
    });
  }
  if (CREDENTIALS.has(name)) {
    return new RegistryFault('authorization-failed', 'CREDENTIALS_REFUSED', `AWS refused the key (${name})`, options);
  }
  if (PERMISSIONS.has(name)) {
    return new RegistryFault('authorization-failed', 'PERMISSION_MISSING', `AWS forbids this (${name})`, options);
  }
  if (name === 'RepositoryNotFoundException' || name === 'RegistryNotFoundException') {
    return new RegistryFault('not-found', 'NAME_UNKNOWN', `AWS has no such registry (${name})`, options);
  }
  return undefined;
}

function readError({ json, text, headers }: ApiRefusal): { readonly name: string; readonly message: string } {
  const parsed = JsonError.safeParse(json);
  // `com.amazonaws.ecr#Name:http://…`: only the name in the middle is the error.
  const bare = (type: string) => type.replace(/^.*#/, '').replace(/:.*$/, '');
  if (parsed.success) {
    const { __type, message, Message } = parsed.data;
    return {
      name: bare(__type === '' ? (headers['x-amzn-errortype'] ?? '') : __type),
      message: message ?? Message ?? '',
    };
  }
  const xml = (tag: string) => new RegExp(`<${tag}>([^<]{1,2000})</${tag}>`).exec(text)?.[1] ?? '';
  return { name: bare(headers['x-amzn-errortype'] ?? xml('Code')), message: xml('Message') };
}
