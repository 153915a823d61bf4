import { z } from 'zod';
import { connectionKind } from './connection-kinds.ts';
import { readBy } from './images.ts';
import { defineRoute } from './route.ts';
import { id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

export const connectionStatus = z.enum([
  'connected',
  'authorization_failed',
  'not_found',
  'ssl_handshake',
  'rate_limited',
  'unreachable',
  'unknown',
]);

const secret = (charactersMax: number) => text(charactersMax).min(1);

const awsRole = z
  .object({
    arn: text(2_048).regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'not the ARN of a role'),
    externalId: text(1_224).nullable(),
  })
  .nullable()
  .default(null);

export const connectionAuth = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonymous') }),
  z.object({ kind: z.literal('basic'), username: text(300).min(1), password: secret(10_000) }),
  z.object({ kind: z.literal('token'), token: secret(20_000) }),
  z.object({
    kind: z.literal('aws-key'),
    accessKeyId: text(128)
      .min(1)
      .regex(/^[A-Z0-9]+$/, 'an access key id has capitals and digits only'),
    secretAccessKey: secret(200),
    sessionToken: text(8_000).nullable().default(null),
    /** Where the address doesn't name it. */
    region: text(40).nullable().default(null),
    role: awsRole,
  }),
  z.object({
    kind: z.literal('entra'),
    tenant: text(253).min(1),
    clientId: text(100).min(1),
    clientSecret: secret(1_000),
  }),
  /** The key file of a service account as it was downloaded. Servers that it names are not asked. */
  z.object({ kind: z.literal('google-key'), keyJson: secret(20_000) }),
  /** The identity that the cloud gives to the console's own machine, where its operator allows that. */
  z.object({
    kind: z.literal('machine'),
    /** Amazon: a role that it takes on. */
    role: awsRole,
    /** Azure: which of several managed identities. */
    clientId: text(100)
      .regex(/^[0-9a-zA-Z-]+$/, 'a client id has letters, digits and hyphens only')
      .nullable()
      .default(null),
  }),
]);
export type ConnectionAuth = z.infer<typeof connectionAuth>;
export const authKind = z.enum(['anonymous', 'basic', 'token', 'aws-key', 'entra', 'google-key', 'machine']);

const clientCertificate = z.object({ certificate: text(100_000).min(1), key: secret(20_000) });

const patterns = (itemsMax: number) => z.array(text(300).min(1)).max(itemsMax);

