import {
  type AuthKind,
  type ConnectionAuth,
  type ConnectionChange,
  type ConnectionKindId,
  type ConnectionRow,
  connectionKinds,
  kindOf,
} from '@hullcheck/contract';
import { addressOf, ecrPlace, ecrUrl, kindWords } from './kinds.ts';

/** A credential as it stands while someone fills it in. */
export interface AuthDraft {
  readonly auth: AuthKind | 'saved';
  readonly username: string;
  readonly secret: string;
  readonly tenant: string;
  readonly sessionToken: string;
  readonly roleArn: string;
  readonly externalId: string;
}

export interface RepositoryDraft extends AuthDraft {
  /** For lists on the page; never sent. */
  readonly key: number;
  readonly pattern: string;
  /** Whose credential is saved; null: none is. */
  readonly saved: string | null;
}

/** The form as it stands while someone fills it in. Lists are texts, one entry a line. */
export interface Draft extends AuthDraft {
  readonly kind: ConnectionKindId;
  readonly name: string;
  readonly url: string;
  readonly account: string;
  readonly region: string;
  readonly apiUrl: string;
  readonly namespaces: string;
  readonly repositories: string;
  readonly excludeRepositories: string;
  readonly tagsInclude: string;
  readonly tagsExclude: string;
  readonly tagsMax: string;
  readonly platforms: string;
  /** Minutes; '' reads only when asked. */
  readonly every: string;
  readonly attachedSboms: boolean;
  readonly ca: string;
  /** A certificate is saved and stays. */
  readonly keepsCa: boolean;
  readonly insecureHttp: boolean;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** A client certificate is saved and stays. */
  readonly keepsClient: boolean;
  readonly allowedAddresses: readonly string[];
  readonly repositoryCredentials: readonly RepositoryDraft[];
}

const noClient = { clientCertificate: '', clientKey: '', keepsClient: false };
const noSecrets = { username: '', secret: '', tenant: '', sessionToken: '', roleArn: '', externalId: '' };

/** Of which kind a registry's address is, where its host tells. */
export function kindOfRegistry(registry: string): ConnectionKindId {
  if (registry === 'docker.io') return 'docker-hub';
  if (registry === 'public.ecr.aws') return 'ecr-public';
  if (/^\d{12}\.dkr\.ecr\./.test(registry)) return 'ecr';
  if (/\.azurecr\.(?:io|cn|us)$/.test(registry)) return 'acr';
  if (/(?:^|[.-])docker\.pkg\.dev$|(?:^|\.)gcr\.io$/.test(registry)) return 'google-artifact-registry';
  if (registry === 'quay.io') return 'quay';
  if (registry === 'ghcr.io') return 'ghcr';
  if (registry === 'registry.gitlab.com') return 'gitlab';
  if (/^registry\.(?:access\.)?redhat\.(?:io|com)$/.test(registry)) return 'red-hat';
  return registry.endsWith('.jfrog.io') ? 'artifactory' : 'generic';
}

export function emptyDraft(registry: string | undefined): Draft {
  const kind = registry === undefined ? 'generic' : kindOfRegistry(registry);
  const url = registry === undefined ? '' : `https://${registry}`;
  return {
    ...noSecrets,
    ...startOf(kind, url),
    name: registry === undefined ? '' : registry === 'docker.io' ? 'Docker Hub' : registry,
    apiUrl: '',
    namespaces: '',
    repositories: '',
    excludeRepositories: '',
    tagsInclude: '',
    tagsExclude: '',
    tagsMax: '20',
    platforms: '',
    every: '60',
    attachedSboms: false,
    ca: '',
    keepsCa: false,
    ...noClient,
    insecureHttp: false,
    allowedAddresses: [],
    repositoryCredentials: [],
  };
}

/** What begins anew when another kind is chosen. */
export function startOf(kind: ConnectionKindId, url: string) {
  const words = kindWords[kind];
  const [auth = 'anonymous'] = kindOf(kind).auths;
  return { kind, auth, url: words.fixedUrl ?? (url === '' ? (words.address?.start ?? '') : url), ...ecrPlace(url) };
}

export function draftOf(row: ConnectionRow): Draft {
  const lines = (list: readonly string[]) => list.join('\n');
  return {
    ...noSecrets,
    ...startOf(row.kind, row.url),
    name: row.name,
    auth: row.auth.kind === 'anonymous' ? 'anonymous' : 'saved',
    username: row.auth.username ?? '',
    apiUrl: row.apiUrl ?? '',
    namespaces: lines(row.namespaces),
    repositories: lines(row.repositories),
    excludeRepositories: lines(row.excludeRepositories),
    tagsInclude: lines(row.tags.include),
    tagsExclude: lines(row.tags.exclude),
    tagsMax: String(row.tagsMax),
    platforms: lines(row.platforms),
    every: row.everyMinutes === null ? '' : String(row.everyMinutes),
    attachedSboms: row.attachedSboms,
    ca: '',
    keepsCa: row.tls.ca,
    ...noClient,
    keepsClient: row.tls.clientCertificate !== null,
    insecureHttp: row.tls.insecureHttp,
    allowedAddresses: row.allowedAddresses,
    repositoryCredentials: row.repositoryCredentials.map(({ pattern, auth }, key) => ({
      ...noSecrets,
      key,
      pattern,
      auth: auth.kind === 'anonymous' ? 'anonymous' : 'saved',
      saved: auth.kind === 'anonymous' ? null : (auth.username ?? 'a token'),
    })),
  };
}

