import { satisfiesConstraints } from '../constraints.ts';
import { type Interval, parseIntervals } from '../intervals.ts';
import { compareItems, type MavenVersion, parseVersion } from './version.ts';

const order = { parse: parseVersion, compare: (a: MavenVersion, b: MavenVersion) => compareItems(a.items, b.items) };

/**
 * Whether the version lies in a Maven range, `[1.0,2.0),(3.0,]`, or meets the comparators that advisories write, `>= 1.0, < 2.0`.
 * A bare version means `=` (in a POM it is but a wish, which any version meets).
 */
export function satisfies(version: MavenVersion, range: string): boolean | undefined {
  const intervals = parseIntervals(range);
  if (intervals === undefined) return satisfiesConstraints(order, version, range);
  let satisfied = false;
  let previous: Interval | undefined;
  for (const interval of intervals) {
    const inside = contains(interval, version);
    if (inside === undefined || !follows(interval, previous)) return undefined;
    if (inside) satisfied = true;
    previous = interval;
  }
  return satisfied;
}

function contains(interval: Interval, version: MavenVersion): boolean | undefined {
  const low = interval.low === null ? null : parseVersion(interval.low);
  const high = interval.high === null ? null : parseVersion(interval.high);
  if (low === undefined || high === undefined || (low === null && high === null)) return undefined;
  if (low !== null && high !== null && !isSound(interval, order.compare(low, high))) return undefined;
  const above = low === null ? 1 : order.compare(version, low);
  const below = high === null ? -1 : order.compare(version, high);
  return (interval.lowIncluded ? above >= 0 : above > 0) && (interval.highIncluded ? below <= 0 : below < 0);
}

/** Maven refuses bounds the wrong way round, and equal ones unless both are included. */
function isSound(interval: Interval, bounds: number): boolean {
  return bounds < 0 || (bounds === 0 && interval.lowIncluded && interval.highIncluded);
}

/** Maven refuses ranges that overlap or are out of order. */
function follows(interval: Interval, previous: Interval | undefined): boolean {
  if (previous === undefined || previous.high === null) return true;
  const low = interval.low === null ? undefined : parseVersion(interval.low);
  const high = parseVersion(previous.high);
  return low !== undefined && high !== undefined && order.compare(low, high) >= 0;
}
