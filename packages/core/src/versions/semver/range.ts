import { successor } from '../order.ts';
import { compareSemantic, hasLeadingZero, parsePrerelease, type SemanticVersion } from '../semantic.ts';

/** From `low` (inclusive) up to `high` (exclusive); null: no bound. */
interface Interval {
  readonly low: SemanticVersion | null;
  readonly high: SemanticVersion | null;
}

/** A version of a range, which may leave its last numbers out or say `x` or `*` for them. */
interface Partial extends SemanticVersion {
  /** The numbers that are there, none to three. */
  readonly release: readonly string[];
}

/**
 * Comparators as everybody writes them for semantic versions: `>=1.2.3 <2`, `^1.2`, `~1.2.3`, `1.2.x`, `=1.0.0`, with `,` or
 * space for "and", `||` for "or". Pre-releases lie where the order puts them, and the upper end of a `^`, `~` or partial
 * version keeps out its own pre-releases: what the semver library answers with `includePrerelease`.
 */
export function satisfies(version: SemanticVersion, range: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of range.split('||')) {
    const intervals = parseConjunction(alternative);
    if (intervals === undefined) return undefined;
    if (intervals.every((interval) => contains(interval, version))) satisfied = true;
  }
  return satisfied;
}

function contains({ low, high }: Interval, version: SemanticVersion): boolean {
  return (low === null || compareSemantic(version, low) >= 0) && (high === null || compareSemantic(version, high) < 0);
}

function parseConjunction(text: string): Interval[] | undefined {
  const intervals: Interval[] = [];
  let comparator: string | undefined;
  for (const [token] of text.matchAll(/[<>=^~]+|[^\s,<>=^~]+/g)) {
    if (/^[<>=^~]/.test(token)) {
      if (comparator !== undefined) return undefined;
      comparator = token;
      continue;
    }
    const partial = parsePartial(token);
    const interval = partial && toInterval(comparator ?? '=', partial);
    if (interval === undefined) return undefined;
    intervals.push(interval);
    comparator = undefined;
  }
  return comparator === undefined && intervals.length > 0 ? intervals : undefined;
}

function parsePartial(text: string): Partial | undefined {
  const match =
    /^v?([0-9]+|[xX*])(?:\.([0-9]+|[xX*])(?:\.([0-9]+|[xX*])(?:-([0-9A-Za-z.-]+))?)?)?(?:\+[0-9A-Za-z.+-]+)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', stage] = match;
  const numbers = [major, minor, patch];
  if (numbers.some(hasLeadingZero)) return undefined;
  const open = numbers.findIndex((number) => !/^[0-9]+$/.test(number));
  const prerelease = stage === undefined || open !== -1 ? [] : parsePrerelease(stage);
  return prerelease && { release: open === -1 ? numbers : numbers.slice(0, open), prerelease };
}

function toInterval(comparator: string, partial: Partial): Interval | undefined {
  const whole = partial.release.length === 3;
  const any = partial.release.length === 0;
  const low = any ? null : whole ? partial : before(partial.release);
  switch (comparator) {
    case '=':
    case '==':
      return whole ? { low, high: after(partial) } : { low, high: any ? null : following(partial.release) };
    case '^':
      return { low, high: any ? null : following(upToFirstSignificant(partial.release)) };
    case '~':
      return { low, high: any ? null : following(partial.release.slice(0, 2)) };
    case '>=':
      return { low, high: null };
    case '<':
      return any ? NOTHING : { low: null, high: low };
    case '>':
      return any ? NOTHING : { low: whole ? after(partial) : following(partial.release), high: null };
    case '<=':
      return { low: null, high: any ? null : whole ? after(partial) : following(partial.release) };
    default:
      return undefined;
  }
}

/** The lowest pre-release of all (`-0`) of the release, missing numbers being zero. */
function before(release: readonly string[]): SemanticVersion {
  return { release, prerelease: ['0'] };
}

const NOTHING: Interval = { low: null, high: before(['0']) };

/** The lowest version above every version that starts with these numbers. */
function following(release: readonly string[]): SemanticVersion {
  return before([...release.slice(0, -1), successor(release.at(-1) ?? '')]);
}

/** The next version in the order: nothing lies between a version and this. */
function after({ release, prerelease }: SemanticVersion): SemanticVersion {
  return prerelease.length === 0 ? following(release) : { release, prerelease: [...prerelease, '0'] };
}

/** `1.2.3` → `1`, `0.2.3` → `0.2`, `0.0.3` → `0.0.3`: where `^` lets the numbers change only to the right of that. */
function upToFirstSignificant(release: readonly string[]): readonly string[] {
  const first = release.findIndex((number) => number !== '0');
  return first === -1 ? release : release.slice(0, first + 1);
}
