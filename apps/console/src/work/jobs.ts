import { Fault, toFault } from '@hullcheck/core';
import { z } from 'zod';
import type { JobKind, JobPayloads } from '../store/queue.ts';
import { beginWork, endWork } from '../store/work-items.ts';
import { type AssessContext, assessImage } from '../usecases/assess-image.ts';
import { requireOwnRules } from '../usecases/judging-rules.ts';
import { type FeedContext, refreshFeeds } from '../usecases/refresh-feeds.ts';
import { rematch } from '../usecases/rematch.ts';
import { forgetAgent } from '../usecases/revoke-agent.ts';
import { syncConnection } from '../usecases/sync-connection.ts';
import type { UploadContext } from '../usecases/upload-files.ts';

export interface JobContext extends AssessContext {
  readonly feeds: FeedContext;
  readonly uploads: UploadContext;
  /** 0 to 1, this console's own: spreads what all consoles do once a day. */
  readonly jitter: number;
  /** For how many days what is gone is kept; 0: for ever. */
  readonly retentionDays: number;
}

/** A job is thin: its payload's schema and the use case. Every one is safe to repeat. */
export interface Job<K extends JobKind> {
  readonly payload: z.ZodType<JobPayloads[K]>;
  run(payload: JobPayloads[K], context: JobContext & { readonly signal: AbortSignal }): Promise<void>;
}

const id = z.uuid();

export const jobs: { readonly [K in JobKind]: Job<K> } = {
  'assess-image': {
    payload: z.object({ assessmentId: id }),
    run: async ({ assessmentId }, context) => {
      await requireOwnRules(context.database, context.version);
      await assessImage(context, assessmentId, context.signal);
    },
  },
  'sync-connection': {
    payload: z.object({ connectionId: id, workId: id }),
    run: ({ connectionId, workId }, context) =>
      tracked(context, workId, () => syncConnection(context, connectionId, context.signal)),
  },
  'refresh-feeds': {
    payload: z.object({ workId: id }),
    run: async ({ workId }, context) => {
      await requireOwnRules(context.database, context.version);
      await tracked(context, workId, () => refreshFeeds(context.feeds, context.signal));
    },
  },
  rematch: {
    payload: z.object({ workId: id }),
    run: async ({ workId }, context) => {
      await requireOwnRules(context.database, context.version);
      await tracked(context, workId, () => rematch(context, context.signal));
    },
  },
  'forget-agent': {
    payload: z.object({ agentId: id }),
    run: async ({ agentId }, { database, signal }) => {
      // The queue does again what this did not end.
      if (!(await forgetAgent(database, agentId, signal)))
        throw new Fault('cancelled', 'forgetting an agent was interrupted');
    },
  },
};

const triesMax = 3;

/** Shows the work while it runs and how it ended. What the stop of this process interrupted is done again by the queue. */
async function tracked(
  context: JobContext & { readonly signal: AbortSignal },
  workId: string,
  action: () => Promise<void>,
): Promise<void> {
  const { database, log } = context;
  const begun = await beginWork(database, workId);
  if (begun === undefined) return;
  try {
    if (begun.attempts <= triesMax) await action();
    await endWork(
      database,
      workId,
      begun.attempts > triesMax ? `It was tried ${triesMax} times, and each time its worker ended.` : null,
    );
  } catch (error) {
    const fault = toFault(error, 'the work broke');
    if (context.signal.aborted || fault.code === 'unavailable') throw error;
    if (fault.code === 'internal') log.error({ err: error, work: workId }, 'work broke');
    await endWork(database, workId, fault.message);
  }
}
