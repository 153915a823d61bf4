import { z } from 'zod';
import { defineRoute } from './route.ts';
import { id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

export const connectionKind = z.enum(['generic', 'docker-hub']);
export const connectionStatus = z.enum([
  'connected',
  'authorization_failed',
  'not_found',
  'ssl_handshake',
  'rate_limited',
  'unreachable',
  'unknown',
]);

export const connectionAuth = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonymous') }),
  z.object({ kind: z.literal('basic'), username: text(300).min(1), password: text(10_000).min(1) }),
  z.object({ kind: z.literal('token'), token: text(20_000).min(1) }),
]);

export const connectionInput = z.object({
  kind: connectionKind,
  name: text(200).min(1),
  /** Address of the registry: `https://registry.example.com:5000`. Credentials in it are refused. */
  url: text(2_000).min(1),
  auth: connectionAuth.default({ kind: 'anonymous' }),
  /** Repositories to read; empty means all that the registry lists. `*` matches within a name. */
  repositories: z.array(text(300)).max(1_000).default([]),
  tls: z
    .object({
      /** Certificate authority, PEM. */
      ca: text(100_000).nullable().default(null),
      /** Plain HTTP, said explicitly. Loopback needs no saying. */
      insecureHttp: z.boolean().default(false),
    })
    .default({ ca: null, insecureHttp: false }),
  /** Newest tags per repository that are assessed. */
  tagsMax: z.number().int().min(1).max(1_000).default(20),
});
export type ConnectionInput = z.infer<typeof connectionInput>;

export const connectionTest = z.object({
  status: connectionStatus,
  /** `list_only`: lists but may not pull; `pull_only`: the other way round. */
  partial: z.enum(['list_only', 'pull_only']).nullable(),
  /** What was found and what to do, in a sentence. */
  detail: z.string(),
});
export type ConnectionTest = z.infer<typeof connectionTest>;

export const connectionRow = z.object({
  id,
  kind: connectionKind,
  name: z.string(),
  url: z.string(),
  auth: z.object({ kind: z.enum(['anonymous', 'basic', 'token']), username: z.string().nullable() }),
  repositories: z.array(z.string()),
  tls: z.object({ ca: z.boolean(), insecureHttp: z.boolean() }),
  tagsMax: z.number().int(),
  status: connectionTest.extend({ checkedAt: instant.nullable() }),
  sync: z.object({
    activity: z.enum(['idle', 'queued', 'running']),
    at: instant.nullable(),
    repositories: z.number().int(),
    images: z.number().int(),
    error: z.string().nullable(),
  }),
  createdAt: instant,
});
export type ConnectionRow = z.infer<typeof connectionRow>;

export const repositoryRow = z.object({
  registry: z.string(),
  repository: z.string(),
  connection: z.object({ id, name: z.string() }).nullable(),
  tags: z.number().int(),
  images: z.number().int(),
  risk: z.number().int().nullable(),
});
export type RepositoryRow = z.infer<typeof repositoryRow>;

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
    summary: 'Try a connection before saving it',
    policy: 'admin',
    body: connectionInput,
    response: connectionTest,
    errors: ['invalid-input'],
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
    body: connectionInput.extend({ auth: connectionAuth.optional() }),
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
    response: connectionTest.extend({ checkedAt: instant.nullable() }),
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
    query: pageQuery.extend({ connection: id.optional(), q: text(300).optional() }),
    response: pageOf(repositoryRow),
    errors: [],
  }),
] as const;