/** Another connection of the same kind: everything but its name and what is secret, which stays with the one it was given to. */
export function copyOf(row: ConnectionRow): Draft {
  const [usual = 'anonymous'] = kindOf(row.kind).auths;
  const draft = draftOf(row);
  return {
    ...draft,
    name: '',
    auth: row.auth.kind === 'anonymous' ? 'anonymous' : (row.auth.kind ?? usual),
    username: row.auth.kind === 'basic' ? (row.auth.username ?? '') : '',
    keepsCa: false,
    keepsClient: false,
    repositoryCredentials: draft.repositoryCredentials.map((one) => ({
      ...one,
      auth: one.auth === 'saved' ? usual : one.auth,
      saved: null,
    })),
  };
}

export type AuthErrors = Readonly<Partial<Record<keyof AuthDraft | 'pattern', string>>>;
export type DraftErrors = Readonly<Partial<Record<keyof Draft, string>>> & {
  readonly ofRepositories?: readonly AuthErrors[];
};

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/;

/** What is wrong with a draft, by field, in words that say what to put there. */
export function draftErrors(draft: Draft): DraftErrors {
  const errors: Partial<Record<keyof Draft, string>> = { ...authErrors(draft, draft.kind) };
  const kind = kindOf(draft.kind);
  if (draft.name.trim() === '') errors.name = 'Give it a name that colleagues recognise.';
  if (draft.kind === 'ecr') {
    if (!/^\d{12}$/.test(draft.account.trim())) errors.account = 'An account number has 12 digits.';
    if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(draft.region.trim())) errors.region = 'A region, as eu-west-1.';
  } else if (kindWords[draft.kind].address !== null) {
    const address = urlError(draft);
    if (address !== undefined) errors.url = address;
  }
  if (draft.apiUrl.trim() !== '' && !/^https?:\/\/[^@]+$/.test(draft.apiUrl.trim()))
    errors.apiUrl = 'An address as https://host.';
  const isNamed =
    linesOf(draft.repositories).length > 0 && linesOf(draft.repositories).every((name) => !name.includes('*'));
  if (kind.namespaces === 'required' && linesOf(draft.namespaces).length === 0 && !isNamed)
    errors.namespaces = 'Name at least one, or name the repositories below.';
  const tags = Number(draft.tagsMax);
  if (!Number.isInteger(tags) || tags < 1 || tags > 1000) errors.tagsMax = 'A number from 1 to 1000.';
  const wrong = linesOf(draft.platforms).find((platform) => !PLATFORM.test(platform));
  if (wrong !== undefined) errors.platforms = `${wrong} is no platform: write linux/arm64.`;
  if (draft.ca.trim() !== '' && !draft.ca.includes('-----BEGIN CERTIFICATE-----'))
    errors.ca = 'A PEM certificate begins with -----BEGIN CERTIFICATE-----.';
  Object.assign(errors, clientErrors(draft));
  const own = draft.repositoryCredentials.map(
    (one): AuthErrors => ({
      ...authErrors(one, draft.kind),
      ...(one.pattern.trim() === '' ? { pattern: 'A repository, or a pattern as team/*.' } : {}),
    }),
  );
  return own.some((one) => Object.keys(one).length > 0) ? { ...errors, ofRepositories: own } : errors;
}

function clientErrors({ clientCertificate, clientKey, keepsClient, insecureHttp }: Draft): DraftErrors {
  const [certificate, key] = [clientCertificate.trim(), clientKey.trim()];
  const errors: Partial<Record<keyof Draft, string>> = {};
  if (insecureHttp && (keepsClient || certificate !== ''))
    errors.clientCertificate = 'It is shown over TLS only: do not allow plain HTTP below.';
  if (certificate === '' && key === '') return errors;
  if (certificate.includes('PRIVATE KEY-----'))
    errors.clientCertificate = 'This holds a private key: enter the certificate alone, and the key below.';
  else if (!certificate.includes('-----BEGIN CERTIFICATE-----'))
    errors.clientCertificate = 'A PEM certificate begins with -----BEGIN CERTIFICATE-----.';
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key))
    errors.clientKey = 'A PEM key without a passphrase begins with -----BEGIN PRIVATE KEY-----.';
  return errors;
}

