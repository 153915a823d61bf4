import type { VersionRange } from '../advisory.ts';
import { VERSION_SCHEMES } from './catalogue.ts';
import { satisfiesConstraints } from './constraints.ts';
import type { Order, SchemeId, VersionScheme } from './scheme.ts';

/** Which of two versions is older in a scheme; undefined when either can't be parsed. */
export function compareVersions(scheme: SchemeId, a: string, b: string): Order | undefined {
  const order = findScheme(scheme);
  const left = order?.parse(a);
  const right = order?.parse(b);
  if (order === undefined || left === undefined || right === undefined) return undefined;
  return order.compare(left, right);
}

/** Whether a version lies in a range in the scheme's own words (npm ranges, PEP 440 specifiers …); undefined when either can't be parsed. */
export function satisfies(scheme: SchemeId, version: string, range: string): boolean | undefined {
  const order = findScheme(scheme);
  const parsed = order?.parse(version);
  if (order === undefined || parsed === undefined) return undefined;
  return order.satisfies(parsed, range);
}

/**
 * Whether a version lies in what an advisory says in words. Plain comparisons mean the plain order, as in `inRange`: that `<2.0`
 * leaves out 2.0's pre-releases for npm, Composer and pip is a rule for installing. All else is read in the scheme's own way;
 * undefined when that can't be done.
 */
export function inExpression(scheme: SchemeId, version: string, expression: string): boolean | undefined {
  const order = findScheme(scheme);
  const parsed = order?.parse(version);
  if (order === undefined || parsed === undefined) return undefined;
  return satisfiesConstraints(order, parsed, expression) ?? order.satisfies(parsed, expression);
}

/**
 * Whether a version lies in an advisory's interval, by the plain order of the scheme, pre-releases included. Undefined when
 * the version or a bound that matters can't be parsed. `introduced` null or `0` (as OSV writes it) bounds nothing;
 * `lastAffected` counts only without `fixed`; an interval without any bound holds every version, even one of no known form.
 */
export function inRange(scheme: SchemeId, version: string, range: VersionRange): boolean | undefined {
  const introduced = range.introduced === '0' ? null : range.introduced;
  const end = range.fixed ?? range.lastAffected;
  if (introduced === null && end === null) return true;
  const low = introduced === null ? 1 : compareVersions(scheme, version, introduced);
  const high = end === null ? -1 : compareVersions(scheme, version, end);
  if (low === undefined || high === undefined) return undefined;
  return low >= 0 && (range.fixed === null ? high <= 0 : high < 0);
}

/** Every scheme's id, in code-unit order. */
export const VERSION_SCHEME_IDS: readonly SchemeId[] = VERSION_SCHEMES.map(({ id }) => id);

/** Whether the text names a version scheme. */
export function isSchemeId(text: string): text is SchemeId {
  return VERSION_SCHEMES.some(({ id }) => id === text);
}

function findScheme(id: SchemeId): VersionScheme<unknown> | undefined {
  return VERSION_SCHEMES.find((scheme) => scheme.id === id);
}
