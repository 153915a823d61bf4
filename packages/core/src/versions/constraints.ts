import type { Order, VersionScheme } from './scheme.ts';

export type Comparator = '<' | '<=' | '=' | '!=' | '>=' | '>';

export interface Constraint {
  readonly comparator: Comparator;
  readonly version: string;
}

/**
 * The spellings that range languages share. `<` and `>` are strict here, as advisories mean them; dpkg alone reads them as
 * `<=` and `>=` for the sake of packages from 1995, and calls that obsolete.
 */
const COMPARATORS: ReadonlyMap<string, Comparator> = new Map([
  ['<<', '<'],
  ['<', '<'],
  ['<=', '<='],
  ['=', '='],
  ['==', '='],
  ['!=', '!='],
  ['>=', '>='],
  ['>>', '>'],
  ['>', '>'],
]);

/**
 * Reads `>= 1.0, << 2.0 || = 3.1`: constraints parted by spaces or commas must all hold, `||` parts alternatives, a version
 * without a comparator means `=`, and `*` alone any version. Undefined: not of that form.
 */
export function parseConstraints(range: string): readonly (readonly Constraint[])[] | undefined {
  const alternatives: Constraint[][] = [];
  for (const alternative of range.split('||')) {
    const constraints = parseConjunction(alternative);
    if (constraints === undefined) return undefined;
    alternatives.push(constraints);
  }
  return alternatives;
}

function parseConjunction(text: string): Constraint[] | undefined {
  if (text.trim() === '*') return [];
  const constraints: Constraint[] = [];
  let comparator: Comparator | undefined;
  for (const [token] of text.matchAll(/[<>=!]+|[^\s,<>=!]+/g)) {
    const symbol = COMPARATORS.get(token);
    if (symbol !== undefined) {
      if (comparator !== undefined) return undefined;
      comparator = symbol;
    } else if (/^[<>=!]/.test(token)) {
      return undefined;
    } else {
      constraints.push({ comparator: comparator ?? '=', version: token });
      comparator = undefined;
    }
  }
  return comparator === undefined && constraints.length > 0 ? constraints : undefined;
}

export function holds(order: Order, comparator: Comparator): boolean {
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
  }
}

/** Whether the version meets the constraints. One version in them that can't be parsed leaves the whole range undetermined. */
export function satisfiesConstraints<V>(
  order: Pick<VersionScheme<V>, 'parse' | 'compare'>,
  version: V,
  range: string,
): boolean | undefined {
  const alternatives = parseConstraints(range);
  if (alternatives === undefined) return undefined;
  let satisfied = false;
  for (const constraints of alternatives) {
    let all = true;
    for (const constraint of constraints) {
      const bound = order.parse(constraint.version);
      if (bound === undefined) return undefined;
      if (!holds(order.compare(version, bound), constraint.comparator)) all = false;
    }
    if (all) satisfied = true;
  }
  return satisfied;
}
