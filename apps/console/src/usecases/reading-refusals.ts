import type { Fault, FaultCode } from '@hullcheck/core';
import { attemptsMax } from '../store/assessments.ts';
import { assessLimits } from './limits.ts';

/** A place that was asked for the image and did not give it. */
export interface Refusal {
  /** For people: who refused, and why. */
  readonly sentence: string;
  /** Undefined: it answered, with another image. */
  readonly fault?: Fault;
  /** When it may be asked again, in epoch milliseconds, where it is known. */
  readonly retryAtMs?: number | undefined;
  /** Nobody configured it; it was asked because some host named it. */
  readonly isPublic?: boolean;
}

/** Tried later, because whoever refused may answer then. */
export interface Later {
  readonly kind: 'later';
  readonly reason: string;
  readonly delaySeconds: number;
  /** Waiting for a limit is no failed try. */
  readonly counts: boolean;
}

/** Faults of the bytes: this source has no others. */
const FINAL: ReadonlySet<FaultCode> = new Set([
  'not-an-image',
  'truncated',
  'digest-mismatch',
  'size-mismatch',
  'limit-exceeded',
  'unsupported',
]);

/** Whether trying again could help: the bytes are what they are, but networks and processes recover. */
export function isFinal(fault: Fault): boolean {
  return FINAL.has(fault.code);
}

/**
 * The fault of the bytes that some source has, or of the reader that they ended: the answer where no other source has better
 * ones. A source that lies says nothing about the image.
 */
export function faultOfBytes(refusals: readonly Refusal[]): Fault | undefined {
  const faults = refusals.flatMap(({ fault }) => fault ?? []);
  return faults.find(isFinal) ?? crashOf(refusals);
}

export function crashOf(refusals: readonly Refusal[]): Fault | undefined {
  return refusals.find(({ fault }) => fault?.code === 'reader-crashed')?.fault;
}

/**
 * Whether the image waits for a registry that refused for now. Before an agent is asked only for a short while: for the
 * console's own registries a few tries, for a limit of requests until it is known to take longer. A public registry that
 * can't be reached is often one that this console never reaches, so an agent comes first there.
 */
export function waitFor(
  refusals: readonly Refusal[],
  attempt: { readonly attempts: number; readonly ageSeconds: number },
  nowMs: number,
  phase: 'before-agents' | 'after-agents',
): Later | undefined {
  const early = phase === 'before-agents';
  const limited = soonest(refusals.filter(({ fault }) => fault?.code === 'rate-limited'));
  if (limited !== undefined) {
    // The longer it has waited, the less often it asks: a registry that always says "in a second" is not asked each second.
    const wait = (limited.retryAtMs ?? nowMs + assessLimits.limitedSeconds * 1_000) - nowMs;
    const leastSeconds = Math.min(assessLimits.limitedSeconds, attempt.ageSeconds / assessLimits.limitedShare);
    const delaySeconds = Math.ceil(Math.max(wait / 1_000, leastSeconds, assessLimits.retrySeconds));
    const untilSeconds = early ? assessLimits.agentAfterSeconds : assessLimits.limitedSecondsMax;
    if (attempt.ageSeconds + delaySeconds <= untilSeconds) return laterBy(limited, delaySeconds, nowMs, false);
  }
  const broken = soonest(
    refusals.filter(
      ({ fault, isPublic = false }) =>
        (fault?.code === 'unreachable' || fault?.code === 'timed-out') && !(early && isPublic),
    ),
  );
  if (broken === undefined || attempt.attempts >= attemptsMax) return undefined;
  const waitMs = broken.retryAtMs === undefined ? 0 : broken.retryAtMs - nowMs;
  const delaySeconds = Math.ceil(Math.max(waitMs / 1_000, assessLimits.retrySeconds * attempt.attempts));
  return laterBy(broken, delaySeconds, nowMs, true);
}

function soonest(refusals: readonly Refusal[]): Refusal | undefined {
  const at = ({ retryAtMs }: Refusal) => retryAtMs ?? Number.POSITIVE_INFINITY;
  return refusals.reduce<Refusal | undefined>(
    (first, next) => (first === undefined || at(next) < at(first) ? next : first),
    undefined,
  );
}

function laterBy({ sentence }: Refusal, delaySeconds: number, nowMs: number, counts: boolean): Later {
  const at = new Date(nowMs + delaySeconds * 1_000).toISOString().slice(0, 16).replace('T', ' ');
  return { kind: 'later', reason: `${sentence} It is tried again at ${at} UTC.`, delaySeconds, counts };
}
