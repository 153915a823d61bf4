import { type AffectedPackage, compareVersions, type SchemeId, type VersionRange } from '@hullcheck/core';

/** End of an interval of versions. */
interface Bound {
  readonly version: string;
  readonly inclusive: boolean;
}

/** Versions between two ends; null has no end. */
export interface Interval {
  readonly low: Bound | null;
  readonly high: Bound | null;
}

/** How a scheme writes requirements: the interval of one clause, undefined for a clause that is none (`!=`). */
type ClauseReader = (operator: string, version: string) => Interval | undefined;

const REQUIREMENTS_MAX = 1000;

/**
 * What is affected when a source lists only what is *not*: the complement of its patched and unaffected requirements, each
 * a comma-separated conjunction. Undefined where a requirement can't be read as an interval. Both sources state the rule:
 * https://github.com/rubysec/ruby-advisory-db#yaml-schema, https://github.com/rustsec/advisory-db#advisory-format
 */
export function affectedOutside(
  scheme: SchemeId,
  requirements: readonly string[],
): Pick<AffectedPackage, 'ranges' | 'expression' | 'status'> | undefined {
  if (requirements.length > REQUIREMENTS_MAX) return undefined;
  const intervals: Interval[] = [];
  for (const requirement of requirements) {
    const interval = parseRequirement(scheme, requirement);
    if (interval === undefined) return undefined;
    if (interval !== 'empty') intervals.push(interval);
  }
  const gaps = complement(scheme, intervals).map((gap) => (scheme === 'cargo' ? fromNextVersion(gap) : gap));
  if (gaps.length === 0) return { ranges: [], expression: null, status: 'not-affected' };
  // A range starts at a version that is in it; a gap behind `<= x` or `= x` can only be said in words.
  const said = gaps.filter(({ low }) => low !== null && !low.inclusive).map(toWords);
  const ranges = gaps.filter(({ low }) => low === null || low.inclusive).map(toRange);
  const isAll = gaps.length === 1 && gaps[0]?.low === null && gaps[0].high === null;
  return { ranges: isAll ? [] : ranges, expression: said.length === 0 ? null : said.join(' || '), status: 'affected' };
}

function parseRequirement(scheme: SchemeId, text: string): Interval | 'empty' | undefined {
  const readClause = CLAUSES.get(scheme);
  let whole: Interval = { low: null, high: null };
  for (const clause of text.split(',')) {
    const match = /^\s*(=|!=|>=|<=|>|<|~>|\^|~)?\s*([0-9A-Za-z][0-9A-Za-z.+-]{0,200})\s*$/.exec(clause);
    const version = match?.[2];
    const read = version === undefined ? undefined : readClause?.(match?.[1] ?? '', version);
    if (read === undefined || !isReadable(scheme, read)) return undefined;
    whole = intersect(scheme, whole, read);
  }
  return isEmpty(scheme, whole) ? 'empty' : whole;
}

const CLAUSES: ReadonlyMap<SchemeId, ClauseReader> = new Map<SchemeId, ClauseReader>([
  ['gem', gemClause],
  ['cargo', cargoClause],
]);

function plainClause(operator: string, version: string): Interval | undefined {
  switch (operator) {
    case '>=':
      return { low: { version, inclusive: true }, high: null };
    case '>':
      return { low: { version, inclusive: false }, high: null };
    case '<':
      return { low: null, high: { version, inclusive: false } };
    case '<=':
      return { low: null, high: { version, inclusive: true } };
    default:
      return undefined;
  }
}

/**
 * `~> 2.2.3` is at least 2.2.3 and below every version whose release is 2.3 or more, its pre-releases included: those begin
 * at `2.3.a`. https://guides.rubygems.org/patterns/#pessimistic-version-constraint
 */
function gemClause(operator: string, version: string): Interval | undefined {
  const low = { version, inclusive: true };
  if (operator === '=' || operator === '') return { low, high: low };
  if (operator !== '~>') return plainClause(operator, version);
  const numbers: number[] = [];
  for (const segment of version.split(/[.-]/)) {
    if (!/^\d{1,15}$/.test(segment)) break;
    numbers.push(Number(segment));
  }
  if (numbers.length > 1) numbers.pop();
  const last = numbers.pop();
  return last === undefined
    ? undefined
    : { low, high: { version: [...numbers, last + 1, 'a'].join('.'), inclusive: false } };
}

/**
 * Caret is the default; an upper end excludes the pre-releases of that end, which begin at `-0`.
 * https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html
 */
