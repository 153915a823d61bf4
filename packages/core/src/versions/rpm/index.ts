import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareText, isDigit } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

export interface RpmVersion {
  readonly scheme: 'rpm';
  readonly epoch: string;
  readonly version: string;
  /** Null where none is given: older than any, and in a range equal to any. */
  readonly release: string | null;
}

/** The order of `[epoch:]version[-release]` that rpm has (rpmvercmp with `~` and `^`), for the characters rpm lets into them. */
export const rpm: VersionScheme<RpmVersion> = bounded({
  id: 'rpm',
  specification: 'https://rpm-software-management.github.io/rpm/man/rpm-version.7',
  parse,
  compare(a, b) {
    const order = compareToBound(a, b);
    if (order !== 0 || (a.release === null) === (b.release === null)) return order;
    return a.release === null ? -1 : 1;
  },
  satisfies: (version, range) => satisfiesConstraints({ parse, compare: compareToBound }, version, range),
});

function parse(text: string): RpmVersion | undefined {
  const match = /^(?:([0-9]+):)?([0-9A-Za-z._+~^]+)(?:-([0-9A-Za-z._+~^]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, epoch = '0', version = '', release = null] = match;
  return /[0-9A-Za-z]/.test(version) ? { scheme: 'rpm', epoch, version, release } : undefined;
}

/** As rpm compares a dependency: releases count only where both sides name one. */
function compareToBound(a: RpmVersion, b: RpmVersion): Order {
  const epochs = compareDigits(a.epoch, b.epoch);
  if (epochs !== 0) return epochs;
  const versions = compareSegments(a.version, b.version);
  if (versions !== 0 || a.release === null || b.release === null) return versions;
  return compareSegments(a.release, b.release);
}

/** rpmvercmp: runs of digits or letters, whatever parts them; a number is newer than letters. */
function compareSegments(a: string, b: string): Order {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i = endOf(a, i, isSeparator);
    j = endOf(b, j, isSeparator);
    const marks = compareMarks(a.charAt(i), b.charAt(j));
    if (marks === 'both') {
      i++;
      j++;
      continue;
    }
    if (marks !== 'none') return marks;
    if (i >= a.length || j >= b.length) break;
    const kind = isDigit(a.charAt(i)) ? isDigit : isLetter;
    const aEnd = endOf(a, i, kind);
    const bEnd = endOf(b, j, kind);
    if (bEnd === j) return kind === isDigit ? 1 : -1;
    const compareRuns = kind === isDigit ? compareDigits : compareText;
    const runs = compareRuns(a.slice(i, aEnd), b.slice(j, bEnd));
    if (runs !== 0) return runs;
    i = aEnd;
    j = bEnd;
  }
  const aLeft = i < a.length;
  const bLeft = j < b.length;
  return aLeft === bLeft ? 0 : aLeft ? 1 : -1;
}

/** `~` is older than anything, the end included; `^` newer than the end and older than anything else. */
function compareMarks(a: string, b: string): Order | 'both' | 'none' {
  if (a === '~' || b === '~') return a === b ? 'both' : a === '~' ? -1 : 1;
  if (a !== '^' && b !== '^') return 'none';
  if (a === b) return 'both';
  if (a === '') return -1;
  if (b === '') return 1;
  return a === '^' ? -1 : 1;
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
  return character !== '~' && character !== '^' && !isDigit(character) && !isLetter(character);
}
