import { type IgnoreRule, idleRules, type Report } from '@hullcheck/core';
import type { Answers } from './index.ts';

/** Named one by one up to here; the rest is counted. */
const NAMED_MAX = 10;

/**
 * What the files of answers no longer do, one line each: a rule that has passed hides nothing any more, and one that fits
 * nothing is most likely misspelt or done with. `report` before any filter; `nowMs` is epoch milliseconds.
 */
export function answerNotes(report: Report, { rules, statements }: Answers, nowMs: number): readonly string[] {
  const { expired, unmatched } = idleRules(report, rules, nowMs);
  return [
    ...named(
      expired,
      (rule) => `${rule.source}: the rule for ${subjectOf(rule)} ended on ${rule.expiresAt?.slice(0, 10)}`,
    ),
    ...named(unmatched, (rule) => `${rule.source}: the rule for ${subjectOf(rule)} fits no finding`),
    ...unusedDocuments(report, statements),
  ];
}

function named(rules: readonly IgnoreRule[], words: (rule: IgnoreRule) => string): readonly string[] {
  const more = rules.length - NAMED_MAX;
  const lines = rules.slice(0, NAMED_MAX).map(words);
  return more > 0 ? [...lines, `and ${more} more of that kind`] : lines;
}

function subjectOf({ id, package: name, scope }: IgnoreRule): string {
  const others = [name, scope?.name, scope?.purls?.join(', ')].filter((one) => one !== null && one !== undefined);
  return [id, ...others].filter((one) => one !== null).join(' in ') || 'whatever it describes';
}

/** Documents are written for many images: only one of which nothing is about this image is worth a word. */
function unusedDocuments(report: Report, statements: Answers['statements']): readonly string[] {
  const all = [...report.findings, ...report.ignored.map(({ finding }) => finding)];
  const counts = new Map<string, number>();
  for (const { source } of statements) counts.set(source, (counts.get(source) ?? 0) + 1);
  return [...counts]
    .filter(([source]) => !all.some(({ evidence }) => evidence.vex?.source.startsWith(`${source} `)))
    .map(
      ([source, count]) =>
        `${source}: ${count === 1 ? 'its statement is' : `none of its ${count} statements is`} ${count === 1 ? 'not about' : 'about'} a finding of this image`,
    );
}