export const connectionInput = z.object({
  kind: connectionKind,
  name: text(200).min(1),
  /** Address of the registry: `https://registry.example.com:5000`. Credentials in it are refused. */
  url: text(2_000).min(1),
  /** Address of the vendor's own API, where it is not the usual one. It gets the credential too. */
  apiUrl: text(2_000).nullable().default(null),
  /** What the vendor lists by: organisations, projects, groups, keys of repositories. */
  namespaces: patterns(100).default([]),
  auth: connectionAuth.default({ kind: 'anonymous' }),
  /** Credentials for single repositories, before `auth`: the first pattern that fits counts. */
  repositoryCredentials: z
    .array(z.object({ pattern: text(300).min(1), auth: connectionAuth }))
    .max(50)
    .default([]),
  /** Repositories to read; empty means all that the registry lists. `*` matches within a name. */
  repositories: patterns(1_000).default([]),
  /** Repositories that are left out of those. */
  excludeRepositories: patterns(1_000).default([]),
  tls: z
    .object({
      /** Certificate authority, PEM. */
      ca: text(100_000).nullable().default(null),
      /** Plain HTTP, said explicitly. Loopback needs no saying. */
      insecureHttp: z.boolean().default(false),
      /** Shown to the registry itself, and to no other server; PEM, the key without a passphrase. */
      clientCertificate: clientCertificate.nullable().default(null),
    })
    .default({ ca: null, insecureHttp: false, clientCertificate: null }),
  /** Addresses outside the public Internet that this connection may reach: what an administrator confirmed. */
  allowedAddresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(16)
    .default([]),
  /** Token servers on other hosts that may have the credential, as `https://host[:port]`: what an administrator confirmed. */
  trustedRealms: z
    .array(text(300).regex(/^https?:\/\/[^/?#@\s]+$/, 'a token server is scheme://host[:port]'))
    .max(8)
    .default([]),
  /** Newest tags per repository that are assessed: by when they were pushed where the kind of registry says it, else by name. */
  tagsMax: z.number().int().min(1).max(1_000).default(20),
  /** Of the tags whose names pass. */
  tags: z
    .object({ include: patterns(100).default([]), exclude: patterns(100).default([]) })
    .default({ include: [], exclude: [] }),
  /** `linux/amd64`, `linux/arm64/v8`; of a tag for several, each of these is read. Empty: the console's choice of one. */
  platforms: z
    .array(text(60).regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/, 'a platform is system/architecture[/variant]'))
    .max(8)
    .default([]),
  /** Minutes between two readings; null reads only when someone asks for it. */
  everyMinutes: z.number().int().min(5).max(43_200).nullable().default(60),
  /** Takes an SBOM that is attached to an image there, instead of reading layers that are not known yet. */
  attachedSboms: z.boolean().default(false),
});
export type ConnectionInput = z.infer<typeof connectionInput>;

/** A change, or a trial of one: what is left out of credentials and certificate is what is saved. */
export const connectionChange = connectionInput.extend({
  auth: connectionAuth.optional(),
  repositoryCredentials: z
    .array(z.object({ pattern: text(300).min(1), auth: connectionAuth.optional() }))
    .max(50)
    .default([]),
  tls: z
    .object({
      ca: text(100_000).nullable().optional(),
      insecureHttp: z.boolean().default(false),
      clientCertificate: clientCertificate.nullable().optional(),
    })
    .default({ insecureHttp: false }),
});
export type ConnectionChange = z.infer<typeof connectionChange>;

export const connectionTest = z.object({
  status: connectionStatus,
  /** `list_only`: lists but may not pull; `pull_only`: the other way round. */
  partial: z.enum(['list_only', 'pull_only']).nullable(),
  /** Stable, for machines: why. */
  code: z.string(),
  /** What was found and what to do, in a sentence or two. */
  detail: z.string(),
  /** When a limit of requests lets it go on. */
  retryAt: instant.nullable(),
});
export type ConnectionTest = z.infer<typeof connectionTest>;

/** A test before saving can also find what only an administrator opens. */
export const connectionTrial = connectionTest.extend({
  /** Addresses that were refused; an administrator who confirms them puts them into `allowedAddresses`. */
  privateAddresses: z.array(z.string()),
  /** Token servers on other hosts that were given nothing; an administrator who confirms them puts them into `trustedRealms`. */
  tokenServers: z.array(z.string()),
});
export type ConnectionTrial = z.infer<typeof connectionTrial>;

const savedAuth = z.object({
  kind: authKind,
  /** User, access key id, client id or e-mail of the service account: what is no secret of it. */
  username: z.string().nullable(),
});

export const connectionRow = z.object({
  id,
  kind: connectionKind,
  name: z.string(),
  url: z.string(),
  apiUrl: z.string().nullable(),
  namespaces: z.array(z.string()),
  auth: savedAuth,
  repositoryCredentials: z.array(z.object({ pattern: z.string(), auth: savedAuth })),
  repositories: z.array(z.string()),
  excludeRepositories: z.array(z.string()),
  tls: z.object({
    ca: z.boolean(),
    insecureHttp: z.boolean(),
    /** Whose client certificate is saved, and when it ends. */
    clientCertificate: z.object({ subject: z.string(), endsAt: instant }).nullable(),
  }),
  allowedAddresses: z.array(z.string()),
  trustedRealms: z.array(z.string()),
  tagsMax: z.number().int(),
  tags: z.object({ include: z.array(z.string()), exclude: z.array(z.string()) }),
  platforms: z.array(z.string()),
  everyMinutes: z.number().int().nullable(),
  attachedSboms: z.boolean(),
  /** The worst of the last reading. */
  status: connectionTest.extend({ checkedAt: instant.nullable(), okAt: instant.nullable() }),
  /** What the registry last said of its limit of pulls. */
  rateLimit: z
    .object({
      limit: z.number().int().nullable(),
      remaining: z.number().int(),
      windowSeconds: z.number().int().nullable(),
      at: instant,
    })
    .nullable(),
  sync: z.object({
    activity: z.enum(['idle', 'queued', 'running']),
    at: instant.nullable(),
    /** When it is read next by itself. */
    next: instant.nullable(),
    repositories: z.number().int(),
    images: z.number().int(),
    error: z.string().nullable(),
  }),
  createdAt: instant,
});
export type ConnectionRow = z.infer<typeof connectionRow>;

export const repositoryRow = z.object({
  id,
  registry: z.string(),
  repository: z.string(),
  description: z.string().nullable(),
  kind: connectionKind,
  connection: z.object({ id, name: z.string() }).nullable(),
  tags: z.number().int(),
  images: z.number().int(),
  risk: z.number().int().nullable(),
  /** Why its last reading failed. */
  error: z.string().nullable(),
  /** How its newest tags were chosen: `all` are watched, by when they were `pushed`, or by `name`; null before the first reading. */
  newestBy: z.enum(['all', 'pushed', 'name']).nullable(),
  /** Why by name, where registries of this kind say when tags were pushed. */
  newestReason: z.string().nullable(),
  readAt: instant.nullable(),
  /** Since when the registry lists it no more. */
  goneAt: instant.nullable(),
});
export type RepositoryRow = z.infer<typeof repositoryRow>;

export const repositoryTag = z.object({
  name: z.string(),
  digest: z.string(),
  image: z.object({ id, risk: z.number().int().nullable(), readBy }).nullable(),
  error: z.string().nullable(),
  seenAt: instant,
  goneAt: instant.nullable(),
});
export type RepositoryTag = z.infer<typeof repositoryTag>;

export const connectionRoutes = [
  defineRoute({
    id: 'connections.list',
    method: 'GET',
    path: '/api/v1/connections',
    summary: 'Connections to registries',
    policy: 'viewer',
    query: pageQuery,
    response: pageOf(connectionRow),
    errors: [],
  }),
  defineRoute({
    id: 'connections.test',
    method: 'POST',
    path: '/api/v1/connections/test',
    summary: 'Try a connection before saving it; with `saved` and without `auth` by the credential of that connection',
    policy: 'admin',
    body: connectionChange.extend({ saved: id.optional() }),
    response: connectionTrial,
    errors: ['invalid-input', 'not-found'],
  }),
  defineRoute({
    id: 'connections.create',
    method: 'POST',
    path: '/api/v1/connections',
    summary: 'Save a connection and read its repositories',
    policy: 'admin',
    body: connectionInput,
    response: connectionRow,
    status: 201,
    errors: ['invalid-input', 'conflict'],
  }),
  defineRoute({
    id: 'connections.get',
    method: 'GET',
    path: '/api/v1/connections/{id}',
    summary: 'One connection',
    policy: 'viewer',
    params: idParams,
    response: connectionRow,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'connections.update',
    method: 'PUT',
    path: '/api/v1/connections/{id}',
    summary: 'Change a connection; without auth the saved credential stays while the address stays',
    policy: 'admin',
    params: idParams,
    body: connectionChange,
    response: connectionRow,
    errors: ['not-found', 'invalid-input', 'conflict'],
  }),
  defineRoute({
    id: 'connections.delete',
    method: 'DELETE',
    path: '/api/v1/connections/{id}',
    summary: 'Forget a connection and its credential',
    policy: 'admin',
    params: idParams,
    status: 204,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'connections.status',
    method: 'GET',
    path: '/api/v1/connections/{id}/status',
    summary: 'Last known status',
    policy: 'viewer',
    params: idParams,
    response: connectionRow.shape.status,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'connections.sync',
    method: 'POST',
    path: '/api/v1/connections/{id}/sync',
    summary: 'Read the repositories again now',
    policy: 'operator',
    params: idParams,
    response: connectionRow,
    status: 202,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'repositories.list',
    method: 'GET',
    path: '/api/v1/repositories',
    summary: 'Repositories that connections list',
    policy: 'viewer',
    query: pageQuery.extend({ connection: id.optional(), kind: connectionKind.optional(), q: text(300).optional() }),
    response: pageOf(repositoryRow),
    errors: [],
  }),
  defineRoute({
    id: 'repositories.tags',
    method: 'GET',
    path: '/api/v1/repositories/{id}/tags',
    summary: 'Tags of a repository, those that are there first, then those that are gone',
    policy: 'viewer',
    params: idParams,
    query: pageQuery,
    response: pageOf(repositoryTag),
    errors: ['not-found'],
  }),
] as const;
