import { successor } from '../order.ts';
import type { VersionScheme } from '../scheme.ts';
import type { PubVersion } from './index.ts';

type PubOrder = Pick<VersionScheme<PubVersion>, 'parse' | 'compare'>;

/**
 * `any`, `^1.2.3`, `1.2.3` or comparators parted by blanks, all of which must hold. An upper end `<2.0.0` keeps the pre-releases
 * of 2.0.0 out, unless it is one itself or the lower end is one of the same release.
 * https://github.com/dart-lang/tools/tree/main/pkgs/pub_semver
 */
export function satisfies(order: PubOrder, version: PubVersion, range: string): boolean | undefined {
  const text = range.trim();
  if (text === 'any') return true;
  const clauses = [...text.matchAll(/(\^|<=|>=|<|>)?\s*([^\s<>=^]+)\s*/gy)];
  const read = clauses.reduce((length, [clause]) => length + clause.length, 0);
  if (clauses.length === 0 || read !== text.length) return undefined;
  const bounds: { readonly operator: string; readonly bound: PubVersion }[] = [];
  for (const [, operator = '=', stated = ''] of clauses) {
    const bound = order.parse(stated);
    if (bound === undefined || (clauses.length > 1 && operator === '^')) return undefined;
    bounds.push({ operator, bound });
  }
  const lows = bounds.filter(({ operator }) => operator.startsWith('>')).map(({ bound }) => bound);
  return bounds.every(({ operator, bound }) => meets(order, version, operator, bound, lows));
}

function meets(
  order: PubOrder,
  version: PubVersion,
  operator: string,
  bound: PubVersion,
  lows: readonly PubVersion[],
): boolean {
  const compared = order.compare(version, bound);
  switch (operator) {
    case '=':
      return compared === 0;
    case '>=':
      return compared >= 0;
    case '>':
      return compared > 0;
    case '<=':
      return compared <= 0;
    case '<': {
      const shut = bound.prerelease.length === 0 && !lows.some((low) => isStageOf(low, bound));
      return order.compare(version, shut ? firstStage(bound.release) : bound) < 0;
    }
    default:
      return compared >= 0 && order.compare(version, firstStage(nextBreaking(bound.release))) < 0;
  }
}

function isStageOf(low: PubVersion, { release }: PubVersion): boolean {
  return low.prerelease.length > 0 && low.release.every((number, index) => number === release[index]);
}

/** Below 1.0.0 the second number is the breaking one. */
function nextBreaking([major = '0', minor = '0']: readonly string[]): readonly string[] {
  return /^0+$/.test(major) ? [major, successor(minor), '0'] : [successor(major), '0', '0'];
}

function firstStage(release: readonly string[]): PubVersion {
  return { scheme: 'pub', release, prerelease: ['0'], build: [] };
}
