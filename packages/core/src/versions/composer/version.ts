import { compareDigits, compareLists } from '../order.ts';
import type { Order } from '../scheme.ts';

export interface ComposerVersion {
  readonly scheme: 'composer';
  /** Four numbers and the modifiers, as PHP's version_compare sees them: `1`, `2`, `0`, `0`, `RC`, `1`. */
  readonly parts: readonly string[];
}

export const MODIFIER = '[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*)?)?([.-]?dev)?';
const CLASSICAL = new RegExp(`^v?([0-9]{1,5})(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:\\.([0-9]+))?${MODIFIER}$`, 'i');
const DATE = new RegExp(`^v?([0-9]{4}(?:[.:-]?[0-9]{2}){1,6}(?:[.:-]?[0-9]{1,3})?)${MODIFIER}$`, 'i');
const BRANCH = /^v?([0-9]+)(?:\.([0-9]+|[x*]))?(?:\.([0-9]+|[x*]))?(?:\.([0-9]+|[x*]))?[.-]?dev$/i;
const openNumber = '9999999';

/** A version or a numbered branch (`1.x-dev`), with `@stability` and build metadata read over. */
export function parseVersion(text: string): ComposerVersion | undefined {
  const version = text
    .trim()
    .replace(/@(?:stable|rc|beta|alpha|dev)$/i, '')
    .replace(/^([^,\s+]+)\+[^\s]+$/, '$1');
  const classical = CLASSICAL.exec(version);
  if (classical !== null) {
    const [, major = '', minor = '0', patch = '0', fourth = '0', word, numbers, dev] = classical;
    return withModifiers([major, minor, patch, fourth], word, numbers, dev);
  }
  const date = DATE.exec(version);
  if (date !== null) {
    const [, digits = '', word, numbers, dev] = date;
    return withModifiers(digits.split(/[^0-9]/), word, numbers, dev);
  }
  const branch = BRANCH.exec(version);
  if (branch === null) return undefined;
  const numbers = branch
    .slice(1, 5)
    .map((number) => (number !== undefined && /^[0-9]/.test(number) ? number : openNumber));
  return { scheme: 'composer', parts: [...numbers, 'dev'] };
}

function withModifiers(
  release: readonly string[],
  word: string | undefined,
  numbers: string | undefined,
  dev: string | undefined,
): ComposerVersion {
  if (word === 'stable') return { scheme: 'composer', parts: release };
  const modifier = word === undefined ? [] : [word.toLowerCase(), ...(numbers ?? '').split(/[.-]/)];
  const parts = [...release, ...modifier, ...(dev === undefined ? [] : ['dev'])];
  return { scheme: 'composer', parts: parts.filter((part) => part !== '') };
}

/** PHP's version_compare: pre-releases, then the end, then numbers, then patches. */
export function compareNormal(a: ComposerVersion, b: ComposerVersion): Order {
  return compareLists(a.parts, b.parts, (x, y) => {
    const left = rank(x);
    const right = rank(y);
    if (left !== right) return left < right ? -1 : 1;
    return left === NUMBER ? compareDigits(x ?? '', y ?? '') : 0;
  });
}

const END = 5;
const NUMBER = 6;
const RANKS = new Map([
  ['stable', 0],
  ['dev', 1],
  ['alpha', 2],
  ['a', 2],
  ['beta', 3],
  ['b', 3],
  ['rc', 4],
]);

function rank(part: string | undefined): number {
  if (part === undefined) return END;
  return /^[0-9]/.test(part) ? NUMBER : (RANKS.get(part) ?? NUMBER + 1);
}
