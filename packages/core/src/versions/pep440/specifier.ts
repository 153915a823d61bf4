import { compareDigits } from '../order.ts';
import {
  compareBase,
  comparePublic,
  compareVersions,
  isPrerelease,
  type Pep440Version,
  parseVersion,
} from './version.ts';

/**
 * Whether the version meets a specifier set: `>=1.0,!=1.5.*,<2`; no specifier at all admits every version. Pre-releases are
 * admitted like any other version, as `packaging` 26 answers for one version (until 25 it refused them unless the
 * specifier named one): the question is what is installed, not what to install.
 */
export function satisfies(version: Pep440Version, specifiers: string): boolean | undefined {
  let satisfied = true;
  for (const text of specifiers.split(',')) {
    if (text.trim() === '') continue;
    const answer = satisfiesOne(version, text.trim());
    if (answer === undefined) return undefined;
    if (!answer) satisfied = false;
  }
  return satisfied;
}

function satisfiesOne(version: Pep440Version, specifier: string): boolean | undefined {
  const match = /^(===|~=|==|!=|<=|>=|<|>)\s*([^\s].*)$/.exec(specifier);
  if (match === null) return specifier === '===' ? version.text === '' : undefined;
  const [, operator = '', text = ''] = match;
  if (operator === '===') {
    return /^[^\s;)]+$/.test(text) ? version.text.toLowerCase() === text.toLowerCase() : undefined;
  }
  const wildcard = text.endsWith('.*');
  const bound = parseVersion(wildcard ? text.slice(0, -2) : text);
  if (bound === undefined) return undefined;
  if (operator !== '==' && operator !== '!=') {
    return wildcard || bound.local.length > 0 ? undefined : satisfiesOrdered(version, operator, bound);
  }
  if (wildcard && !isBare(bound)) return undefined;
  const equal = wildcard ? hasPrefix(version, bound.epoch, bound.release) : isEqual(version, bound);
  return equal === (operator === '==');
}

function satisfiesOrdered(version: Pep440Version, operator: string, bound: Pep440Version): boolean | undefined {
  switch (operator) {
    case '~=':
      if (bound.release.length < 2) return undefined;
      return comparePublic(version, bound) >= 0 && hasPrefix(version, bound.epoch, bound.release.slice(0, -1));
    case '<=':
      return comparePublic(version, bound) <= 0;
    case '>=':
      return comparePublic(version, bound) >= 0;
    case '<':
      return isBelow(version, bound);
    case '>':
      return isAbove(version, bound);
    default:
      return undefined;
  }
}

/** `<3.1` leaves out the pre-releases of 3.1 itself, unless it names one. */
function isBelow(version: Pep440Version, bound: Pep440Version): boolean {
  if (compareVersions(version, bound) >= 0) return false;
  return isPrerelease(bound) || !isPrerelease(version) || compareBase(version, bound) !== 0;
}

/** `>3.1` leaves out local versions and, unless it names one, post-releases of 3.1 itself. */
function isAbove(version: Pep440Version, bound: Pep440Version): boolean {
  if (comparePublic(version, bound) <= 0) return false;
  return bound.post !== null || version.post === null || compareBase(version, bound) !== 0;
}

function isEqual(version: Pep440Version, bound: Pep440Version): boolean {
  return (bound.local.length === 0 ? comparePublic(version, bound) : compareVersions(version, bound)) === 0;
}

/** Whether the release starts with these numbers, missing ones being zero. */
function hasPrefix(version: Pep440Version, epoch: string, prefix: readonly string[]): boolean {
  if (compareDigits(version.epoch, epoch) !== 0) return false;
  return prefix.every((number, index) => compareDigits(version.release[index] ?? '', number) === 0);
}

function isBare(version: Pep440Version): boolean {
  return version.pre === null && version.post === null && version.dev === null && version.local.length === 0;
}
