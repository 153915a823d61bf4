import type { Report } from '../assessment.ts';
import type { Finding } from '../finding.ts';

/** One rule of an ignore file, a VEX document or a decision. It applies where everything it names fits. */
export interface IgnoreRule {
  /** Any name of the vulnerability: its id, an alias, an advisory; compared without regard to case. Null: every one. */
  readonly id: string | null;
  /** Package name, or a purl with or without version and qualifiers. Null: every package. */
  readonly package: string | null;
  readonly reason: string;
  /** Where it stands, as the reader sees it: `.trivyignore:12`. */
  readonly source: string;
  /** RFC 3339 or `YYYY-MM-DD`, from which moment on it no longer applies; null: never. One that can't be read has passed. */
  readonly expiresAt: string | null;
}

export interface Sifted {
  readonly findings: readonly Finding[];
  readonly ignored: Report['ignored'];
}

/** Findings apart from the ignored ones, each with the first rule that fits it. `nowMs` is epoch milliseconds. */
export function siftIgnored(findings: readonly Finding[], rules: readonly IgnoreRule[], nowMs: number): Sifted {
  const live = rules.filter((rule) => isLive(rule, nowMs));
  const kept: Finding[] = [];
  const ignored: { finding: Finding; reason: string; source: string }[] = [];
  for (const finding of findings) {
    const rule = live.find((one) => applies(one, finding));
    if (rule === undefined) kept.push(finding);
    else ignored.push({ finding, reason: rule.reason, source: rule.source });
  }
  return { findings: kept, ignored };
}

/** A rule that names nothing would ignore everything, most likely by a slip: it applies to nothing. */
function isLive(rule: IgnoreRule, nowMs: number): boolean {
  if (rule.id === null && rule.package === null) return false;
  return rule.expiresAt === null || Date.parse(rule.expiresAt) > nowMs;
}

function applies(rule: IgnoreRule, finding: Finding): boolean {
  return (
    (rule.id === null || names(finding).has(rule.id.toUpperCase())) &&
    (rule.package === null || isPackage(rule.package, finding.package))
  );
}

function names(finding: Finding): ReadonlySet<string> {
  const advisories = finding.evidence.advisories.map((advisory) => advisory.id);
  return new Set([finding.id, ...finding.aliases, ...advisories].map((name) => name.toUpperCase()));
}

/** A purl fits when it says the same or less: up to the version, up to the qualifiers, or all of it. */
function isPackage(wanted: string, { purl, name }: Finding['package']): boolean {
  if (!wanted.startsWith('pkg:')) return wanted === name;
  return wanted === purl || ((purl.startsWith(`${wanted}@`) || purl.startsWith(`${wanted}?`)) && !/[?#]/.test(wanted));
}
