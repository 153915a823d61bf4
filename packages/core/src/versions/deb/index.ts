import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, isDigit } from '../order.ts';
import type { Order, VersionScheme } from '../scheme.ts';

export interface DebVersion {
  readonly scheme: 'deb';
  /** Digits, at most 2147483647. */
  readonly epoch: string;
  readonly upstream: string;
  /** Empty where the version has none, which compares like `0`. */
  readonly revision: string;
}

/** Debian's order, as `dpkg --compare-versions` has it for what `dpkg --validate-version` accepts. */
export const deb: VersionScheme<DebVersion> = bounded({
  id: 'deb',
  specification: 'https://manpages.debian.org/deb-version.7',
  parse,
  compare,
  satisfies: (version, range) => satisfiesConstraints({ parse, compare }, version, range),
});

const epochMax = 2147483647;

function parse(text: string): DebVersion | undefined {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  const epoch = colon === -1 ? '0' : trimmed.slice(0, colon);
  if (!/^[0-9]+$/.test(epoch) || Number(epoch) > epochMax) return undefined;
  const rest = trimmed.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const upstream = hyphen === -1 ? rest : rest.slice(0, hyphen);
  const revision = hyphen === -1 ? '' : rest.slice(hyphen + 1);
  if (hyphen !== -1 && !/^[0-9A-Za-z+.~]+$/.test(revision)) return undefined;
  if (!/^[0-9][0-9A-Za-z.+~:-]*$/.test(upstream)) return undefined;
  return { scheme: 'deb', epoch, upstream, revision };
}

function compare(a: DebVersion, b: DebVersion): Order {
  const epochs = compareDigits(a.epoch, b.epoch);
  if (epochs !== 0) return epochs;
  const upstreams = compareParts(a.upstream, b.upstream);
  return upstreams !== 0 ? upstreams : compareParts(a.revision, b.revision);
}

/** Alternates between runs of other characters, compared one by one by `weight`, and runs of digits, compared as numbers. */
function compareParts(a: string, b: string): Order {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charAt(i))) || (j < b.length && !isDigit(b.charAt(j)))) {
      const difference = weight(a.charAt(i)) - weight(b.charAt(j));
      if (difference !== 0) return difference < 0 ? -1 : 1;
      i++;
      j++;
    }
    const aEnd = endOfDigits(a, i);
    const bEnd = endOfDigits(b, j);
    const numbers = compareDigits(a.slice(i, aEnd), b.slice(j, bEnd));
    if (numbers !== 0) return numbers;
    i = aEnd;
    j = bEnd;
  }
  return 0;
}

/** `~` sorts before the end, the end and digits before letters, letters before everything else. */
function weight(character: string): number {
  if (character === '~') return -1;
  if (character === '' || isDigit(character)) return 0;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text.charAt(end))) end++;
  return end;
}
