import type { MachineCloud, Overview, Session } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import type { Passwords } from '../../auth/passwords.ts';
import { actorOf, type Principal } from '../../auth/principal.ts';
import { hashSecret, newSecret } from '../../auth/secrets.ts';
import {
  createToken,
  deleteSession,
  hasAdministrator,
  listTokens,
  revokeToken,
  type TokenRow,
} from '../../store/accounts.ts';
import { listAudit, recordAudit } from '../../store/audit.ts';
import { countMax, parseCursor, toCursor } from '../../store/cursor.ts';
import type { Database } from '../../store/database.ts';
import { findActiveRevision, listFeeds } from '../../store/feeds.ts';
import { countOverview, listRunning, listRuntimeNotices } from '../../store/overview.ts';
import { defaultScope } from '../../store/scope.ts';
import { listUploads } from '../../store/uploads.ts';
import { isAtWork, listJobs } from '../../store/work-items.ts';
import { noticeOfAlarms } from '../../usecases/reading-alarms.ts';
import { receiveUpload } from '../../usecases/receive-upload.ts';
import { type FeedContext, requestRefresh } from '../../usecases/refresh-feeds.ts';
import { setUp, signIn } from '../../usecases/sign-in.ts';
import type { UploadContext } from '../../usecases/upload-files.ts';
import { signInLimits } from '../limits.ts';
import type { Handlers } from '../route-table.ts';
import { toInstant } from './image-rows.ts';

type ConsoleHandlers = Pick<
  Handlers,
  | 'session.get'
  | 'session.create'
  | 'session.delete'
  | 'setup.create'
  | 'overview.get'
  | 'samples.create'
  | 'uploads.create'
  | 'uploads.list'
  | 'database.get'
  | 'database.refresh'
  | 'jobs.list'
  | 'tokens.list'
  | 'tokens.create'
  | 'tokens.delete'
  | 'audit.list'
>;

export interface ConsoleContext {
  readonly database: Database;
  readonly passwords: Passwords;
  readonly uploads: UploadContext;
  readonly feeds: FeedContext;
  readonly version: string;
  /** In which connections may use the identity of this machine. */
  readonly machineClouds: readonly MachineCloud[];
  /** Counts the changes that were committed since the start. */
  readonly changes: () => string;
  readonly loadSamples: (createdBy: string, address: string | null, signal: AbortSignal) => Promise<readonly string[]>;
}

const RUNNING_SHOWN_MAX = 50;

