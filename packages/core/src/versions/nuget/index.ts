import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { parseIntervals } from '../intervals.ts';
import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';
import { isBuildMetadata, parsePrerelease } from '../semantic.ts';

export interface NugetVersion {
  readonly scheme: 'nuget';
  /** One to four numbers. */
  readonly release: readonly string[];
  /** Lower-case labels; empty for a release. */
  readonly labels: readonly string[];
}

/** NuGet's order and intervals, as NuGet.Versioning has them: up to four numbers, labels without regard to case. */
export const nuget: VersionScheme<NugetVersion> = bounded({
  id: 'nuget',
  specification: 'https://learn.microsoft.com/nuget/concepts/package-versioning',
  parse,
  compare,
  satisfies,
});

const numberMax = 2147483647;

function parse(text: string): NugetVersion | undefined {
  const match = /^([0-9]+(?:\.[0-9]+){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, numbers = '', stage, build] = match;
  const release = numbers.split('.');
  if (release.some((number) => Number(number) > numberMax)) return undefined;
  if (build !== undefined && !isBuildMetadata(build)) return undefined;
  const labels = stage === undefined ? [] : parsePrerelease(stage.toLowerCase());
  return labels && { scheme: 'nuget', release, labels };
}

function compare(a: NugetVersion, b: NugetVersion): Order {
  const releases = compareLists(a.release, b.release, (x = '', y = '') => compareDigits(x, y));
  if (releases !== 0) return releases;
  if (a.labels.length === 0 || b.labels.length === 0) {
    return a.labels.length === b.labels.length ? 0 : a.labels.length === 0 ? 1 : -1;
  }
  return compareLists(a.labels, b.labels, compareLabels);
}

function compareLabels(a: string | undefined, b: string | undefined): Order {
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const aNumeric = isNumeric(a);
  const bNumeric = isNumeric(b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return aNumeric ? compareDigits(a, b) : compareText(a, b);
}

/** Numbers above 32 bits, such as timestamps, are text to NuGet. */
function isNumeric(label: string): boolean {
  return /^[0-9]+$/.test(label) && Number(label) <= numberMax;
}

/** One interval, `[1.0,2.0)`, or `1.0`, which means 1.0 and later, or the comparators that advisories write. */
function satisfies(version: NugetVersion, range: string): boolean | undefined {
  const bare = parse(range);
  if (bare !== undefined) return compare(version, bare) >= 0;
  if (!/^\s*[[(]/.test(range)) return satisfiesConstraints({ parse, compare }, version, range);
  const [interval, ...others] = parseIntervals(range) ?? [];
  if (interval === undefined || others.length > 0) return undefined;
  const { lowIncluded, highIncluded, exact } = interval;
  const low = interval.low === null ? null : parse(interval.low);
  const high = interval.high === null ? null : parse(interval.high);
  if (low === undefined || high === undefined || (low === null && high === null)) return undefined;
  if (exact && !(lowIncluded && highIncluded)) return undefined;
  const bounds = low === null || high === null ? -1 : compare(low, high);
  if (bounds > 0 || (bounds === 0 && lowIncluded !== highIncluded)) return undefined;
  const above = low === null ? 1 : compare(version, low);
  const below = high === null ? -1 : compare(version, high);
  return (lowIncluded ? above >= 0 : above > 0) && (highIncluded ? below <= 0 : below < 0);
}
