import type { Report } from '../assessment.ts';
import type { Finding } from '../finding.ts';
import type { Package } from '../package.ts';
import { isClosing, reasonOf, sourceOf, type VexVerdict } from '../vex/index.ts';
import { fits, hasExpired, type IgnoreRule, namesSomething } from './ignore-rule.ts';

export interface Sifted {
  readonly findings: readonly Finding[];
  readonly ignored: Report['ignored'];
}

/** What statements and rules are held against beside the finding itself. */
export interface SiftContext {
  readonly packages: readonly Package[];
  readonly vexOf: (finding: Finding) => VexVerdict | undefined;
}

const NO_CONTEXT: SiftContext = { packages: [], vexOf: () => undefined };

/**
 * Findings apart from the ignored ones: those that a VEX statement answers, then those that a rule fits, each with the
 * first, then those that matching itself has set aside. A statement that leaves a finding open is noted on it. `nowMs` is epoch milliseconds.
 */
export function siftIgnored(
  findings: readonly Finding[],
  rules: readonly IgnoreRule[],
  nowMs: number,
  { packages, vexOf }: SiftContext = NO_CONTEXT,
): Sifted {
  const live = rules.filter((rule) => namesSomething(rule) && !hasExpired(rule, nowMs));
  const byPurl = Map.groupBy(packages, ({ purl }) => purl);
  const kept: Finding[] = [];
  const ignored: { finding: Finding; reason: string; source: string }[] = [];
  for (const found of findings) {
    const verdict = vexOf(found);
    const finding = verdict === undefined ? found : withVerdict(found, verdict);
    if (verdict !== undefined && isClosing(verdict.statement)) {
      ignored.push({ finding, reason: reasonOf(verdict), source: sourceOf(verdict) });
      continue;
    }
    const rule = live.find((one) => fits(one, finding, byPurl));
    if (rule !== undefined) ignored.push({ finding, reason: rule.reason, source: rule.source });
    else if (finding.setAside === undefined) kept.push(finding);
    else ignored.push({ finding, reason: finding.setAside.reason, source: `hullcheck ${finding.setAside.kind}` });
  }
  return { findings: kept, ignored };
}

/** Rules that did nothing, for whoever keeps the file: those whose time has passed, and those that no finding fits. */
export function idleRules(
  { findings, ignored, packages }: Pick<Report, 'findings' | 'ignored' | 'packages'>,
  rules: readonly IgnoreRule[],
  nowMs: number,
): { readonly expired: readonly IgnoreRule[]; readonly unmatched: readonly IgnoreRule[] } {
  const all = [...findings, ...ignored.map(({ finding }) => finding)];
  const byPurl = Map.groupBy(packages, ({ purl }) => purl);
  const expired = rules.filter((rule) => hasExpired(rule, nowMs));
  const unmatched = rules.filter((rule) => {
    if (hasExpired(rule, nowMs)) return false;
    return !namesSomething(rule) || !all.some((finding) => fits(rule, finding, byPurl));
  });
  return { expired, unmatched };
}

function withVerdict(finding: Finding, verdict: VexVerdict): Finding {
  const { status, justification, note } = verdict.statement;
  const isOpenQuestion = status === 'under_investigation' && finding.status === 'affected';
  return {
    ...finding,
    status: isOpenQuestion ? 'under-investigation' : finding.status,
    evidence: { ...finding.evidence, vex: { status, justification, note, source: sourceOf(verdict) } },
  };
}