function authErrors({ auth, username, secret, tenant, roleArn }: AuthDraft, kind: ConnectionKindId): AuthErrors {
  if (auth === 'saved' || auth === 'anonymous') return {};
  const words = kindWords[kind].auths[auth];
  const errors: Partial<Record<keyof AuthDraft, string>> = {};
  if (words?.username !== undefined && username.trim() === '') errors.username = `${words.username} is missing.`;
  if (words?.secret !== undefined && secret.trim() === '') errors.secret = `${words?.secret ?? 'It'} is missing.`;
  else if (auth === 'google-key' && !/"type"\s*:\s*"service_account"/.test(secret))
    errors.secret = 'This is not the JSON key file of a service account.';
  if (auth === 'entra' && tenant.trim() === '') errors.tenant = 'Directory (tenant) ID is missing.';
  if (auth === 'aws-key' && username.trim() !== '' && !/^[A-Z0-9]+$/.test(username.trim()))
    errors.username = 'An access key ID has capitals and digits only.';
  if (auth === 'machine' && !/^[0-9a-zA-Z-]*$/.test(username.trim()))
    errors.username = 'A client ID has letters, digits and hyphens only.';
  if (
    (auth === 'aws-key' || auth === 'machine') &&
    roleArn.trim() !== '' &&
    !/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn.trim())
  )
    errors.roleArn = 'As arn:aws:iam::123456789012:role/reader.';
  return errors;
}

function urlError({ kind, url, insecureHttp }: Draft): string | undefined {
  const address = addressOf(kind, url);
  if (!URL.canParse(address)) return 'An address as https://registry.example.com:5000.';
  const { protocol, username, password, hostname } = new URL(address);
  if (username !== '' || password !== '')
    return 'Put the user and password into their own fields, not into the address.';
  if (protocol === 'https:') return undefined;
  if (protocol !== 'http:') return 'Registries speak https.';
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return loopback || insecureHttp
    ? undefined
    : 'Plain HTTP shows the credential to the network. Use https, or allow HTTP below.';
}

/** The body to test or save. What is left out stays as it is saved. */
export function inputOf(draft: Draft): ConnectionChange {
  const auth = authOf(draft);
  return {
    kind: draft.kind,
    name: draft.name.trim(),
    url: draft.kind === 'ecr' ? ecrUrl(draft.account, draft.region) : addressOf(draft.kind, draft.url),
    apiUrl: kindOf(draft.kind).api === null || draft.apiUrl.trim() === '' ? null : draft.apiUrl.trim(),
    namespaces: kindOf(draft.kind).namespaces === null ? [] : linesOf(draft.namespaces),
    ...(auth === undefined ? {} : { auth }),
    repositoryCredentials: draft.repositoryCredentials.map((one) => {
      const own = authOf(one);
      return { pattern: one.pattern.trim(), ...(own === undefined ? {} : { auth: own }) };
    }),
    repositories: linesOf(draft.repositories),
    excludeRepositories: linesOf(draft.excludeRepositories),
    tls: {
      ...(draft.keepsCa && draft.ca.trim() === '' ? {} : { ca: draft.ca.trim() === '' ? null : draft.ca }),
      insecureHttp: draft.insecureHttp,
      ...(draft.keepsClient && draft.clientCertificate.trim() === '' ? {} : { clientCertificate: clientOf(draft) }),
    },
    allowedAddresses: [...draft.allowedAddresses],
    tagsMax: Number(draft.tagsMax),
    tags: { include: linesOf(draft.tagsInclude), exclude: linesOf(draft.tagsExclude) },
    platforms: linesOf(draft.platforms),
    everyMinutes: draft.every === '' ? null : Number(draft.every),
    attachedSboms: draft.attachedSboms,
  };
}

function authOf(draft: AuthDraft): ConnectionAuth | undefined {
  const username = draft.username.trim();
  switch (draft.auth) {
    case 'saved':
      return undefined;
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'basic':
      return { kind: 'basic', username, password: draft.secret };
    case 'token':
      return { kind: 'token', token: draft.secret.trim() };
    case 'aws-key':
      return {
        kind: 'aws-key',
        accessKeyId: username,
        secretAccessKey: draft.secret.trim(),
        sessionToken: text(draft.sessionToken),
        region: null,
        role: roleOf(draft),
      };
    case 'machine':
      return { kind: 'machine', role: roleOf(draft), clientId: text(draft.username) };
    case 'entra':
      return { kind: 'entra', tenant: draft.tenant.trim(), clientId: username, clientSecret: draft.secret };
    case 'google-key':
      return { kind: 'google-key', keyJson: draft.secret };
  }
}

const clientOf = ({ clientCertificate: certificate, clientKey: key }: Draft) =>
  certificate.trim() === '' ? null : { certificate, key };

const text = (value: string): string | null => (value.trim() === '' ? null : value.trim());

const roleOf = ({ roleArn, externalId }: AuthDraft) =>
  text(roleArn) === null ? null : { arn: roleArn.trim(), externalId: text(externalId) };

export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export const kindName = (id: ConnectionKindId): string => connectionKinds.find((kind) => kind.id === id)?.name ?? id;
