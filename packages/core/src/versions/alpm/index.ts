import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareText, isDigit } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

export interface AlpmVersion {
  readonly scheme: 'alpm';
  readonly epoch: string;
  readonly version: string;
  /** Null where none is given: older than any, and in a range equal to any. */
  readonly release: string | null;
}

/**
 * The order of `[epoch:]pkgver[-pkgrel]` that pacman's vercmp has: rpm's of 2008, to which `~` and `^` are separators like
 * others. Separators at the end make it go in circles, 0+ < 0__rc1 < 0^.a < 0+; no package has such a version.
 */
export const alpm: VersionScheme<AlpmVersion> = bounded({
  id: 'alpm',
  specification: 'https://man.archlinux.org/man/vercmp.8',
  parse,
  compare(a, b) {
    const order = compareToBound(a, b);
    if (order !== 0 || (a.release === null) === (b.release === null)) return order;
    return a.release === null ? -1 : 1;
  },
  satisfies: (version, range) => satisfiesConstraints({ parse, compare: compareToBound }, version, range),
});

/** pkgver may not hold colons, slashes, hyphens or blanks. https://man.archlinux.org/man/PKGBUILD.5 */
function parse(text: string): AlpmVersion | undefined {
  const match = /^(?:([0-9]*):)?([!-,.0-9;-~]+)(?:-([!-,.0-9;-~]+))?$/.exec(text);
  const [, epoch = '0', version = '', release = null] = match ?? [];
  return /[0-9A-Za-z]/.test(version) ? { scheme: 'alpm', epoch, version, release } : undefined;
}

/** As pacman compares: releases count only where both sides name one. */
function compareToBound(a: AlpmVersion, b: AlpmVersion): Order {
  const epochs = compareDigits(a.epoch, b.epoch);
  if (epochs !== 0) return epochs;
  const versions = compareSegments(a.version, b.version);
  if (versions !== 0 || a.release === null || b.release === null) return versions;
  return compareSegments(a.release, b.release);
}

/** Runs of digits or letters; more separators are newer, a number is newer than letters, and what is left over decides. */
function compareSegments(a: string, b: string): Order {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const aStart = endOf(a, i, isSeparator);
    const bStart = endOf(b, j, isSeparator);
    if (aStart === a.length || bStart === b.length) {
      i = aStart;
      j = bStart;
      break;
    }
    if (aStart - i !== bStart - j) return aStart - i < bStart - j ? -1 : 1;
    const kind = isDigit(a.charAt(aStart)) ? isDigit : isLetter;
    i = endOf(a, aStart, kind);
    j = endOf(b, bStart, kind);
    if (j === bStart) return kind === isDigit ? 1 : -1;
    const compareRuns = kind === isDigit ? compareDigits : compareText;
    const runs = compareRuns(a.slice(aStart, i), b.slice(bStart, j));
    if (runs !== 0) return runs;
  }
  if (i === a.length && j === b.length) return 0;
  // Letters that are left over are older than nothing, all else is newer: 1.0rc1 < 1.0 < 1.0.1.
  return (i === a.length && !isLetter(b.charAt(j))) || isLetter(a.charAt(i)) ? -1 : 1;
}

function endOf(text: string, start: number, belongs: (character: string) => boolean): number {
  let end = start;
  while (end < text.length && belongs(text.charAt(end))) end++;
  return end;
}

function isLetter(character: string): boolean {
  return /^[A-Za-z]$/.test(character);
}

function isSeparator(character: string): boolean {
  return !isDigit(character) && !isLetter(character);
}
