import { compareDigits, compareLists, compareText } from './order.ts';
import type { Order } from './scheme.ts';

/** What Semantic Versioning orders by; build metadata is not part of it. */
export interface SemanticVersion {
  readonly release: readonly string[];
  /** Dot-separated identifiers; empty for a release. */
  readonly prerelease: readonly string[];
}

/** `alpha.1` as identifiers, or undefined when one is empty, has other characters or is a number with leading zeros. */
export function parsePrerelease(text: string): readonly string[] | undefined {
  const identifiers = text.split('.');
  const valid = identifiers.every((identifier) => /^[0-9A-Za-z-]+$/.test(identifier) && !/^0[0-9]+$/.test(identifier));
  return valid ? identifiers : undefined;
}

/** Whether the text is a series of dot-separated build identifiers. */
export function isBuildMetadata(text: string): boolean {
  return text.split('.').every((identifier) => /^[0-9A-Za-z-]+$/.test(identifier));
}

export function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

/** Precedence of https://semver.org/#spec-item-11; missing release numbers count as zero. */
export function compareSemantic(a: SemanticVersion, b: SemanticVersion): Order {
  const releases = compareLists(a.release, b.release, (x = '', y = '') => compareDigits(x, y));
  return releases !== 0 ? releases : comparePrereleases(a.prerelease, b.prerelease);
}

export function comparePrereleases(a: readonly string[], b: readonly string[]): Order {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 0 : a.length === 0 ? 1 : -1;
  return compareLists(a, b, compareIdentifiers);
}

/** Build identifiers where they count: none is older than any. */
export function compareBuilds(a: readonly string[], b: readonly string[]): Order {
  return compareLists(a, b, compareIdentifiers);
}

function compareIdentifiers(a: string | undefined, b: string | undefined): Order {
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const aNumeric = /^[0-9]+$/.test(a);
  const bNumeric = /^[0-9]+$/.test(b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return aNumeric ? compareDigits(a, b) : compareText(a, b);
}
