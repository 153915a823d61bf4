import { type AffectedPackage, compareVersions, type VersionRange } from '@hullcheck/core';

const CLAUSE = /^(>=|<=|==|=|>|<)?\s*(v?[0-9][0-9._]*)$/;

interface Clause {
  readonly operator: string;
  readonly version: string;
}

/**
 * Each text is one alternative: clauses parted by commas, all of which hold, as CPAN::Audit reads them. Several equalities in
 * one text (`==0.9.13,==0.9.13.2`) would hold for no version; they are alternatives. Undefined where a clause can't be read. `released` are all versions of the distribution.
 */
export function affectedOf(
  texts: readonly string[],
  fixes: readonly string[],
  released: readonly string[],
): Pick<AffectedPackage, 'ranges' | 'versions' | 'expression' | 'status'> | undefined {
  const ranges: VersionRange[] = [];
  const versions: string[] = [];
  const expressions: string[] = [];
  for (const text of texts) {
    const clauses = text.split(',').map((clause) => toClause(clause.trim()));
    const bounds: Clause[] = [];
    for (const clause of clauses) {
      if (clause === undefined) return undefined;
      if (clause.operator === '=') versions.push(clause.version);
      else bounds.push(clause);
    }
    if (bounds.length === 0) continue;
    const range = toRange(bounds);
    if (range === undefined) expressions.push(bounds.map(({ operator, version }) => operator + version).join(','));
    else ranges.push(range);
  }
  const [only] = ranges;
  const isAlone = only !== undefined && ranges.length === 1 && expressions.length === 0 && versions.length === 0;
  return {
    ranges: isAlone ? [withFix(only, fixes, released)] : ranges,
    versions,
    expression: expressions.length === 0 ? null : expressions.join(' || '),
    status: texts.length === 0 ? 'undetermined' : 'affected',
  };
}

function toClause(text: string): Clause | undefined {
  const [, operator = '=', version] = CLAUSE.exec(text) ?? [];
  return version === undefined ? undefined : { operator: operator === '==' ? '=' : operator, version };
}

/** At most one start and one end. */
function toRange(bounds: readonly Clause[]): VersionRange | undefined {
  let range: VersionRange = { introduced: null, fixed: null, lastAffected: null };
  for (const { operator, version } of bounds) {
    const isOpen = range.fixed === null && range.lastAffected === null;
    if (operator === '>=' && range.introduced === null) range = { ...range, introduced: version };
    else if (operator === '<' && isOpen) range = { ...range, fixed: version };
    else if (operator === '<=' && isOpen) range = { ...range, lastAffected: version };
    else return undefined;
  }
  return range;
}

/**
 * The first fixed version where the range ends with the last affected one, `<=0.5.2` and fixed in `>=0.5.3`, and nothing was
 * released between the two.
 */
function withFix(range: VersionRange, fixes: readonly string[], released: readonly string[]): VersionRange {
  const { lastAffected } = range;
  const [, fixed] = /^>=\s*(v?[0-9][0-9._]*)$/.exec(fixes[0] ?? '') ?? [];
  if (lastAffected === null || fixed === undefined || fixes.length !== 1) return range;
  const isBetween = (version: string) =>
    compareVersions('cpan', version, lastAffected) === 1 && compareVersions('cpan', version, fixed) === -1;
  if (compareVersions('cpan', fixed, lastAffected) !== 1 || released.some(isBetween)) return range;
  return { ...range, fixed, lastAffected: null };
}
