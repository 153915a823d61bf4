import { type Fault, formatPlatform, type ImageFacts, subjectKey, toFault } from '@hullcheck/core';
import { holdAgents } from '../store/agents.ts';
import { type Attempt, attemptsMax, beat, beginAttempt, type Ending, endAttempt } from '../store/assessments.ts';
import { upsertProfile } from '../store/coverage-profiles.ts';
import { holdActive, holdNone } from '../store/feeds.ts';
import { bindVerified } from '../store/image-binding.ts';
import { writeFacts } from '../store/images.ts';
import { recordLayers } from '../store/lineage.ts';
import { holdOccurrences, noteOccurrenceChanges } from '../store/occurrences.ts';
import type { RaisedAlarm } from '../store/reading-alarms.ts';
import { wantCheck } from '../store/reading-checks.ts';
import { writeInventory, writeResult } from '../store/results.ts';
import { imagesOfGroups, recountStandings } from '../store/standings.ts';
import { holdVerdicts, upsertSubjects } from '../store/subjects.ts';
import { refreshSummaries } from '../store/summaries.ts';
import type { Advisories } from './advisories.ts';
import { type FoundReading, findReading } from './find-reading.ts';
import { deriveImage, subjectsOf } from './judge.ts';
import { judgeUnjudged } from './judge-unjudged.ts';
import { judgingRules } from './judging-rules.ts';
import { assessLimits } from './limits.ts';
import { alarm, logAlarms } from './reading-alarms.ts';
import { isFinal } from './reading-refusals.ts';
import type { ReadingContext } from './registry-reading.ts';

export interface AssessContext extends ReadingContext {
  readonly advisories: Advisories;
}

/**
 * One attempt at an assessment: read, judge, write. It ends in one of the states of `Ending`, or writes nothing at all when
 * another attempt has taken over. `signal` aborts when the process stops: then the work goes back to the queue at once.
 */
export async function assessImage(context: AssessContext, assessmentId: string, signal: AbortSignal): Promise<void> {
  const { database, log } = context;
  const attempt = await beginAttempt(database, assessmentId);
  if (attempt === undefined) return;
  if (attempt.attempts > attemptsMax) {
    await end(context, attempt, {
      state: 'failed',
      reason: `It was tried ${attemptsMax} times, and each time its reader ended. The console's log says why.`,
    });
    return;
  }
  const fenced = new AbortController();
  let layersDone: number | null = null;
  let layersTotal: number | null = null;
  const pulse = async () => {
    if (!(await beat(database, attempt, layersDone, layersTotal))) fenced.abort();
  };
  const timer = setInterval(
    () => void pulse().catch((error: unknown) => log.warn({ err: error }, 'assessment heartbeat failed')),
    assessLimits.beatEveryMs,
  );
  const stop = AbortSignal.any([signal, fenced.signal, AbortSignal.timeout(assessLimits.attemptMs)]);
  try {
    const outcome = await findReading(context, attempt, stop, (done, total) => {
      const moved = done !== layersDone;
      layersDone = done;
      layersTotal = total;
      if (moved) void pulse().catch(() => undefined);
    });
    if (outcome.kind === 'none') await end(context, attempt, { state: 'none', reason: outcome.reason });
    else if (outcome.kind === 'later') await end(context, attempt, { ...outcome, state: 'queued' });
    else if (outcome.kind === 'ask') {
      const { agentId, name } = outcome.agent;
      await end(context, attempt, {
        state: 'waiting',
        agentId,
        agentName: name,
        wantSeconds: assessLimits.agentWantSeconds,
      });
    } else await writeReading(context, attempt, outcome);
  } catch (error) {
    if (fenced.signal.aborted) return;
    const fault = toFault(error, 'the assessment broke');
    if (fault.code === 'unavailable') throw fault;
    await end(context, attempt, endingOf(fault, attempt, signal.aborted));
    if (fault.code === 'internal') log.error({ err: error, image: attempt.imageId }, 'assessment broke');
  } finally {
    clearInterval(timer);
  }
}

function endingOf(fault: Fault, attempt: Attempt, stopping: boolean): Ending {
  const place = fault.place === undefined || fault.message.includes(fault.place) ? '' : `${fault.place}: `;
  const reason = `${place}${fault.message}${fault.hint === undefined ? '' : `. ${fault.hint}`}`;
  if (stopping)
    return { state: 'queued', reason: 'The worker stopped; it goes on with the next one.', delaySeconds: 0 };
  if (isFinal(fault) || attempt.attempts >= attemptsMax) {
    return {
      state: 'failed',
      reason:
        attempt.attempts >= attemptsMax && !isFinal(fault) ? `Tried ${attempt.attempts} times. ${reason}` : reason,
    };
  }
  const waitMs = fault.retryAtMs === undefined ? 0 : fault.retryAtMs - Date.now();
  return {
    state: 'queued',
    reason,
    delaySeconds: Math.max(assessLimits.retrySeconds * attempt.attempts, Math.ceil(waitMs / 1000)),
  };
}

