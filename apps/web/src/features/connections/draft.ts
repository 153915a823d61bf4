import type { ConnectionInput, ConnectionRow } from '@hullcheck/contract';

/** The form as it stands while someone fills it in. */
export interface Draft {
  readonly kind: ConnectionInput['kind'];
  readonly name: string;
  readonly url: string;
  readonly auth: 'anonymous' | 'basic' | 'token' | 'saved';
  readonly username: string;
  readonly secret: string;
  /** One pattern a line. */
  readonly repositories: string;
  readonly ca: string;
  readonly insecureHttp: boolean;
  readonly tagsMax: string;
}

export const HUB_URL = 'https://registry-1.docker.io';

export function emptyDraft(registry: string | undefined): Draft {
  const hub = registry === 'docker.io';
  return {
    kind: hub ? 'docker-hub' : 'generic',
    name: registry === undefined ? '' : hub ? 'Docker Hub' : registry,
    url: registry === undefined ? '' : hub ? HUB_URL : `https://${registry}`,
    auth: 'basic',
    username: '',
    secret: '',
    repositories: '',
    ca: '',
    insecureHttp: false,
    tagsMax: '20',
  };
}

export function draftOf(row: ConnectionRow): Draft {
  return {
    kind: row.kind,
    name: row.name,
    url: row.url,
    auth: row.auth.kind === 'anonymous' ? 'anonymous' : 'saved',
    username: row.auth.username ?? '',
    secret: '',
    repositories: row.repositories.join('\n'),
    ca: '',
    insecureHttp: row.tls.insecureHttp,
    tagsMax: String(row.tagsMax),
  };
}

export type DraftErrors = Readonly<Partial<Record<keyof Draft, string>>>;

/** What is wrong with a draft, by field, in words that say what to put there. */
export function draftErrors(draft: Draft): DraftErrors {
  const errors: Partial<Record<keyof Draft, string>> = {};
  if (draft.name.trim() === '') errors.name = 'Give it a name that colleagues recognise.';
  const address = urlError(draft);
  if (address !== undefined) errors.url = address;
  if (draft.auth === 'basic' && draft.username.trim() === '') errors.username = 'The name of a user who may read.';
  if ((draft.auth === 'basic' || draft.auth === 'token') && draft.secret === '')
    errors.secret = draft.auth === 'basic' ? 'The password of that user.' : 'The token.';
  const tags = Number(draft.tagsMax);
  if (!Number.isInteger(tags) || tags < 1 || tags > 1000) errors.tagsMax = 'A number from 1 to 1000.';
  if (draft.ca.trim() !== '' && !draft.ca.includes('-----BEGIN CERTIFICATE-----'))
    errors.ca = 'A PEM certificate begins with -----BEGIN CERTIFICATE-----.';
  return errors;
}

function urlError({ kind, url, insecureHttp }: Draft): string | undefined {
  if (kind === 'docker-hub') return undefined;
  if (!URL.canParse(url.trim())) return 'An address as https://registry.example.com:5000.';
  const { protocol, username, password, hostname } = new URL(url.trim());
  if (username !== '' || password !== '')
    return 'Put the user and password into their own fields, not into the address.';
  if (protocol === 'https:') return undefined;
  if (protocol !== 'http:') return 'Registries speak https.';
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return loopback || insecureHttp
    ? undefined
    : 'Plain HTTP shows the credential to the network. Use https, or allow HTTP below.';
}

/** The body to test or save. `auth` is left out where the saved credential stays. */
export function inputOf(draft: Draft): Omit<ConnectionInput, 'auth'> & { readonly auth?: ConnectionInput['auth'] } {
  const auth: ConnectionInput['auth'] | undefined =
    draft.auth === 'saved'
      ? undefined
      : draft.auth === 'anonymous'
        ? { kind: 'anonymous' }
        : draft.auth === 'basic'
          ? { kind: 'basic', username: draft.username.trim(), password: draft.secret }
          : { kind: 'token', token: draft.secret };
  return {
    kind: draft.kind,
    name: draft.name.trim(),
    url: draft.kind === 'docker-hub' ? HUB_URL : draft.url.trim(),
    ...(auth === undefined ? {} : { auth }),
    repositories: draft.repositories
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    tls: { ca: draft.ca.trim() === '' ? null : draft.ca, insecureHttp: draft.insecureHttp },
    tagsMax: Number(draft.tagsMax),
  };
}
