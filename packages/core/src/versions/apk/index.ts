import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

/** One part of a version. `kind` is the rank among different kinds at the same place: the lower kind is the older version. */
interface Part {
  readonly kind: number;
  /** Compared among parts of one kind: `weight` first, then `digits` as a number, then `text`. */
  readonly weight: number;
  readonly digits: string;
  readonly text: string;
}

export interface ApkVersion {
  readonly scheme: 'apk';
  readonly parts: readonly Part[];
}

/**
 * Alpine's order, as apk-tools 2.14 has it (`apk version -t`) for what it accepts (`apk version -c`), without the texts that
 * only its laxness accepts (those without a leading digit).
 */
export const apk: VersionScheme<ApkVersion> = bounded({
  id: 'apk',
  specification: 'https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/2.14-stable/src/version.c',
  parse,
  compare: (a, b) => compareLists(a.parts, b.parts, compareParts),
  satisfies: (version, range) => satisfiesConstraints(apk, version, range),
});

/** A pre-release suffix is older than the end of the version, and everything else newer, the earlier kind of part the more so. */
const KIND = {
  preSuffix: 0,
  end: 1,
  revision: 2,
  hash: 3,
  suffixNumber: 4,
  postSuffix: 5,
  letter: 6,
  dottedNumber: 7,
  number: 8,
} as const;

const PRE_SUFFIXES = ['alpha', 'beta', 'pre', 'rc'];
const POST_SUFFIXES = ['cvs', 'svn', 'git', 'hg', 'p'];
const END: Part = { kind: KIND.end, weight: 0, digits: '', text: '' };

/**
 * `{number}{.number}{letter{number}}{_suffix{number}}{~hash}{-r{number}}`, the hash being apk-tools 3's addition. Numbers may be
 * missing, as Alpine's own advisories have them: `0.8.21.r2`, `4.8.0.-r1`.
 */
const FORM =
  /^([0-9]+(?:\.[0-9]*|[a-z][0-9]+)*[a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)((?:~[0-9a-f]+)?)((?:-r[0-9]*)*)$/;

function parse(text: string): ApkVersion | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, numbers = '', suffixes = '', hash = '', revisions = ''] = match;
  const parts = Array.from(numbers.matchAll(/\.[0-9]*(?=(.?))|[0-9]+|[a-z]/g), ([token, next]) =>
    numberParts(token, next),
  ).flat();
  for (const suffix of suffixes.split('_').slice(1)) parts.push(...suffixParts(suffix));
  if (hash !== '') parts.push(part(KIND.hash, { text: hash.slice(1) }));
  for (const digits of revisions.split('-r').slice(1)) parts.push(part(KIND.revision, { digits }));
  return { scheme: 'apk', parts };
}

function part(kind: number, value: { weight?: number; digits?: string; text?: string }): Part {
  return { kind, weight: value.weight ?? 0, digits: value.digits ?? '', text: value.text ?? '' };
}

/**
 * After a dot, zeros at the front make a part of their own, the more of them the older, like decimals: 1.001 < 1.01 < 1.1.
 * A number left out lies, as measured, between `00` and `0`, or just above `0` where another dot follows.
 */
function numberParts(token: string, next: string | undefined): Part[] {
  if (!token.startsWith('.')) {
    return [/[a-z]/.test(token) ? part(KIND.letter, { text: token }) : part(KIND.number, { digits: token })];
  }
  const digits = token.slice(1);
  const zeros = /^0*/.exec(digits)?.[0].length ?? 0;
  if (digits === '') return [part(KIND.dottedNumber, { weight: next === '.' ? 0 : -1.5 })];
  if (zeros === 0) return [part(KIND.dottedNumber, { digits })];
  const head = part(KIND.dottedNumber, { weight: -zeros });
  return zeros === digits.length ? [head] : [head, part(KIND.number, { digits: digits.slice(zeros) })];
}

function suffixParts(suffix: string): Part[] {
  const digits = /[0-9]*$/.exec(suffix)?.[0] ?? '';
  const word = suffix.slice(0, suffix.length - digits.length);
  const pre = PRE_SUFFIXES.indexOf(word);
  const head =
    pre === -1 ? part(KIND.postSuffix, { weight: POST_SUFFIXES.indexOf(word) }) : part(KIND.preSuffix, { weight: pre });
  return digits === '' ? [head] : [head, part(KIND.suffixNumber, { digits })];
}

function compareParts(a: Part = END, b: Part = END): Order {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.weight !== b.weight) return a.weight < b.weight ? -1 : 1;
  const numbers = compareDigits(a.digits, b.digits);
  return numbers !== 0 ? numbers : compareText(a.text, b.text);
}