async function end(context: AssessContext, attempt: Attempt, ending: Ending): Promise<void> {
  await context.database.write((transaction) => endAttempt(transaction, attempt, ending));
}

/** The write met another revision than it was judged by, or another attempt: nothing of it was written. */
type WriteOutcome = 'written' | 'fenced' | 'revision-moved';

async function writeReading(context: AssessContext, first: Attempt, reading: FoundReading): Promise<void> {
  const { database } = context;
  const imageId = reading.verified
    ? await database.write((transaction) => bindVerified(transaction, first.imageId, observationOf(reading.facts)))
    : first.imageId;
  const attempt = { ...first, imageId };
  const rules = judgingRules(context.version);
  const subjects = subjectsOf(reading);
  const agents = [
    ...new Set(reading.readBy.flatMap((reader) => (reader === null || reader === 'console' ? [] : reader))),
  ];
  for (;;) {
    const active = await context.advisories.active(database);
    const by = active === undefined ? undefined : { revision: active.record.revision, rules };
    // A console of another version started meanwhile: it is that one's to judge.
    if (active !== undefined && active.record.rules !== rules) {
      const reason = 'A console of another version judges now; it is read by that one.';
      await end(context, attempt, { state: 'queued', reason, delaySeconds: assessLimits.retrySeconds });
      return;
    }
    const derived = deriveImage(reading, active?.database ?? null, context.version);
    let raised: readonly RaisedAlarm[] = [];
    const outcome = await database
      .write(async (transaction): Promise<WriteOutcome> => {
        if (!(await holdAgents(transaction, agents))) {
          const reason = 'An agent that had read it was revoked; it is read again.';
          await endAttempt(transaction, attempt, { state: 'queued', reason, delaySeconds: 0 });
          return 'fenced';
        }
        // The fence comes first: whoever lost it does no work under locks.
        if (!(await endAttempt(transaction, attempt, { state: 'done' }))) return 'fenced';
        const epoch = by === undefined ? undefined : await holdActive(transaction, by);
        if (by === undefined ? !(await holdNone(transaction)) : epoch === undefined) throw new RevisionMoved();
        const ids = await upsertSubjects(transaction, subjects);
        await holdVerdicts(transaction, 'reading');
        const merged: number[] = [];
        if (active !== undefined && by !== undefined && epoch !== undefined) {
          merged.push(...(await judgeUnjudged(transaction, [...ids.values()], active.database, by, epoch)));
        }
        const occurrences = reading.inventory.packages.flatMap((pkg, index) => {
          const subject = subjects[index];
          const subjectId = subject === undefined ? undefined : ids.get(subjectKey(subject));
          return subjectId === undefined ? [] : [{ subjectId, judged: derived.judged[index] === true, pkg }];
        });
        const sources = active?.record.sources ?? null;
        const profile = await upsertProfile(transaction, derived.ecosystems, sources, context.now());
        const before = await holdOccurrences(transaction, imageId);
        await writeInventory(transaction, imageId, reading, occurrences);
        await recordLayers(transaction, imageId, reading.facts.layers);
        await writeResult(transaction, imageId, reading, derived, profile);
        if (before !== undefined) await noteOccurrenceChanges(transaction, imageId, before, reading.readers);
        await writeFacts(transaction, imageId, reading.facts);
        if (merged.length > 0) await holdVerdicts(transaction, 'judging');
        await recountStandings(transaction, [imageId, ...(await imagesOfGroups(transaction, merged))]);
        await refreshSummaries(transaction, [imageId]);
        // What the console read now may differ from what an agent said before.
        raised = await alarm(transaction, { diffIds: reading.facts.layers.flatMap(({ diffId }) => diffId ?? []) });
        if (reading.facts.source === 'agent') await wantCheck(transaction, imageId);
        return 'written';
      })
      .catch((error: unknown) => {
        if (error instanceof RevisionMoved) return 'revision-moved' as const;
        throw error;
      });
    if (outcome === 'written') logAlarms(context.log, raised);
    if (outcome !== 'revision-moved') return;
  }
}

class RevisionMoved extends Error {}

export function observationOf(facts: ImageFacts) {
  const of = (kind: 'config' | 'manifest' | 'index') =>
    facts.digests.filter((digest) => digest.kind === kind).map(({ digest }) => digest as string);
  return {
    by: 'console' as const,
    configDigest: facts.id,
    manifestDigests: of('manifest'),
    indexDigests: of('index'),
    repositoryDigests: [],
    platform: facts.platform === null ? null : formatPlatform(facts.platform),
    builtAt: facts.created,
    size: facts.size,
    fallbackName: null,
  };
}
