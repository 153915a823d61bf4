import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a secret opens: its first letters say it, so that a leaked one is recognised by scanners and by people. */
export type SecretKind = 'session' | 'api-token' | 'agent-key' | 'enrollment' | 'setup';

const PREFIXES: { readonly [kind in SecretKind]: string } = {
  session: 'hcs_',
  'api-token': 'hct_',
  'agent-key': 'hca_',
  enrollment: 'hce_',
  setup: 'hcx_',
};

/** 256 random bits with the kind's prefix. */
export function newSecret(kind: SecretKind): string {
  return `${PREFIXES[kind]}${randomBytes(32).toString('base64url')}`;
}

export function kindOfSecret(secret: string): SecretKind | undefined {
  const kinds: readonly SecretKind[] = ['session', 'api-token', 'agent-key', 'enrollment', 'setup'];
  return kinds.find((kind) => secret.startsWith(PREFIXES[kind]));
}

/** What the database keeps: a secret of 256 bits needs no slow hash. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function secretsEqual(a: string, b: string): boolean {
  return timingSafeEqual(hashSecret(a), hashSecret(b));
}
