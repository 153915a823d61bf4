import { type Comparator, holds } from '../constraints.ts';
import { successor } from '../order.ts';
import { compareSegments, type GemVersion, isNumber, parseVersion } from './version.ts';

/** Whether the version meets a requirement: `~> 1.2, >= 1.2.3`; `||` parts alternatives, as advisories list them. */
export function satisfies(version: GemVersion, requirement: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of requirement.split('||')) {
    let all = true;
    for (const part of alternative.split(',')) {
      const answer = satisfiesOne(version, part.trim());
      if (answer === undefined) return undefined;
      if (!answer) all = false;
    }
    if (all) satisfied = true;
  }
  return satisfied;
}

function satisfiesOne({ segments }: GemVersion, requirement: string): boolean | undefined {
  const symbol = /^(?:!=|<=|>=|~>|[=<>])/.exec(requirement)?.[0] ?? '';
  const bound = parseVersion(requirement.slice(symbol.length));
  if (bound === undefined) return undefined;
  const order = compareSegments(segments, bound.segments);
  if (symbol !== '~>') return holds(order, toComparator(symbol));
  return order >= 0 && compareSegments(releaseOf(segments), bump(bound.segments)) < 0;
}

function toComparator(symbol: string): Comparator {
  switch (symbol) {
    case '!=':
    case '<=':
    case '>=':
    case '<':
    case '>':
      return symbol;
    default:
      return '=';
  }
}

/** `1.2.b1` → `1.2`. */
function releaseOf(segments: readonly string[]): readonly string[] {
  const letters = segments.findIndex((segment) => !isNumber(segment));
  return letters === -1 ? segments : segments.slice(0, letters);
}

/** What `~>` stays below: `1.2.3` → `1.3`, `5` → `6`. */
function bump(segments: readonly string[]): readonly string[] {
  const release = releaseOf(segments);
  const kept = release.length > 1 ? release.slice(0, -1) : release;
  return [...kept.slice(0, -1), successor(kept.at(-1) ?? '')];
}
