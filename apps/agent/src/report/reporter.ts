import type { AgentMode, AgentReport, AgentReportAnswer } from '@hullcheck/contract';
import { type Fault, toFault } from '@hullcheck/core';
import { containersPerReport, fullReportMs } from '../limits.ts';
import { changeBetween, countChanges, type Prints, printsOf } from './delta.ts';
import type { Host } from './host.ts';
import type { Collected, ReportedRuntime } from './inventory.ts';
import { type ReportHead, type ReportText, toReportText } from './report-text.ts';
import type { StateFolder } from './state-folder.ts';

export interface ReporterOptions {
  readonly host: Host;
  readonly version: string;
  readonly mode: AgentMode;
  readonly state: StateFolder;
  readonly send: (report: ReportText) => Promise<AgentReportAnswer>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Containers of one report; what it takes of memory and disk is measured with the default. */
  readonly containersMax?: number;
}

/** A report of this process. */
interface Made {
  readonly sequence: number;
  readonly isFull: boolean;
  /** Undefined for a part that others follow: with it alone the console does not have all. */
  readonly prints: Prints | undefined;
}

/** What the console has. */
interface Acknowledged {
  readonly sequence: number;
  readonly prints: Prints;
}

/** Turns what is on the host into numbered reports. */
export interface Reporter {
  /** Sends what is still unsent from before, also from before a restart. Throws where the console can't be reached. */
  flush(): Promise<AgentReportAnswer | undefined>;
  /** Reports this inventory: as a change against the last acknowledged one, or all of it, of a big cluster in parts. */
  report(collected: Collected): Promise<AgentReportAnswer>;
}

/**
 * States: nothing acknowledged (the next report is full) → acknowledged (the next ones are changes against it) → the console
 * lost its base or a day has passed (full again). A report is kept on disk under its number before it is sent and keeps this
 * number when it is sent again, so the console can tell a repetition from news.
 */
export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  const { state, send, now, containersMax = containersPerReport } = options;
  let sequence = await state.readSequence();
  let acknowledged: Acknowledged | undefined;
  let fullAtMs = Number.NEGATIVE_INFINITY;
  /** `made`: undefined for one from before a restart, of which nothing but its text is known. */
  let unsent: { readonly text: ReportText; readonly made: Made | undefined } | undefined;
  const kept = await state.findUnsent();
  if (kept !== undefined) unsent = { text: kept, made: undefined };

  async function flush(): Promise<AgentReportAnswer | undefined> {
    if (unsent === undefined) return undefined;
    const { text, made } = unsent;
    let answer: AgentReportAnswer;
    try {
      answer = await send(text);
    } catch (error) {
      if (!REFUSED.has(toFault(error).code)) throw error;
      unsent = undefined;
      await state.dropUnsent();
      // One from before a restart: the next report says all, perhaps better.
      if (made === undefined) return undefined;
      throw error;
    }
    unsent = undefined;
    await state.dropUnsent();
    // This machine was set back to an earlier state: the console knows later reports, and takes none of a number that it has seen.
    const isBehind = answer.sequence > sequence;
    if (isBehind) sequence = answer.sequence;
    const resync = answer.resync || isBehind;
    // After a restart the inventory behind the kept report is not known any more: the next report is full.
    acknowledged = resync || made?.prints === undefined ? undefined : { sequence: made.sequence, prints: made.prints };
    if (made?.isFull === true && made.prints !== undefined && !resync) fullAtMs = now();
    return { ...answer, resync };
  }

  async function sendPart(
    collected: Collected,
    prints: Prints,
    base: Acknowledged | undefined,
    { at, of }: { readonly at: number; readonly of: number },
  ): Promise<AgentReportAnswer> {
    const part = of > 1 ? { at, of } : undefined;
    const change = changeBetween(base?.prints, prints, collected, part);
    // What was never acknowledged is replaced: this report says all that it said, and more.
    sequence += 1;
    const head: ReportHead = {
      agent: { version: options.version, mode: options.mode },
      host: options.host,
      runtimes: collected.runtimes.map(toRuntimeState),
      full: base === undefined && at === 0,
      ...(part === undefined ? {} : { part }),
      sequence,
      baseSequence: at === 0 ? (base?.sequence ?? null) : sequence - 1,
      sentAt: new Date(now()).toISOString(),
    };
    const text = toReportText(head, change);
    unsent = { text, made: { sequence, isFull: base === undefined, prints: at === of - 1 ? prints : undefined } };
    await state.keepUnsent(sequence, text());
    const answer = await flush();
    if (answer === undefined) throw new Error('a report was just kept');
    return answer;
  }

  return {
    flush,
    async report(collected) {
      const fullAgoMs = now() - fullAtMs;
      // A clock that was set back would have the next full report a year away.
      const isFresh = fullAgoMs >= 0 && fullAgoMs < fullReportMs;
      const prints = printsOf(collected);
      const known = isFresh ? acknowledged : undefined;
      // More than one report holds is told anew, in parts.
      const isTooMuch = known !== undefined && countChanges(known.prints, prints) > containersMax;
      const base = isTooMuch ? undefined : known;
      const of = base === undefined ? Math.max(1, Math.ceil(collected.containers.size / containersMax)) : 1;
      for (let at = 0; ; at += 1) {
        const answer = await sendPart(collected, prints, base, { at, of });
        if (at === of - 1 || answer.resync) return answer;
      }
    },
  };
}

/** The console read the report and does not take it: sent again it would be refused again, after every restart. */
const REFUSED: ReadonlySet<Fault['code']> = new Set(['invalid-input', 'limit-exceeded', 'unsupported']);

/** An engine as it is reported: without the socket behind which this host serves it. */
export function toRuntimeState({
  kind,
  namespace,
  version,
  rootless,
  address,
  state,
  reason,
  remedy,
}: ReportedRuntime): AgentReport['runtimes'][number] {
  return { kind, namespace, version, rootless, address, state, reason, remedy };
}
