import { z } from 'zod';
import { machineClouds } from './connection-kinds.ts';
import { defineRoute } from './route.ts';
import { id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

const user = z.object({ id, email: z.string(), role: z.enum(['viewer', 'operator', 'admin']) });
export const session = z.object({
  user: user.nullable(),
  /** No administrator exists yet. */ setup: z.boolean(),
  version: z.string(),
  /** Clouds in which connections may use the identity of the console's machine, as its operator allows. */
  machineIdentity: z.array(z.enum(machineClouds)),
});
export type Session = z.infer<typeof session>;

/** Length only: OWASP ASVS 6.2 asks for no composition rules. */
const newPassword = text(128).min(12);

export const feedState = z.object({
  id: z.string(),
  state: z.enum(['current', 'refreshing', 'failed', 'starter', 'missing']),
  /** Date of the data. */
  updatedAt: z.string().nullable(),
  fetchedAt: instant.nullable(),
  records: z.number().int(),
  extent: z.enum(['whole', 'excerpt']),
  ecosystems: z.array(z.string()),
  /** 0..1 while refreshing, null where the size is not known. */
  progress: z.number().nullable(),
  error: z.string().nullable(),
});
export type FeedState = z.infer<typeof feedState>;

export const databaseStatus = z.object({
  revision: z.string().nullable(),
  builtAt: instant.nullable(),
  starter: z.boolean(),
  activity: z.enum(['idle', 'refreshing']),
  offline: z.boolean(),
  feeds: z.array(feedState),
});
export type DatabaseStatus = z.infer<typeof databaseStatus>;

const step = z.object({ done: z.boolean(), count: z.number().int(), detail: z.string().nullable() });
export const overview = z.object({
  images: z.object({
    total: z.number().int(),
    assessed: z.number().int(),
    partial: z.number().int(),
    notAssessable: z.number().int(),
    unassessed: z.number().int(),
    /** Of `unassessed`, those whose assessment ended in a failure. */
    failed: z.number().int(),
  }),
  repositories: z.number().int(),
  hosts: z.number().int(),
  containers: z.object({ running: z.number().int(), total: z.number().int() }),
  /** The four first steps; all done hides them. */
  steps: z.object({ agent: step, images: step, assessed: step, connection: step }),
  running: z.array(
    z.object({
      job: z.string(),
      what: z.string(),
      since: instant,
      layersDone: z.number().int().nullable(),
      layersTotal: z.number().int().nullable(),
    }),
  ),
  queued: z.number().int(),
  /** Changes whenever any list could show something else: poll this, fetch lists when it moves. */
  revision: z.string(),
  /** What somebody has to do: a runtime that can't be read, with the command that mends it; readings of two readers that differ. */
  notices: z.array(
    z.object({
      kind: z.enum(['runtime', 'database', 'storage', 'readings']),
      message: z.string(),
      remedy: z.string().nullable(),
      /** An image that it is about. */
      image: id.optional(),
    }),
  ),
});
export type Overview = z.infer<typeof overview>;

export const jobRow = z.object({
  id: z.string(),
  kind: z.string(),
  what: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  attempts: z.number().int(),
  queuedAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  reason: z.string().nullable(),
});

export const uploadRow = z.object({
  id,
  name: z.string(),
  bytes: z.number().int(),
  receivedAt: instant,
  images: z.array(z.object({ id, assessment: id.nullable() })),
});

export const tokenRow = z.object({
  id,
  name: z.string(),
  role: z.enum(['viewer', 'operator', 'admin']),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});

export const auditRow = z.object({
  at: instant,
  actor: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  outcome: z.enum(['ok', 'refused', 'failed']),
  address: z.string().nullable(),
});

export const consoleRoutes = [
  defineRoute({
    id: 'session.get',
    method: 'GET',
    path: '/api/v1/session',
    summary: 'Who is signed in',
    policy: 'public',
    response: session,
    errors: [],
  }),
  defineRoute({
    id: 'session.create',
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Sign in',
    policy: 'public',
    body: z.object({ email: text(320).min(1), password: text(128).min(1) }),
    response: session,
    status: 201,
    errors: ['unauthenticated', 'rate-limited'],
  }),
  defineRoute({
    id: 'session.delete',
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'Sign out',
    policy: 'viewer',
    status: 204,
    errors: [],
  }),
  defineRoute({
    id: 'setup.create',
    method: 'POST',
    path: '/api/v1/setup',
    summary: "Make the first administrator with the one-time link's token",
    policy: 'setup',
    body: z.object({ token: text(200), email: z.email().max(320), password: newPassword }),
    response: session,
    status: 201,
    errors: ['unauthenticated', 'conflict', 'rate-limited'],
  }),
  defineRoute({
    id: 'overview.get',
    method: 'GET',
    path: '/api/v1/overview',
    summary: 'Counts, first steps and what runs now',
    policy: 'viewer',
    response: overview,
    errors: [],
  }),
  defineRoute({
    id: 'samples.create',
    method: 'POST',
    path: '/api/v1/samples',
    summary: 'Build and load sample images',
    policy: 'operator',
    response: z.object({ images: z.array(id) }),
    status: 202,
    errors: [],
  }),
  defineRoute({
    id: 'uploads.create',
    method: 'POST',
    path: '/api/v1/uploads',
    summary: 'Stream a `docker save` or OCI archive; answers once it is stored',
    policy: 'operator',
    query: z.object({ name: text(300).min(1), /** Row that this archive completes. */ image: id.optional() }),
    body: 'bytes',
    response: z.object({ id, images: z.array(z.object({ id, assessment: id.nullable() })) }),
    status: 201,
    errors: ['not-an-image', 'truncated', 'limit-exceeded', 'storage-full', 'digest-mismatch', 'conflict'],
  }),
  defineRoute({
    id: 'uploads.list',
    method: 'GET',
    path: '/api/v1/uploads',
    summary: 'Uploaded archives',
    policy: 'viewer',
    query: pageQuery,
    response: pageOf(uploadRow),
    errors: [],
  }),
  defineRoute({
    id: 'database.get',
    method: 'GET',
    path: '/api/v1/database',
    summary: "The vulnerability database and each feed's date and progress",
    policy: 'viewer',
    response: databaseStatus,
    errors: [],
  }),
  defineRoute({
    id: 'database.file',
    method: 'GET',
    path: '/api/v1/database/file',
    summary: 'The active vulnerability database, packed with zstd: for those who follow this console',
    policy: 'viewer',
    response: 'bytes',
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'database.changes',
    method: 'GET',
    path: '/api/v1/database/changes',
    summary: 'What changed in the step after a revision; not-found where the whole is the only way',
    policy: 'viewer',
    query: z.object({ from: z.string().regex(/^[0-9a-f]{64}$/) }),
    response: 'bytes',
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'database.refresh',
    method: 'POST',
    path: '/api/v1/database/refresh',
    summary: 'Refresh the feeds now',
    policy: 'operator',
    response: databaseStatus,
    status: 202,
    errors: ['conflict'],
  }),
  defineRoute({
    id: 'jobs.list',
    method: 'GET',
    path: '/api/v1/jobs',
    summary: 'Assessments and other work, newest first',
    policy: 'viewer',
    query: pageQuery,
    response: pageOf(jobRow),
    errors: [],
  }),
  defineRoute({
    id: 'tokens.list',
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'API tokens',
    policy: 'admin',
    query: pageQuery,
    response: pageOf(tokenRow),
    errors: [],
  }),
  defineRoute({
    id: 'tokens.create',
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Make an API token; its secret is shown once',
    policy: 'admin',
    body: z.object({
      name: text(200).min(1),
      role: z.enum(['viewer', 'operator', 'admin']),
      expiresInDays: z.number().int().min(1).max(3_650).nullable().default(90),
    }),
    response: tokenRow.extend({ token: z.string() }),
    status: 201,
    errors: [],
  }),
  defineRoute({
    id: 'tokens.delete',
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    summary: 'Revoke an API token',
    policy: 'admin',
    params: idParams,
    status: 204,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'audit.list',
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'Who did what, newest first',
    policy: 'admin',
    query: pageQuery,
    response: pageOf(auditRow),
    errors: [],
  }),
] as const;
