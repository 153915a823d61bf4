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
  readonly trustedRealms: readonly string[];
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
    trustedRealms: [],
    repositoryCredentials: [],
  };
}

/** What begins anew when another kind is chosen. */
export function startOf(kind: ConnectionKindId, url: string) {
  const words = kindWords[kind];
  const [auth = 'anonymous'] = kindOf(kind).auths;
  return { kind, auth, url: words.fixedUrl ?? (url === '' ? (words.address?.start ?? '') : url), ...ecrPlace(url) };
}

/** Another kind of registry takes nothing along that its own form might not show: no credential, address or certificate. */
export function ofKind(kind: ConnectionKindId, { repositoryCredentials }: Draft): Partial<Draft> {
  const start = startOf(kind, '');
  return {
    ...noSecrets,
    ...noClient,
    ...start,
    apiUrl: '',
    namespaces: '',
    ca: '',
    keepsCa: false,
    insecureHttp: false,
    allowedAddresses: [],
    trustedRealms: [],
    repositoryCredentials: repositoryCredentials.map(({ key, pattern }) => ({
      ...noSecrets,
      key,
      pattern,
      auth: start.auth,
      saved: null,
    })),
  };
}

/** Another way to sign in. A user's name stays, but never becomes the client ID of a machine's identity. */
export function signInAs(auth: AuthDraft['auth'], from: AuthDraft): Partial<AuthDraft> {
  const keepsName = auth !== 'machine' && from.auth !== 'machine';
  return { ...noSecrets, username: keepsName ? from.username : '', auth };
}

export const usesMachine = ({ auth, repositoryCredentials }: Draft): boolean =>
  auth === 'machine' || repositoryCredentials.some((one) => one.auth === 'machine');

/** With the machine's identity goes nothing that could lead its tokens elsewhere: the form doesn't show it then, and it doesn't count. */
export const whatCounts = (draft: Draft): Draft =>
  usesMachine(draft) ? { ...draft, ca: '', keepsCa: false, insecureHttp: false, trustedRealms: [] } : draft;

/** Something that a test found closed was opened for it. */
export const hasConfirmed = ({ allowedAddresses, trustedRealms }: Draft): boolean =>
  allowedAddresses.length > 0 || trustedRealms.length > 0;

export function draftOf(row: ConnectionRow): Draft {
  const lines = (list: readonly string[]) => list.join('\n');
  return {
    ...noSecrets,
    ...startOf(row.kind, row.url),
    name: row.name,
    auth: row.auth.kind === 'anonymous' ? 'anonymous' : 'saved',
    username: row.auth.kind === 'basic' ? (row.auth.username ?? '') : '',
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
    trustedRealms: row.trustedRealms,
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
    keepsCa: false,
    keepsClient: false,
    repositoryCredentials: draft.repositoryCredentials.map((one) => ({
      ...one,
      auth: one.auth === 'saved' ? usual : one.auth,
      saved: null,
    })),
  };
}

/** The body to test or save. What is left out stays as it is saved. */
export function inputOf(filled: Draft): ConnectionChange {
  const draft = whatCounts(filled);
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
      ...caOf(draft),
      insecureHttp: draft.insecureHttp,
      ...(draft.keepsClient && draft.clientCertificate.trim() === '' ? {} : { clientCertificate: clientOf(draft) }),
    },
    allowedAddresses: [...draft.allowedAddresses],
    trustedRealms: [...draft.trustedRealms],
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

function caOf({ ca, keepsCa }: Draft): { readonly ca?: string | null } {
  if (ca.trim() !== '') return { ca };
  return keepsCa ? {} : { ca: null };
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
