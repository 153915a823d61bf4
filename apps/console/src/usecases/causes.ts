import { isDeepStrictEqual } from 'node:util';
import type { DatabaseSource, Judgement } from '@hullcheck/core';
import type { Explanation, VerdictCause } from '../store/verdicts.ts';

/**
 * Probabilities at which something is worth a line of history. Between them EPSS moves every day for nearly every CVE: kept
 * as changes, that would be a new row for each finding and day.
 */
export const EPSS_THRESHOLDS: readonly number[] = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.8];

/** What a change is held against beside the two verdicts themselves. */
export interface ChangeContext {
  /** Other rules than before judge: whatever moved, the product's version moved it. */
  readonly otherRules: boolean;
  /** Feeds before and after; undefined where the database of before is gone. */
  readonly sourcesBefore: readonly DatabaseSource[] | undefined;
  readonly sourcesAfter: readonly DatabaseSource[];
  /** The subject's verdicts by the other database, all-clears too: on the same flaw, where it has one. */
  readonly clearedBefore: (id: string) => Judgement | undefined;
  readonly clearedAfter: (id: string) => Judgement | undefined;
}

/** Why a finding appeared (`before` null), vanished (`after` null) or changed; null where only details drifted. */
export function explainChange(
  before: Judgement | null,
  after: Judgement | null,
  context: ChangeContext,
): Explanation | null {
  if (before === null || after === null) {
    if (context.otherRules) return { cause: 'rules-version', changes: {} };
    if (after !== null) return appeared(after, context);
    return before === null ? null : vanished(before, context);
  }
  const changes = changesOf(before, after);
  const cause = causeOf(before, after, changes, context);
  if (cause === undefined) return null;
  return { cause: context.otherRules ? 'rules-version' : cause, changes };
}

function appeared(after: Judgement, context: ChangeContext): Explanation {
  const cleared = context.clearedBefore(after.id);
  if (cleared !== undefined) {
    // It was known of and did not touch this version: now it does, or its source takes it back that it does not.
    const cause = cleared.verdict === 'not-affected' ? 'status-changed' : 'range-changed';
    return { cause, changes: rangeChange(cleared, after) };
  }
  return { cause: isOfOneSide(after, context.sourcesBefore) ? 'database-source' : 'advisory-new', changes: {} };
}

function vanished(before: Judgement, context: ChangeContext): Explanation {
  const cleared = context.clearedAfter(before.id);
  if (cleared !== undefined) {
    const cause = cleared.verdict === 'not-affected' ? 'status-changed' : 'range-changed';
    return { cause, changes: rangeChange(before, cleared) };
  }
  return {
    cause: isOfOneSide(before, context.sourcesAfter) ? 'database-source' : 'advisory-withdrawn',
    changes: {},
  };
}

const rangeChange = (before: Judgement, after: Judgement) => ({
  verdict: [before.verdict, after.verdict] as const,
  range: [before.evidence.range, after.evidence.range] as const,
});

/** Whether all that says so are feeds that the database of the other side does not have. */
function isOfOneSide(judgement: Judgement, sources: readonly DatabaseSource[] | undefined): boolean {
  const { advisories } = judgement.evidence;
  if (sources === undefined || advisories.length === 0) return false;
  const known = sources.map(({ id }) => id);
  return advisories.every(
    ({ feed }) => !known.some((id) => id === feed || id.split(/[/:]/)[0] === feed.split(/[/:]/)[0]),
  );
}

function changesOf(before: Judgement, after: Judgement): { readonly [field: string]: readonly [unknown, unknown] } {
  const fields: { [field: string]: readonly [unknown, unknown] } = {
    verdict: [before.verdict, after.verdict],
    severity: [before.severity, after.severity],
    rating: [before.rating, after.rating],
    cvss: [before.cvss?.score ?? null, after.cvss?.score ?? null],
    fixedIn: [before.fixedIn, after.fixedIn],
    range: [before.evidence.range, after.evidence.range],
    kev: [before.kev, after.kev],
    exploit: [before.exploit, after.exploit],
    epss: [before.epss, after.epss],
    risk: [before.risk, after.risk],
    sources: [feedsOf(before), feedsOf(after)],
    vendor: [before.evidence.vex?.status ?? null, after.evidence.vex?.status ?? null],
  };
  return Object.fromEntries(Object.entries(fields).filter(([, [was, is]]) => !isDeepStrictEqual(was, is)));
}

const feedsOf = (judgement: Judgement) =>
  [...new Set(judgement.evidence.advisories.map(({ feed, id }) => `${feed} ${id}`))].sort();

/** The gravest of what changed: what an attacker gained, then what a defender did, then what somebody says of it. */
function causeOf(
  before: Judgement,
  after: Judgement,
  changes: { readonly [field: string]: unknown },
  { sourcesBefore, sourcesAfter }: ChangeContext,
): VerdictCause | undefined {
  // Whatever else moved: it counts, or counts no more, because of this.
  if ('vendor' in changes) return 'vendor-statement';
  if (before.kev !== after.kev) return after.kev ? 'kev-listed' : 'kev-removed';
  if ('exploit' in changes) return 'exploit-changed';
  if (before.fixedIn.length === 0 && after.fixedIn.length > 0) return 'fix-released';
  if ('verdict' in changes) return 'status-changed';
  if ('severity' in changes || 'rating' in changes || 'cvss' in changes) return 'severity-changed';
  if ('range' in changes || 'fixedIn' in changes) return 'range-changed';
  if (bandOf(before.epss) !== bandOf(after.epss)) return 'epss-crossed';
  if (!('sources' in changes)) return undefined;
  return isOfOneSide(after, sourcesBefore) || isOfOneSide(before, sourcesAfter) ? 'database-source' : 'sources-changed';
}

/** How many thresholds the probability has reached; unknown is its own. */
function bandOf(epss: number | null): number {
  return epss === null ? -1 : EPSS_THRESHOLDS.filter((threshold) => epss >= threshold).length;
}
