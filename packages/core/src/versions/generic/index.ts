import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

/** A run of digits, a word, or `~`. */
interface Part {
  readonly kind: number;
  readonly digits: string;
  readonly word: string;
}

export interface GenericVersion {
  readonly scheme: 'generic';
  readonly parts: readonly Part[];
}

/**
 * For what follows no scheme (OpenSSL `1.1.1w`, OpenJDK `17.0.10+7`, PostgreSQL `16rc1`, Percona `8.0.36-28.1`). Our own order, stated
 * whole: separators only part; numbers compare as numbers, words as lower-case text; at one place `~` is older than the words
 * for pre-releases, those than the end of the version, the end equals zero, then come other words, then numbers above zero.
 */
export const generic: VersionScheme<GenericVersion> = bounded({
  id: 'generic',
  specification: 'packages/core/src/versions/generic/index.ts',
  parse,
  compare: (a, b) => compareLists(a.parts, b.parts, compareParts),
  satisfies: (version, range) => satisfiesConstraints(generic, version, range),
});

const KIND = { tilde: 0, preRelease: 1, end: 2, word: 3, number: 4 } as const;
const END: Part = { kind: KIND.end, digits: '', word: '' };

/** Words for pre-releases, oldest first; a word's rank stands in for its text. */
const PRE_RELEASES = new Map([
  ['dev', '0'],
  ['snapshot', '0'],
  ['nightly', '0'],
  ['alpha', '1'],
  ['beta', '2'],
  ['milestone', '3'],
  ['m', '3'],
  ['pre', '4'],
  ['preview', '4'],
  ['cr', '5'],
  ['rc', '5'],
]);

function parse(text: string): GenericVersion | undefined {
  if (!/^[vV]?[0-9][0-9A-Za-z.+~_-]*$/.test(text)) return undefined;
  const body = text.replace(/^[vV]/, '');
  return { scheme: 'generic', parts: Array.from(body.matchAll(/[0-9]+|[A-Za-z]+|~/g), ([token]) => toPart(token)) };
}

function toPart(token: string): Part {
  if (token === '~') return { kind: KIND.tilde, digits: '', word: '' };
  if (/^0+$/.test(token)) return END;
  if (/^[0-9]/.test(token)) return { kind: KIND.number, digits: token, word: '' };
  const word = token.toLowerCase();
  const rank = PRE_RELEASES.get(word);
  if (rank !== undefined) return { kind: KIND.preRelease, digits: rank, word: '' };
  return { kind: KIND.word, digits: '', word };
}

function compareParts(a: Part = END, b: Part = END): Order {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  const numbers = compareDigits(a.digits, b.digits);
  return numbers !== 0 ? numbers : compareText(a.word, b.word);
}
