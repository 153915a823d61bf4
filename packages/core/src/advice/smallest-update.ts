import type { AdvisoryHit } from '../advisory.ts';
import { atVersion } from '../matching/at-version.ts';
import { lookupsOf } from '../matching/catalogue.ts';
import { concludeSubject, isOpen } from '../matching/judgement.ts';
import type { Matchable } from '../matching/matcher.ts';
import { schemeOfType } from '../matching/scheme.ts';
import { setAsideOf } from '../matching/set-aside.ts';
import { compareVersions } from '../versions/compare.ts';

/** One package of an update, with the advisories that name it. */
export interface Member {
  readonly subject: Matchable;
  readonly advisories: readonly AdvisoryHit[];
  /** Ids of its findings that have a fix and count. */
  readonly fixable: ReadonlySet<string>;
}

/** Versions that are tried; the first one mostly is the answer, and a kernel's advisories name thousands. */
const TRIED_MAX = 100;

/**
 * The smallest named version above the installed one at which no member has a finding with a fix, all advisories asked again: the
 * fix of one flaw may lie on a branch that still has another, or has one of its own. Where every version leaves some, the
 * smallest that leaves the fewest. `lowest`: no version below it can do, since each finding needs its own fix at least.
 */
export function smallestUpdate(
  members: readonly Member[],
  lowest: string,
): { readonly to: string; readonly leaves: number } {
  let best: { readonly to: string; readonly leaves: number } | undefined;
  const openNow = members.map(openIds);
  for (const version of candidates(members, lowest)) {
    const leaves = members.reduce((sum, member, at) => sum + remainingAt(member, openNow[at] ?? new Set(), version), 0);
    if (best === undefined || leaves < best.leaves) best = { to: version, leaves };
    if (leaves === 0) break;
  }
  return best ?? { to: lowest, leaves: 0 };
}

function candidates(members: readonly Member[], lowest: string): readonly string[] {
  const scheme = schemeOfType(members[0]?.subject.type ?? '');
  const named = new Set([lowest]);
  for (const { subject, advisories } of members) {
    const keys = new Set(lookupsOf(subject).map(({ ecosystem, name }) => `${ecosystem}\n${name}`));
    for (const { ecosystem, name, ranges } of advisories.flatMap(({ affected }) => affected)) {
      if (!keys.has(`${ecosystem}\n${name}`)) continue;
      for (const { fixed } of ranges)
        if (fixed !== null && compareVersions(scheme, fixed, lowest) === 1) named.add(fixed);
    }
  }
  return [...named].sort((a, b) => compareVersions(scheme, a, b) ?? (a < b ? -1 : 1)).slice(0, TRIED_MAX);
}

/** Findings with a fix that the package would have at that version: of the counted ones those that stay, and new ones. */
function remainingAt({ subject, advisories, fixable }: Member, openNow: ReadonlySet<string>, version: string): number {
  const upgraded = atVersion(subject, version);
  return concludeSubject(upgraded, advisories).filter((conclusion) => {
    if (conclusion.verdict !== 'affected' || conclusion.fixedIn.length === 0) return false;
    // One that is open now and does not count (ignored, rejected) does not count there either.
    const { id } = conclusion.group;
    return (fixable.has(id) || !openNow.has(id)) && setAsideOf(upgraded, conclusion) === undefined;
  }).length;
}

function openIds({ subject, advisories }: Member): ReadonlySet<string> {
  return new Set(
    concludeSubject(subject, advisories).flatMap(({ group, verdict }) => (isOpen(verdict) ? [group.id] : [])),
  );
}
