import { Fault } from '@hullcheck/core';
import type { Credentials, RegistryCredentials } from '../credentials.ts';
import type { Presented } from './vendor.ts';

/** For vendors whose registry takes what the user has. Throws `invalid-input` for kinds that only another vendor understands. */
export async function presentAsIs(credentials: Credentials): Promise<Presented> {
  switch (credentials.kind) {
    case 'basic':
    case 'bearer':
    case 'identity-token':
      return untilRevoked(credentials);
    default:
      throw wrongKind(credentials);
  }
}

export function untilRevoked(credentials: RegistryCredentials): Presented {
  return { credentials, expiresAtMs: Number.POSITIVE_INFINITY };
}

/**
 * For vendors whose registry takes a token only as the password of a user: `Bearer` there is for the registry's own tokens.
 */
export async function presentTokenAs(username: string, credentials: Credentials): Promise<Presented> {
  return credentials.kind === 'bearer'
    ? untilRevoked({ kind: 'basic', username, password: credentials.token })
    : await presentAsIs(credentials);
}

export function wrongKind({ kind }: Credentials): Fault {
  return new Fault('invalid-input', 'this registry takes no credentials of that kind', { place: kind });
}
