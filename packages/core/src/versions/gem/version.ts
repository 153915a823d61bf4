import { compareDigits, compareText } from '../order.ts';
import type { Order } from '../scheme.ts';

export interface GemVersion {
  readonly scheme: 'gem';
  /** Runs of digits and runs of letters. */
  readonly segments: readonly string[];
}

/** A hyphen reads as `.pre.`, so `1.0-1` is a pre-release. No text at all, which RubyGems reads as `0`, is no version here. */
export function parseVersion(text: string): GemVersion | undefined {
  const match = /^\s*([0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)\s*$/.exec(text);
  const version = match?.[1];
  if (version === undefined) return undefined;
  return { scheme: 'gem', segments: version.replaceAll('-', '.pre.').match(/[0-9]+|[a-zA-Z]+/g) ?? [] };
}

export function isNumber(segment: string): boolean {
  return /^[0-9]/.test(segment);
}

/** Letters are older than numbers, the end counts as zero, and zeros before the first letters do not count. */
export function compareSegments(a: readonly string[], b: readonly string[]): Order {
  const left = withoutIdleZeros(a);
  const right = withoutIdleZeros(b);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const x = left[index] ?? '0';
    const y = right[index] ?? '0';
    if (isNumber(x) !== isNumber(y)) return isNumber(x) ? 1 : -1;
    const order = isNumber(x) ? compareDigits(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function withoutIdleZeros(segments: readonly string[]): readonly string[] {
  const letters = segments.findIndex((segment) => !isNumber(segment));
  if (letters === -1) return segments;
  let end = letters;
  while (end > 0 && /^0+$/.test(segments[end - 1] ?? '')) end--;
  return [...segments.slice(0, end), ...segments.slice(letters)];
}
