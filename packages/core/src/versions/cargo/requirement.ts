import { compareDigits } from '../order.ts';
import type { Order } from '../scheme.ts';
import {
  comparePrereleases,
  compareSemantic,
  hasLeadingZero,
  isBuildMetadata,
  parsePrerelease,
  type SemanticVersion,
} from '../semantic.ts';

/** One comparator; `release` has one to three numbers. */
interface Comparator extends SemanticVersion {
  readonly operator: string;
}

const comparatorsMax = 32;

/**
 * Whether the version meets a requirement: `>= 1.2, < 2`, `^1.2`, `~1.2.3`, `1.*`; a bare version means `^`. A pre-release
 * meets it only where a comparator names a pre-release of the same release. `||` parts alternatives, as advisories list them.
 */
export function satisfies(version: SemanticVersion, requirement: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of requirement.split('||')) {
    const comparators = parseComparators(alternative);
    if (comparators === undefined) return undefined;
    if (comparators.every((comparator) => meets(version, comparator)) && mayBePrerelease(version, comparators)) {
      satisfied = true;
    }
  }
  return satisfied;
}

function parseComparators(text: string): readonly Comparator[] | undefined {
  if (/^ *[*xX] *$/.test(text)) return [];
  const comparators: Comparator[] = [];
  for (const part of text.split(',')) {
    const comparator = parseComparator(part);
    if (comparator === undefined || comparators.length === comparatorsMax) return undefined;
    comparators.push(comparator);
  }
  return comparators;
}

function parseComparator(text: string): Comparator | undefined {
  const match =
    /^ *(=|>=|>|<=|<|~|\^|) *([0-9]+)(?:\.([0-9]+|[*xX])(?:\.([0-9]+|[*xX])(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?)?)? *$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, operator = '', major = '', minor = '', patch = '', stage, build] = match;
  const numbers = [major, minor, patch];
  const end = numbers.findIndex((number) => !/^[0-9]+$/.test(number));
  const release = end === -1 ? numbers : numbers.slice(0, end);
  const isWild = numbers.some((number) => /^[*xX]$/.test(number));
  const jumps = end === 1 && /^[0-9]+$/.test(patch);
  if (release.some(hasLeadingZero) || jumps || (build !== undefined && !isBuildMetadata(build))) return undefined;
  if (isWild && (stage !== undefined || build !== undefined)) return undefined;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  return prerelease && { operator: operator || (isWild ? '=' : '^'), release, prerelease };
}

function meets(version: SemanticVersion, comparator: Comparator): boolean {
  switch (comparator.operator) {
    case '=':
      return isExact(version, comparator);
    case '>':
      return isBeyond(version, comparator, 1);
    case '>=':
      return isExact(version, comparator) || isBeyond(version, comparator, 1);
    case '<':
      return isBeyond(version, comparator, -1);
    case '<=':
      return isExact(version, comparator) || isBeyond(version, comparator, -1);
    case '~':
      return startsWith(version, comparator.release.slice(0, 2)) && isNotBefore(version, comparator);
    default:
      return startsWith(version, upToFirstSignificant(comparator.release)) && isNotBefore(version, comparator);
  }
}

function isExact(version: SemanticVersion, comparator: Comparator): boolean {
  return startsWith(version, comparator.release) && comparePrereleases(version.prerelease, comparator.prerelease) === 0;
}

/** Strictly on one side of every version that the comparator's numbers stand for. */
function isBeyond(version: SemanticVersion, comparator: Comparator, side: Order): boolean {
  for (const [index, number] of comparator.release.entries()) {
    const order = compareDigits(version.release[index] ?? '', number);
    if (order !== 0) return order === side;
  }
  return comparator.release.length === 3 && comparePrereleases(version.prerelease, comparator.prerelease) === side;
}

function isNotBefore(version: SemanticVersion, comparator: Comparator): boolean {
  return comparator.release.length < 3
    ? comparator.release.every((_, index) => !isLess(version, comparator, index))
    : compareSemantic(version, comparator) >= 0;
}

/** Whether the numbers up to `index` put the version before the comparator's. */
function isLess(version: SemanticVersion, comparator: Comparator, index: number): boolean {
  return (
    startsWith(version, comparator.release.slice(0, index)) &&
    compareDigits(version.release[index] ?? '', comparator.release[index] ?? '') < 0
  );
}

function startsWith(version: SemanticVersion, numbers: readonly string[]): boolean {
  return numbers.every((number, index) => compareDigits(version.release[index] ?? '', number) === 0);
}

function mayBePrerelease(version: SemanticVersion, comparators: readonly Comparator[]): boolean {
  if (version.prerelease.length === 0) return true;
  return comparators.some(
    ({ release, prerelease }) => prerelease.length > 0 && release.length === 3 && startsWith(version, release),
  );
}

/** `1.2.3` → `1`, `0.2.3` → `0.2`, `0.0.3` → `0.0.3`: where `^` lets the numbers change only to the right of that. */
function upToFirstSignificant(release: readonly string[]): readonly string[] {
  const first = release.findIndex((number) => number !== '0');
  return first === -1 ? release : release.slice(0, first + 1);
}
