import type { Report } from '../../assessment.ts';
import { clip } from './columns.ts';

/** Reasons named above the table; the rest is counted, and all of them are in the JSON. */
const REASONS_MAX = 5;
const REASON_WIDTH_MAX = 160;

/** How many findings each answer hides, most first: `3 by .trivyignore: not reachable from outside`. */
export function ignoredWords(ignored: Report['ignored']): readonly string[] {
  const counts = new Map<string, number>();
  for (const { finding, reason, source } of ignored) {
    const words = `by ${fileOf(source)}: ${finding.evidence.vex === undefined ? reason : vexWords(finding.evidence.vex)}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const all = [...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  const named = all.slice(0, REASONS_MAX).map(([words, count]) => clip(`${count} ${words}`, REASON_WIDTH_MAX));
  const more = all.length - named.length;
  return more > 0 ? [...named, `and ${more} more reasons`] : named;
}

/** The words of an author differ from statement to statement; status and justification are what they have in common. */
function vexWords({ status, justification }: NonNullable<Report['findings'][number]['evidence']['vex']>): string {
  return justification === null ? status : `${status}, ${justification}`;
}

/** `.trivyignore:12` and `redis.vex.json statements[3] of 2026-01-01` without the place inside. */
function fileOf(source: string): string {
  return source.replace(/:\d+$/, '').replace(/ [a-z][\w.[\]]*(?: of \d{4}-\d\d-\d\d)?$/, '');
}
