import type { AffectedPackage, VersionRange } from '../advisory.ts';
import { compareVersions, inExpression, inRange } from '../versions/compare.ts';
import type { SchemeId } from '../versions/scheme.ts';
import type { Verdict, VerdictKind } from './matcher.ts';

/** Gravest first: what stands for a flaw on which several entries or sources differ. Doubt outweighs an all-clear. */
export const GRAVEST_FIRST: readonly VerdictKind[] = [
  'affected',
  'will-not-fix',
  'undetermined',
  'under-investigation',
  'fixed',
  'not-affected',
];

/** How the matchers ask: which version is compared, under which rule, through which source package. */
export interface Question {
  readonly rule: string;
  readonly version: string;
  readonly via: string | null;
}

/** The verdict of all entries of one advisory that name the package; undefined for none. */
export function judgeEntries(question: Question, entries: readonly AffectedPackage[]): Verdict | undefined {
  const verdicts = entries.map((entry) => judgeEntry(question, entry));
  const gravest = GRAVEST_FIRST.find((kind) => verdicts.some((verdict) => verdict.kind === kind));
  const chosen = verdicts.filter((verdict) => verdict.kind === gravest);
  const [first] = chosen;
  if (first === undefined) return undefined;
  return {
    ...first,
    range: distinct(chosen.map((verdict) => verdict.range)).join(' or '),
    fixedIn: endingFixes(question, entries, distinct(chosen.flatMap((verdict) => verdict.fixedIn))),
    urgency: chosen.find((verdict) => verdict.urgency !== null)?.urgency ?? null,
  };
}

/**
 * The named fixes that no other entry still holds. Where none is left, the smallest later one: Go's CVE-2023-45283 was fixed
 * in 1.20.11 and, after the fix had opened it anew, in 1.20.12, and each is an entry of its own.
 */
function endingFixes(
  question: Question,
  entries: readonly AffectedPackage[],
  named: readonly string[],
): readonly string[] {
  const ends = (version: string) =>
    entries.every((entry) => judgeEntry({ ...question, version }, entry).kind !== 'affected');
  const ending = named.filter(ends);
  if (ending.length > 0 || named.length === 0) return ending;
  let smallest: string | undefined;
  for (const { scheme, ranges } of entries) {
    for (const { fixed } of ranges) {
      if (fixed === null || compareVersions(scheme, fixed, question.version) !== 1) continue;
      if (smallest !== undefined && compareVersions(scheme, fixed, smallest) !== -1) continue;
      if (ends(fixed)) smallest = fixed;
    }
  }
  return smallest === undefined ? [] : [smallest];
}

function judgeEntry({ rule, version, via }: Question, entry: AffectedPackage): Verdict {
  const base = { rule, compared: version, via, urgency: entry.urgency, fixedIn: [], unparsable: null };
  if (entry.status === 'not-affected') return { ...base, kind: 'not-affected', range: 'no version' };
  const place = placeOf(entry, version);
  const found = { ...base, range: place.range, unparsable: place.unparsable };
  if (place.kind !== 'affected' || entry.status === 'affected') {
    return { ...found, kind: place.kind, fixedIn: place.kind === 'affected' ? place.fixedIn : [] };
  }
  return { ...found, kind: entry.status };
}

interface Place {
  readonly kind: 'affected' | 'fixed' | 'not-affected' | 'undetermined';
  readonly range: string;
  readonly fixedIn: readonly string[];
  readonly unparsable: string | null;
}

/** Where a version lies in the ranges, exact versions and expression of one entry. */
function placeOf(entry: AffectedPackage, version: string): Place {
  const { scheme } = entry;
  const ranges = entry.ranges.map(withoutZero);
  if (ranges.length === 0 && entry.versions.length === 0 && entry.expression === null) {
    return { kind: 'affected', range: 'all versions', fixedIn: [], unparsable: null };
  }
  const holding: string[] = [];
  let unparsable: string | null = null;
  for (const range of ranges) {
    const inside = isInside(scheme, version, range);
    if (inside === true) holding.push(wordsOfRange(range));
    if (inside === undefined) unparsable ??= unparsableOf(scheme, version, wordsOfRange(range));
  }
  for (const listed of entry.versions) {
    if (listed === version || compareVersions(scheme, version, listed) === 0) holding.push(`= ${listed}`);
  }
  if (entry.expression !== null) {
    const inside = inExpression(scheme, version, entry.expression);
    if (inside === true) holding.push(entry.expression);
    if (inside === undefined) unparsable ??= unparsableOf(scheme, version, entry.expression);
  }
  if (holding.length > 0) {
    // An exact listing repeats what a range says (OSV gives both): the range alone tells more.
    const words = holding.find((one) => !one.startsWith('= ')) ?? holding[0] ?? '';
    return { kind: 'affected', range: words, fixedIn: fixesAbove(scheme, version, ranges), unparsable: null };
  }
  const range = wordsOfEntry(entry, ranges);
  if (unparsable !== null) return { kind: 'undetermined', range, fixedIn: [], unparsable };
  const isPast = ranges.some(({ fixed }) => fixed !== null && fixed !== '0' && isAtLeast(scheme, version, fixed));
  return { kind: isPast ? 'fixed' : 'not-affected', range, fixedIn: [], unparsable: null };
}

/** OSV writes "from the first version" as `0`; in words it is no bound. */
function withoutZero(range: VersionRange): VersionRange {
  return range.introduced === '0' ? { ...range, introduced: null } : range;
}

/** A fix in `0` says that no version ever was affected, even one of no known form. */
function isInside(scheme: SchemeId, version: string, range: VersionRange): boolean | undefined {
  return range.fixed === '0' ? false : inRange(scheme, version, range);
}

/** The smallest fix above the version that lies in no other affected range: a fix on another branch may itself be affected. */
function fixesAbove(scheme: SchemeId, version: string, ranges: readonly VersionRange[]): readonly string[] {
  let smallest: string | undefined;
  for (const { fixed } of ranges) {
    if (fixed === null || compareVersions(scheme, fixed, version) !== 1) continue;
    if (ranges.some((range) => isInside(scheme, fixed, range) === true)) continue;
    if (smallest === undefined || compareVersions(scheme, fixed, smallest) === -1) smallest = fixed;
  }
  return smallest === undefined ? [] : [smallest];
}

function isAtLeast(scheme: SchemeId, version: string, bound: string): boolean {
  const order = compareVersions(scheme, version, bound);
  return order === 0 || order === 1;
}

function unparsableOf(scheme: SchemeId, version: string, range: string): string {
  return compareVersions(scheme, version, version) === undefined ? version : range;
}

function wordsOfRange({ introduced, fixed, lastAffected }: VersionRange): string {
  if (fixed === '0') return 'no version';
  const bounds: string[] = [];
  if (introduced !== null) bounds.push(`>= ${introduced}`);
  if (fixed !== null) bounds.push(`< ${fixed}`);
  else if (lastAffected !== null) bounds.push(`<= ${lastAffected}`);
  return bounds.length === 0 ? 'all versions' : bounds.join(', ');
}

/** Ranges and versions named one by one in an evidence; the rest is counted. */
const NAMED_MAX = 6;

function wordsOfEntry(entry: AffectedPackage, ranges: readonly VersionRange[]): string {
  const parts = ranges.map(wordsOfRange);
  if (entry.expression !== null) parts.push(entry.expression);
  if (parts.length === 0) parts.push(...entry.versions.map((version) => `= ${version}`));
  const named = parts.slice(0, NAMED_MAX).join(' or ');
  return parts.length > NAMED_MAX ? `${named} or ${parts.length - NAMED_MAX} more` : named;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
