import { formatAge } from '../design/format.ts';

const SHOWN_MS = 5 * 60_000;

/** `12 min ahead`, `3 h behind`; nothing for what the way of a report and an ordinary clock explain. */
export function clockSkewWords(skewMs: number): string | undefined {
  if (Math.abs(skewMs) <= SHOWN_MS) return undefined;
  return `${formatAge(0, Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
}
