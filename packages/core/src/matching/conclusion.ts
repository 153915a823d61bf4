import type { AdvisoryHit } from '../advisory.ts';
import type { FindingEvidence } from '../finding.ts';
import { atVersion } from './at-version.ts';
import { confidenceOf } from './confidence.ts';
import { isAboutOne, type VulnerabilityGroup } from './groups.ts';
import type { Matchable, Matcher, Verdict, VerdictKind } from './matcher.ts';
import { type Informational, informationalOf } from './set-aside.ts';
import { GRAVEST_FIRST } from './version-verdict.ts';

/** What all advisories about one flaw come to for one package. */
export interface Conclusion {
  readonly group: VulnerabilityGroup;
  readonly verdict: VerdictKind;
  readonly fixedIn: readonly string[];
  /** A source's word for severity. */
  readonly urgency: Urgency | null;
  readonly unparsable: string | null;
  /** Set where every source that is heard tells of the project and not of a flaw. */
  readonly informational: Informational | null;
  readonly evidence: FindingEvidence;
}

export interface Urgency {
  readonly word: string;
  readonly feed: string;
  /** Who builds the package says it of this one flaw: not a notice of several, not a tracker's guess (Debian's stars). */
  readonly ofVendor: boolean;
}

interface Statement {
  readonly advisory: AdvisoryHit;
  readonly verdict: Verdict;
}

/**
 * One verdict for the group. Who builds the package outweighs everybody else; of equals the gravest verdict wins, so that
 * no source can talk a flaw away that another one sees. Who said otherwise stays in the evidence.
 */
export function conclude(pkg: Matchable, group: VulnerabilityGroup, matcher: Matcher): Conclusion | undefined {
  const statements: Statement[] = [];
  for (const advisory of group.advisories) {
    const verdict = matcher.judge(pkg, advisory);
    if (verdict !== undefined) statements.push({ advisory, verdict });
  }
  const heard = decisive(statements, group, matcher);
  const kind = GRAVEST_FIRST.find((one) => heard.some(({ verdict }) => verdict.kind === one));
  const agreeing = heard.filter(({ verdict }) => verdict.kind === kind);
  const [first] = agreeing;
  if (first === undefined) return undefined;
  const disagreeing = statements.filter(({ verdict }) => verdict.kind !== first.verdict.kind);
  return {
    group,
    verdict: first.verdict.kind,
    fixedIn: fixesOf(pkg, agreeing, matcher),
    urgency: urgencyOf(agreeing, matcher),
    unparsable: first.verdict.unparsable,
    informational: agreeing.every(({ verdict }) => informationalOf(verdict.urgency) !== undefined)
      ? (informationalOf(first.verdict.urgency) ?? null)
      : null,
    evidence: {
      rule: first.verdict.rule,
      range: first.verdict.range,
      compared: first.verdict.compared,
      via: first.verdict.via,
      confidence: confidenceOf(pkg, {
        verdict: first.verdict.kind,
        rule: first.verdict.rule,
        vendor: matcher.vendor,
        unparsable: first.verdict.unparsable,
        disagreeing: heard
          .filter(({ verdict }) => verdict.kind !== first.verdict.kind)
          .map(({ advisory, verdict }) => ({ feed: advisory.feed, says: verdict.kind })),
      }),
      advisories: statements
        .filter(({ verdict }) => verdict.kind === first.verdict.kind)
        .map(({ advisory }) => ({ feed: advisory.feed, id: advisory.id })),
      ...(disagreeing.length === 0
        ? {}
        : {
            disagreeing: disagreeing.map(({ advisory, verdict }) => ({
              feed: advisory.feed,
              id: advisory.id,
              says: verdict.kind,
            })),
          }),
    },
  };
}

function urgencyOf(agreeing: readonly Statement[], matcher: Matcher): Urgency | null {
  for (const { advisory, verdict } of agreeing) {
    if (verdict.urgency === null) continue;
    const ofVendor = matcher.vendor && isAboutOne(advisory) && !verdict.urgency.endsWith('*');
    return { word: verdict.urgency, feed: advisory.feed, ofVendor };
  }
  return null;
}

/**
 * Versions that end the flaw for every source that sees it: a fix that another one still calls affected would only move the
 * finding. Where the sources leave no such version, each names its own.
 */
function fixesOf(pkg: Matchable, agreeing: readonly Statement[], matcher: Matcher): readonly string[] {
  const named = [...new Set(agreeing.flatMap(({ verdict }) => verdict.fixedIn))];
  if (named.length < 2) return named;
  const ending = named.filter((version) => {
    const upgraded = atVersion(pkg, version);
    return agreeing.every(({ advisory }) => matcher.judge(upgraded, advisory)?.kind !== 'affected');
  });
  return ending.length > 0 ? ending : named;
}

/**
 * Who says the same of a vendor's packages again and knows less, by those who know more: in a form that its vendor only keeps up, or
 * without the first fixed version. Heard where the others say nothing of the package.
 */
const SUPERSEDED: ReadonlyMap<string, readonly string[]> = new Map([
  ['redhat-oval', ['redhat-csaf-vex']],
  ['ubuntu-vex', ['ubuntu-cve-tracker', 'ubuntu-osv']],
]);

/**
 * What is left to decide without those, and without what is said of a whole release where somebody speaks of the very product
 * that the package comes from: a fix of a stream of extended support has a lower version than the release's.
 */
function nearest(statements: readonly Statement[]): readonly Statement[] {
  const feeds = new Set(statements.map(({ advisory }) => advisory.feed));
  const current = statements.filter(({ advisory }) => !SUPERSEDED.get(advisory.feed)?.some((feed) => feeds.has(feed)));
  const ofProduct = current.filter(({ verdict }) => verdict.rule.endsWith('-content-set'));
  return ofProduct.length > 0 ? ofProduct : current;
}

/**
 * Whose statements decide. A vendor's record of the flaw itself stands above its notices about an update: the notice gives
 * one fixed version for all its CVEs, and older fixes of single ones are only in the record.
 */
function decisive(all: readonly Statement[], group: VulnerabilityGroup, matcher: Matcher): readonly Statement[] {
  if (!matcher.vendor) return all;
  const statements = nearest(all);
  const records = statements.filter(({ advisory }) => advisory.id === group.id);
  if (records.length > 0) return withoutTerse(records, matcher);
  const single = statements.filter(({ advisory }) => isAboutOne(advisory));
  return single.length > 0 ? single : statements;
}

/** A fix or an all-clear of a terse feed counts; its mere "affected" only where nobody says more. */
function withoutTerse(records: readonly Statement[], { terse }: Matcher): readonly Statement[] {
  if (terse === undefined || records.every(({ advisory }) => terse.has(advisory.feed))) return records;
  return records.filter(
    ({ advisory, verdict }) =>
      !(terse.has(advisory.feed) && verdict.kind === 'affected' && verdict.fixedIn.length === 0),
  );
}
