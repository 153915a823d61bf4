import { holds } from '../constraints.ts';
import { successor } from '../order.ts';
import { compareSemantic, hasLeadingZero, parsePrerelease, type SemanticVersion } from '../semantic.ts';

/**
 * `>= 1.0.0 and < 2.0.0 or ~> 2.1`: `and` binds before `or`. Pre-releases count as the order puts them, and `~>` keeps the
 * pre-releases of its upper end out.
 */
export function satisfies(version: SemanticVersion, requirement: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of requirement.trim().split(/\s+or\s+/)) {
    let all = true;
    for (const clause of alternative.split(/\s+and\s+/)) {
      const met = meets(version, clause.trim());
      if (met === undefined) return undefined;
      if (!met) all = false;
    }
    if (all) satisfied = true;
  }
  return satisfied;
}

const CLAUSE = /^(==|!=|>=|<=|>|<|~>)?\s*([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

function meets(version: SemanticVersion, clause: string): boolean | undefined {
  const match = CLAUSE.exec(clause);
  if (match === null) return undefined;
  const [, stated = '==', major = '', minor = '', patch, stage] = match;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  if (prerelease === undefined || [major, minor, patch ?? ''].some(hasLeadingZero)) return undefined;
  const bound: SemanticVersion = { release: [major, minor, patch ?? '0'], prerelease };
  const order = compareSemantic(version, bound);
  if (stated === '~>') {
    // Two numbers leave the second one free, three the third.
    const end = patch === undefined ? [successor(major), '0', '0'] : [major, successor(minor), '0'];
    return order >= 0 && compareSemantic(version, { release: end, prerelease: ['0'] }) < 0;
  }
  if (patch === undefined) return undefined;
  return holds(order, stated === '==' ? '=' : stated === '!=' ? '!=' : comparatorOf(stated));
}

function comparatorOf(text: string): '<' | '<=' | '>' | '>=' {
  return text === '<' || text === '<=' || text === '>' ? text : '>=';
}