function cargoClause(operator: string, version: string): Interval | undefined {
  if (operator === '~>' || operator === '!=') return undefined;
  const match = /^(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.exec(version);
  if (match === null) return undefined;
  const [major = 0, minor, patch] = match.slice(1, 4).map((part) => (part === undefined ? undefined : Number(part)));
  const full = `${major}.${minor ?? 0}.${patch ?? 0}${match[4] ?? ''}`;
  const low = { version: full, inclusive: true };
  const below = (...numbers: readonly number[]): Bound => ({ version: `${numbers.join('.')}-0`, inclusive: false });
  const afterStated = minor === undefined ? below(major + 1, 0, 0) : below(major, minor + 1, 0);
  if (operator === '=') return patch === undefined ? { low, high: afterStated } : { low, high: low };
  if (operator === '~') return { low, high: afterStated };
  if (operator === '' || operator === '^') {
    if (major > 0 || minor === undefined) return { low, high: below(major + 1, 0, 0) };
    if (minor > 0 || patch === undefined) return { low, high: below(0, minor + 1, 0) };
    return { low, high: below(0, 0, patch + 1) };
  }
  // `> 1.2` is beyond all of 1.2, `<= 1.2` includes it.
  if (patch === undefined && operator === '>') return { low: { ...afterStated, inclusive: true }, high: null };
  if (patch === undefined && operator === '<=') return { low: null, high: afterStated };
  return plainClause(operator, full);
}

/**
 * Behind `<= 1.2.0` semantic versions go on at `1.2.1-0`, behind `<= 1.2.0-rc.1` at `1.2.0-rc.1.0`. Said in Cargo's words, `> 1.2.0`
 * would leave out pre-releases, which is its rule for installing and not the order that advisories mean.
 */
function fromNextVersion(gap: Interval): Interval {
  const { low } = gap;
  if (low === null || low.inclusive) return gap;
  const plain = /^(\d+\.\d+\.)(\d+)$/.exec(low.version);
  const version = plain === null ? `${low.version}.0` : `${plain[1]}${Number(plain[2]) + 1}-0`;
  return { ...gap, low: { version, inclusive: true } };
}

function isReadable(scheme: SchemeId, { low, high }: Interval): boolean {
  return [low, high].every((bound) => bound === null || compareVersions(scheme, bound.version, bound.version) === 0);
}

function intersect(scheme: SchemeId, a: Interval, b: Interval): Interval {
  return {
    low: [a.low, b.low].reduce((x, y) => (x === null || (y !== null && compareLow(scheme, x, y) < 0) ? y : x)),
    high: [a.high, b.high].reduce((x, y) => (x === null || (y !== null && compareHigh(scheme, x, y) > 0) ? y : x)),
  };
}

function isEmpty(scheme: SchemeId, { low, high }: Interval): boolean {
  if (low === null || high === null) return false;
  const order = compareVersions(scheme, low.version, high.version) ?? 0;
  return order > 0 || (order === 0 && !(low.inclusive && high.inclusive));
}

function compareLow(scheme: SchemeId, a: Bound, b: Bound): number {
  return compareVersions(scheme, a.version, b.version) || Number(b.inclusive) - Number(a.inclusive);
}

function compareHigh(scheme: SchemeId, a: Bound, b: Bound): number {
  return compareVersions(scheme, a.version, b.version) || Number(a.inclusive) - Number(b.inclusive);
}

/** The gaps between the intervals, from below. */
function complement(scheme: SchemeId, intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) =>
    a.low === null ? (b.low === null ? 0 : -1) : b.low === null ? 1 : compareLow(scheme, a.low, b.low),
  );
  const gaps: Interval[] = [];
  /** The lowest version that no interval has covered so far; null before the first. */
  let open: Bound | null = null;
  for (const { low, high } of sorted) {
    if (low !== null) {
      const gap: Interval = { low: open, high: { version: low.version, inclusive: !low.inclusive } };
      if (!isEmpty(scheme, gap)) gaps.push(gap);
    }
    if (high === null) return gaps;
    const next: Bound = { version: high.version, inclusive: !high.inclusive };
    if (open === null || compareLow(scheme, open, next) < 0) open = next;
  }
  gaps.push({ low: open, high: null });
  return gaps;
}

function toRange({ low, high }: Interval): VersionRange {
  return {
    introduced: low?.version ?? null,
    fixed: high !== null && !high.inclusive ? high.version : null,
    lastAffected: high?.inclusive === true ? high.version : null,
  };
}

function toWords({ low, high }: Interval): string {
  const clauses: string[] = [];
  if (low !== null) clauses.push(`${low.inclusive ? '>=' : '>'} ${low.version}`);
  if (high !== null) clauses.push(`${high.inclusive ? '<=' : '<'} ${high.version}`);
  return clauses.join(', ');
}
