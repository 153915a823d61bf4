import type { Problem } from '../problem.ts';
import { printable } from '../reports/printable.ts';

interface ReleaseDates {
  readonly name: string;
  readonly endOfLife: string | null;
  readonly extendedEndOfLife?: string | null | undefined;
}

/** The last day of a release's security updates, long-term ones included, where it lies before today. `nowMs` is epoch milliseconds. */
export function endedOn(os: ReleaseDates | null, nowMs: number): string | null {
  const last = os?.extendedEndOfLife ?? os?.endOfLife ?? null;
  return last !== null && last < new Date(nowMs).toISOString().slice(0, 10) ? last : null;
}

/**
 * A distribution that has ended looks at no new flaw: what its advisories do not name may be there all the same, and goes on
 * growing. Packages without support in a release that goes on are another thing: their flaws are still listed.
 */
export function problemsOfRelease(os: ReleaseDates | null, nowMs: number): readonly Problem[] {
  const last = endedOn(os, nowMs);
  if (os === null || last === null) return [];
  const detail = `The advisories of ${printable(os.name)} ended on ${printable(last)}: what became known since is not in them, and their silence proves nothing.`;
  return [{ code: 'release-ended', path: null, layer: null, detail }];
}
