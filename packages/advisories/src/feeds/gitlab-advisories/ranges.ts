import type { AffectedPackage, SchemeId, VersionRange } from '@hullcheck/core';

type Affected = Pick<AffectedPackage, 'ranges' | 'versions' | 'expression'>;

interface Bound {
  readonly operator: string;
  readonly version: string;
}

const ALTERNATIVES_MAX = 1000;
/** Schemes whose ranges part the clauses of a conjunction by blanks. */
const BY_BLANKS = new Set<SchemeId>(['conan', 'npm', 'pub', 'semver']);

/**
 * Brackets of Maven and NuGet, `[1.0,2.0),(,0.9]`, or comparators with `||`, `>=1.0 <2.0||=3.1`, whatever the ecosystem's own
 * language is. One entry for all ranges and exact versions, and one more for each start that is not itself affected, which only
 * words can say. Undefined where any part can't be read.
 */
export function affectedOf(text: string, scheme: SchemeId): readonly Affected[] | undefined {
  const alternatives = /^\s*[[(]/.test(text) ? parseBrackets(text) : parseComparators(text);
  if (alternatives === undefined || alternatives.length > ALTERNATIVES_MAX) return undefined;
  const ranges: VersionRange[] = [];
  const versions: string[] = [];
  const inWords: Affected[] = [];
  for (const bounds of alternatives) {
    const [first] = bounds;
    if (first?.operator === '=' && bounds.length === 1) {
      versions.push(first.version);
      continue;
    }
    const range = toRange(bounds);
    if (range === undefined) return undefined;
    if (range !== 'words') ranges.push(range);
    else {
      const clauses = bounds.map(({ operator, version }) => operator + version);
      inWords.push({ ranges: [], versions: [], expression: clauses.join(BY_BLANKS.has(scheme) ? ' ' : ',') });
    }
  }
  const plain = ranges.length + versions.length === 0 ? [] : [{ ranges, versions, expression: null }];
  return [...plain, ...inWords];
}

function parseBrackets(text: string): readonly (readonly Bound[])[] | undefined {
  const alternatives: (readonly Bound[])[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^([[(])([^[\]()]*)([\])])\s*,?\s*/.exec(rest);
    const bounds = match === null ? undefined : parseInterval(match[1] ?? '', match[2] ?? '', match[3] ?? '');
    if (match === null || bounds === undefined || alternatives.length === ALTERNATIVES_MAX) return undefined;
    alternatives.push(bounds);
    rest = rest.slice(match[0].length);
  }
  return alternatives;
}

function parseInterval(open: string, body: string, close: string): readonly Bound[] | undefined {
  const [low = '', high, ...others] = body.split(',').map((bound) => bound.trim());
  if (others.length > 0) return undefined;
  if (high === undefined) {
    // `(0)` is how a record that was taken back says "no version".
    if (open === '(') return low === '0' && close === ')' ? [{ operator: '<', version: '0' }] : undefined;
    return close === ']' && low !== '' ? [{ operator: '=', version: low }] : undefined;
  }
  return [
    ...(low === '' ? [] : [{ operator: open === '[' ? '>=' : '>', version: low }]),
    ...(high === '' ? [] : [{ operator: close === ']' ? '<=' : '<', version: high }]),
  ];
}

function parseComparators(text: string): readonly (readonly Bound[])[] | undefined {
  const alternatives: (readonly Bound[])[] = [];
  for (const alternative of text.split('||')) {
    const trimmed = alternative.trim();
    // A trailing `||` stands in the data.
    if (trimmed === '') continue;
    const clauses = [...trimmed.matchAll(/(>=|<=|==|=|>|<)\s*([^\s,<>=|]+)[\s,]*/gy)];
    const read = clauses.reduce((length, [clause]) => length + clause.length, 0);
    if (read !== trimmed.length || clauses.length === 0) return undefined;
    alternatives.push(
      clauses.map(([, operator = '', version = '']) => ({ operator: operator === '==' ? '=' : operator, version })),
    );
  }
  return alternatives.length === 0 ? undefined : alternatives;
}

/** At most one start and one end; `words` where the start is not itself affected. */
function toRange(bounds: readonly Bound[]): VersionRange | 'words' | undefined {
  let range: VersionRange = { introduced: null, fixed: null, lastAffected: null };
  let isOpenStart = false;
  for (const { operator, version } of bounds) {
    const hasStart = isOpenStart || range.introduced !== null;
    const hasEnd = range.fixed !== null || range.lastAffected !== null;
    if (operator === '>=' && !hasStart) range = { ...range, introduced: version };
    else if (operator === '>' && !hasStart) isOpenStart = true;
    else if (operator === '<' && !hasEnd) range = { ...range, fixed: version };
    else if (operator === '<=' && !hasEnd) range = { ...range, lastAffected: version };
    else return undefined;
  }
  return isOpenStart ? 'words' : range;
}