export function consoleHandlers(context: ConsoleContext): ConsoleHandlers {
  const { database, version } = context;
  const userOf = (principal: Principal) => {
    switch (principal.kind) {
      case 'user':
        return { id: principal.id, email: principal.email, role: principal.role };
      default:
        return null;
    }
  };
  const databaseStatus = async () => {
    const active = await findActiveRevision(database);
    const feeds = await listFeeds(database);
    return {
      revision: active?.revision ?? null,
      builtAt: active?.builtAt ?? null,
      starter: active?.origin === 'starter',
      activity: (await isAtWork(database, 'refresh-feeds')) ? ('refreshing' as const) : ('idle' as const),
      offline: context.feeds.offline,
      feeds: feeds.map((feed) => ({ ...feed, ecosystems: [...feed.ecosystems], fetchedAt: toInstant(feed.fetchedAt) })),
    };
  };
  const sessionOf = (user: Session['user'], setup: boolean): Session => ({
    user,
    setup,
    version,
    // What this machine may do is nothing to tell a stranger.
    machineIdentity: user === null ? [] : [...context.machineClouds],
  });
  return {
    'session.get': async ({ principal }) => sessionOf(userOf(principal), !(await hasAdministrator(database))),
    'session.create': async ({ body, principal, address, setSession }) => {
      const session = principal.kind === 'user' ? principal.session : undefined;
      const { user, token } = await signIn(database, context.passwords, signInLimits, { ...body, address, session });
      setSession(token);
      return sessionOf(user, false);
    },
    'session.delete': async ({ principal, setSession }) => {
      if (principal.kind === 'user')
        await database.write((transaction) => deleteSession(transaction, principal.session));
      setSession(null);
      return undefined;
    },
    'setup.create': async ({ body, address, setSession }) => {
      const { user, token } = await setUp(database, context.passwords, signInLimits, { ...body, address });
      setSession(token);
      return sessionOf(user, false);
    },
    'overview.get': async ({ view }) => {
      const counts = await countOverview(database, view);
      const running = await listRunning(database, view, RUNNING_SHOWN_MAX);
      const notices = await listRuntimeNotices(database, view);
      const assessed = counts.complete + counts.partial;
      const active = await findActiveRevision(database);
      const noDatabase = {
        kind: 'database' as const,
        message: 'There is no vulnerability database: images are listed, not judged.',
        remedy: 'hullcheck db update',
      };
      const overview: Overview = {
        images: {
          total: counts.total,
          assessed,
          partial: counts.partial,
          notAssessable: counts.notAssessable,
          unassessed: counts.unassessed,
          failed: counts.failed,
        },
        repositories: counts.repositories,
        hosts: counts.hosts,
        containers: { running: counts.running, total: counts.containers },
        steps: {
          agent: { done: counts.agents > 0, count: counts.agents, detail: null },
          images: { done: counts.total > 0, count: counts.total, detail: null },
          assessed: {
            done: assessed > 0,
            count: assessed,
            detail: counts.unassessed === 0 ? null : `${counts.unassessed} not assessed yet`,
          },
          connection: { done: counts.connections > 0, count: counts.connections, detail: null },
        },
        running: running.map((row) => ({ ...row, since: row.since.toISOString() })),
        queued: counts.queued,
        revision: context.changes(),
        notices: [
          ...(active === undefined ? [noDatabase] : []),
          ...(await noticeOfAlarms(database, view)),
          ...notices.map((notice) => ({ kind: 'runtime' as const, ...notice })),
        ],
      };
      return overview;
    },
    'samples.create': async ({ principal, address, signal }) => ({
      images: [...(await context.loadSamples(actorOf(principal), address, signal))],
    }),
    'uploads.create': async ({ query, body, principal, view, address, signal, lengthBytes }) => {
      const received = await receiveUpload(
        context.uploads,
        {
          name: query.name,
          kind: 'upload',
          scopeId: view.scopes[0] ?? defaultScope,
          view,
          image: query.image,
          createdBy: actorOf(principal),
          audit: { actor: actorOf(principal), action: 'uploads.create', address },
        },
        body ?? emptyBody(),
        lengthBytes,
        signal,
      );
      return { id: received.id, images: [...received.images] };
    },
    'uploads.list': async ({ view, query }) => {
      const page = await listUploads(database, view, query);
      return {
        ...page,
        items: page.items.map(({ receivedAt, images, ...upload }) => ({
          ...upload,
          receivedAt: receivedAt.toISOString(),
          images: [...images],
        })),
      };
    },
    'database.get': databaseStatus,
    'database.refresh': async ({ principal, address }) => {
      await database.write(async (transaction) => {
        await requestRefresh(context.feeds, transaction);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'database.refresh',
          target: null,
          outcome: 'ok',
          address,
        });
      });
      return databaseStatus();
    },
    'jobs.list': async ({ view, query }) => {
      const page = await listJobs(database, view, query);
      return {
        ...page,
        items: page.items.map((job) => ({
          ...job,
          queuedAt: job.queuedAt.toISOString(),
          startedAt: toInstant(job.startedAt),
          finishedAt: toInstant(job.finishedAt),
        })),
      };
    },
    'tokens.list': async ({ query }) => {
      const page = await listTokens(database, query);
      return { ...page, items: page.items.map(toTokenRow) };
    },
    'tokens.create': async ({ body, principal, address }) => {
      const secret = newSecret('api-token');
      const row = await database.write(async (transaction) => {
        const made = await createToken(transaction, {
          ...body,
          secretHash: hashSecret(secret),
          prefix: secret.slice(0, 10),
          createdBy: actorOf(principal),
        });
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'tokens.create',
          target: made.id,
          outcome: 'ok',
          address,
          detail: { name: body.name, role: body.role },
        });
        return made;
      });
      return { ...toTokenRow(row), token: secret };
    },
    'tokens.delete': async ({ params, principal, address }) => {
      await database.write(async (transaction) => {
        if (!(await revokeToken(transaction, params.id))) throw new Fault('not-found', 'there is no such token');
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'tokens.delete',
          target: params.id,
          outcome: 'ok',
          address,
        });
      });
      return undefined;
    },
    'audit.list': async ({ query }) => {
      const before = parseCursor(query.cursor, z.tuple([z.number().int().positive()]))?.[0];
      const rows = await listAudit(database, before, query.limit + 1);
      const items = rows.slice(0, query.limit);
      const last = items.at(-1);
      // Its numbers have no gap, so the newest one is the count.
      const newest =
        before === undefined ? (rows[0]?.seq ?? 0) : ((await listAudit(database, undefined, 1))[0]?.seq ?? 0);
      return {
        items: items.map(({ at, actor, action, target, outcome, address }) => ({
          at,
          actor,
          action,
          target,
          outcome,
          address,
        })),
        next: rows.length > query.limit && last !== undefined ? toCursor(last.seq) : null,
        total: { value: Math.min(newest, countMax), exact: newest <= countMax },
      };
    },
  };
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

function toTokenRow(row: TokenRow) {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.createdAt.toISOString(),
    expiresAt: toInstant(row.expiresAt),
    lastUsedAt: toInstant(row.usedAt),
  };
}
