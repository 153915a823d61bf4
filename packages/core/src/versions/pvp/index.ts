import { bounded } from '../bounded.ts';
import { compareDigits, compareLists, successor } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

export interface PvpVersion {
  readonly scheme: 'pvp';
  readonly numbers: readonly string[];
}

/** Haskell's versions and Cabal's ranges: plain numbers, of equal beginnings the longer one is newer (`1.0` < `1.0.0`). */
export const pvp: VersionScheme<PvpVersion> = bounded({
  id: 'pvp',
  specification: 'https://pvp.haskell.org/',
  parse,
  compare: (a, b) => compareNumbers(a.numbers, b.numbers),
  satisfies,
});

/** Cabal refuses leading zeros. */
function parse(text: string): PvpVersion | undefined {
  return /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*$/.test(text)
    ? { scheme: 'pvp', numbers: text.split('.') }
    : undefined;
}

function compareNumbers(a: readonly string[], b: readonly string[]): Order {
  return compareLists(a, b, (x, y) => (x === undefined ? -1 : y === undefined ? 1 : compareDigits(x, y)));
}

/**
 * `>=1.0 && <2.0 || ==2.1.* || ^>=2.2.3`, without parentheses. The `^>=` ends before the next major version, of which the first
 * two numbers are part. https://cabal.readthedocs.io/en/stable/cabal-package-description-file.html#pkg-field-build-depends
 */
function satisfies(version: PvpVersion, range: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of range.split('||')) {
    let all = true;
    for (const clause of alternative.split('&&')) {
      const holds = meets(version, clause.trim());
      if (holds === undefined) return undefined;
      if (!holds) all = false;
    }
    if (all) satisfied = true;
  }
  return satisfied;
}

function meets({ numbers }: PvpVersion, clause: string): boolean | undefined {
  if (clause === '-any') return true;
  const [, operator = '', text = '', wild] = /^(==|>=|<=|>|<|\^>=)\s*([0-9.]+?)(\.\*)?$/.exec(clause) ?? [];
  const bound = parse(text)?.numbers;
  if (bound === undefined || (wild !== undefined && operator !== '==')) return undefined;
  const order = compareNumbers(numbers, bound);
  switch (operator) {
    case '==':
      return wild === undefined ? order === 0 : order >= 0 && compareNumbers(numbers, following(bound)) < 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    default:
      return order >= 0 && compareNumbers(numbers, following([bound[0] ?? '0', bound[1] ?? '0'])) < 0;
  }
}

/** The lowest version above all that begin with these numbers. */
function following(numbers: readonly string[]): readonly string[] {
  return [...numbers.slice(0, -1), successor(numbers.at(-1) ?? '0')];
}
