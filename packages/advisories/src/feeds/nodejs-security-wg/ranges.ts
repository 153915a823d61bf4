import type { VersionRange } from '@hullcheck/core';
import semver from 'semver';

/** Versions from `low` on and below `high`; null: no bound. `upTo` marks an inclusive `high`. */
interface Interval {
  readonly low: string | null;
  readonly high: string | null;
  readonly upTo: boolean;
}

/** What is affected, as ranges that name their fix, and in npm's words what has no fix in its line. */
export interface AffectedRanges {
  readonly ranges: readonly VersionRange[];
  readonly expression: string | null;
}

/** A major version that stands for "all there will ever be": the database writes `<=99.999.99999`. */
const ENDLESS_MAJOR = 99;

/**
 * The working group states two ranges: `20.x || 22.x` is vulnerable, `^20.20.2 || ^22.22.2` is patched. Affected is what
 * is in the first and not in the second; where a vulnerable line runs into a patched one, that start is the fix.
 * Undefined when either range is not npm's.
 */
export function toRanges(vulnerable: string, patched: string): AffectedRanges | undefined {
  const wholes = toIntervals(vulnerable);
  const holes = /^\s*$/.test(patched) ? [] : toIntervals(patched);
  if (wholes === undefined || holes === undefined) return undefined;
  const ranges: VersionRange[] = [];
  const expressions: string[] = [];
  for (const whole of wholes) {
    for (const piece of subtract(whole, holes)) {
      if (piece.fixed || endsAtRelease(piece)) {
        ranges.push({ introduced: piece.low, fixed: piece.high, lastAffected: null });
      } else if (piece.high === null || endless(piece)) {
        ranges.push({ introduced: piece.low, fixed: null, lastAffected: null });
      } else if (piece.upTo) ranges.push({ introduced: piece.low, fixed: null, lastAffected: piece.high });
      else expressions.push([piece.low === null ? '' : `>=${piece.low} `, `<${piece.high}`].join(''));
    }
  }
  return { ranges, expression: expressions.length === 0 ? null : expressions.join(' || ') };
}

/** `<4.2.1` names the first version that is not vulnerable, whatever the patched range says; the end of `5.x` (`<6.0.0-0`) names none. */
function endsAtRelease({ high, upTo }: Interval): boolean {
  return high !== null && !upTo && !high.endsWith('-0');
}

function endless(interval: Interval): boolean {
  return interval.high !== null && interval.upTo && semver.major(interval.high) >= ENDLESS_MAJOR;
}

/** The pieces of `whole` outside `holes`, in order; `fixed` when the piece ends where a hole starts. */
function subtract(whole: Interval, holes: readonly Interval[]): readonly (Interval & { readonly fixed: boolean })[] {
  const pieces: (Interval & { readonly fixed: boolean })[] = [];
  let low = whole.low;
  for (const hole of [...holes].sort((a, b) => compareLow(a.low, b.low))) {
    if (hole.low === null) {
      low = higherLow(low, hole.high);
      if (hole.high === null) return pieces;
      continue;
    }
    if (touches(whole, hole.low) && (low === null || semver.gt(hole.low, low))) {
      pieces.push({ low, high: hole.low, upTo: false, fixed: true });
      return pieces;
    }
    const startsAfter = low === null || semver.gt(hole.low, low);
    const startsInside = whole.high === null || (whole.upTo ? semver.lte : semver.lt)(hole.low, whole.high);
    const reachesUs = hole.high === null || low === null || semver.gt(hole.high, low);
    if (!startsInside || !reachesUs) continue;
    if (startsAfter) pieces.push({ low, high: hole.low, upTo: false, fixed: true });
    if (hole.high === null) return pieces;
    low = higherLow(low, hole.high);
    if (whole.high !== null && semver.gte(low ?? hole.high, whole.high)) return pieces;
  }
  pieces.push({ low, high: whole.high, upTo: whole.upTo, fixed: false });
  return pieces;
}

/** Whether the patched line starts right behind what is vulnerable: `<1.2.4` or `<=1.2.3`, and `>=1.2.4`. */
function touches(whole: Interval, start: string): boolean {
  if (whole.high === null) return false;
  return whole.upTo ? semver.inc(whole.high, 'patch') === start : semver.eq(whole.high, start);
}

function higherLow(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return semver.gt(a, b) ? a : b;
}

function compareLow(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return semver.compare(a, b);
}

/** Each alternative of an npm range as one interval; undefined when the text is no range. Exclusive starts and inclusive ends of holes move by one patch. */
function toIntervals(text: string): readonly Interval[] | undefined {
  let range: semver.Range;
  try {
    range = new semver.Range(text);
  } catch {
    return undefined;
  }
  const intervals: Interval[] = [];
  for (const comparators of range.set) {
    let interval: Interval | undefined = { low: null, high: null, upTo: false };
    for (const comparator of comparators) {
      // `*` is a comparator without a version.
      if (typeof comparator.semver === 'symbol' || comparator.semver.version === undefined) continue;
      const { version } = comparator.semver;
      // `<0.0.0` is how "never" is written.
      if (/^0\.0\.0(?:-0)?$/.test(version) && comparator.operator === '<') interval = undefined;
      if (interval === undefined) break;
      if (comparator.operator === '>=') interval = withLow(interval, lowOf(version));
      else if (comparator.operator === '>') interval = withLow(interval, semver.inc(version, 'patch'));
      else if (comparator.operator === '<') interval = withHigh(interval, version, false);
      else if (comparator.operator === '<=') interval = withHigh(interval, version, true);
      else interval = withHigh(withLow(interval, version), version, true);
    }
    if (interval !== undefined) intervals.push(interval);
  }
  return intervals;
}

/** All comparators of an alternative hold at once: `>=5.0.3 >=4.2.1` starts at 5.0.3. */
function withLow(interval: Interval, low: string | null): Interval {
  return { ...interval, low: higherLow(interval.low, low) };
}

function withHigh(interval: Interval, high: string, upTo: boolean): Interval {
  const order = interval.high === null ? -1 : semver.compare(high, interval.high);
  if (order > 0) return interval;
  return { ...interval, high, upTo: order === 0 ? upTo && interval.upTo : upTo };
}

function lowOf(version: string): string | null {
  return version === '0.0.0' ? null : version;
}
