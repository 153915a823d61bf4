import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

interface Suffix {
  readonly rank: number;
  readonly digits: string;
}

export interface EbuildVersion {
  readonly scheme: 'ebuild';
  readonly numbers: readonly string[];
  /** One letter, or empty. */
  readonly letter: string;
  readonly suffixes: readonly Suffix[];
  readonly revision: string;
}

/** Gentoo's order, as the Package Manager Specification states it. */
export const ebuild: VersionScheme<EbuildVersion> = bounded({
  id: 'ebuild',
  specification: 'https://projects.gentoo.org/pms/8/pms.html#version-comparison',
  parse,
  compare,
  satisfies: (version, range) => satisfiesConstraints({ parse, compare }, version, range),
});

/** Suffixes in order; none stands between `rc` and `p`. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'p'];
const NONE: Suffix = { rank: SUFFIXES.indexOf(''), digits: '' };

function parse(text: string): EbuildVersion | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r([0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, numbers = '', letter = '', tail = '', revision = ''] = match;
  const suffixes = Array.from(tail.matchAll(/_([a-z]+)([0-9]*)/g), ([, word = '', digits = '']) => ({
    rank: SUFFIXES.indexOf(word),
    digits,
  }));
  return { scheme: 'ebuild', numbers: numbers.split('.'), letter, suffixes, revision };
}

function compare(a: EbuildVersion, b: EbuildVersion): Order {
  const [aFirst = '', ...aRest] = a.numbers;
  const [bFirst = '', ...bRest] = b.numbers;
  return (
    compareDigits(aFirst, bFirst) ||
    compareLists(aRest, bRest, compareComponents) ||
    compareText(a.letter, b.letter) ||
    compareLists(a.suffixes, b.suffixes, compareSuffixes) ||
    compareDigits(a.revision, b.revision)
  );
}

/** Behind the first number a leading zero makes both decimal fractions: 1.01 < 1.1, 1.010 = 1.01. */
function compareComponents(a: string | undefined, b: string | undefined): Order {
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  if (!a.startsWith('0') && !b.startsWith('0')) return compareDigits(a, b);
  return compareText(withoutTrailingZeros(a), withoutTrailingZeros(b));
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}

function compareSuffixes(a: Suffix = NONE, b: Suffix = NONE): Order {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1;
  return compareDigits(a.digits, b.digits);
}
