import type { AdvisoryHit } from '../advisory.ts';
import type { Finding } from '../finding.ts';
import { isJudgedByOwner } from '../matching/catalogue.ts';
import { schemeOfType } from '../matching/scheme.ts';
import { type Subject, subjectKey, subjectOf } from '../matching/subject.ts';
import type { Package } from '../package.ts';
import { compareVersions } from '../versions/compare.ts';
import { type ImageAdvice, type Remedy, remedyOf, type Update, updaterOf } from './advice.ts';
import { type Member, smallestUpdate } from './smallest-update.ts';

/** What the advice looks at of a finding. */
export type Advised = Pick<Finding, 'id' | 'status' | 'fixedIn' | 'risk' | 'package'>;

export interface AdviceInputs {
  /** Those that count. */
  readonly findings: readonly Advised[];
  readonly packages: readonly Package[];
  readonly advisoriesOf: (subject: Subject) => readonly AdvisoryHit[];
  readonly releaseEnded: string | null;
}

/** What to do about an image. Depends on nothing but its arguments. */
export function advise({ findings, packages, advisoriesOf, releaseEnded }: AdviceInputs): ImageAdvice {
  const counts = { 'package-manager': 0, update: 0, 'new-base': 0, 'no-fix': 0, unclear: 0 } satisfies Record<
    Remedy,
    number
  >;
  for (const finding of findings) counts[remedyOf(finding, releaseEnded !== null)]++;
  return {
    updates: updatesOf(findings, packages, advisoriesOf),
    remedies: {
      packageManager: counts['package-manager'],
      update: counts.update,
      newBase: counts['new-base'],
      noFix: counts['no-fix'],
      unclear: counts.unclear,
    },
    releaseEnded,
  };
}

interface Group {
  readonly pkg: Package;
  readonly findings: Advised[];
  readonly members: Map<string, { readonly subject: Subject; readonly fixable: Set<string> }>;
}

function updatesOf(
  findings: readonly Advised[],
  packages: readonly Package[],
  advisoriesOf: AdviceInputs['advisoriesOf'],
): readonly Update[] {
  const byPurl = new Map(packages.filter((pkg) => !isJudgedByOwner(pkg)).map((pkg) => [pkg.purl, pkg]));
  const groups = new Map<string, Group>();
  // By purl, because one package can have more findings than all others together.
  const places = new Map<string, { readonly group: Group; readonly fixable: Set<string> }>();
  for (const finding of findings) {
    const pkg = byPurl.get(finding.package.purl);
    if (pkg === undefined || finding.status !== 'fixed-available') continue;
    const place = places.get(pkg.purl) ?? placeOf(pkg, groups);
    places.set(pkg.purl, place);
    place.group.findings.push(finding);
    place.fixable.add(finding.id);
  }
  return [...groups.values()].map((group) => toUpdate(group, advisoriesOf)).sort(byWorst);
}

function placeOf(pkg: Package, groups: Map<string, Group>) {
  const key = [pkg.type, pkg.source?.name ?? pkg.name, pkg.source?.version ?? pkg.version].join('\n');
  const group: Group = groups.get(key) ?? { pkg, findings: [], members: new Map() };
  groups.set(key, group);
  const subject = subjectOf(pkg);
  const member = group.members.get(subjectKey(subject)) ?? { subject, fixable: new Set<string>() };
  group.members.set(subjectKey(subject), member);
  return { group, fixable: member.fixable };
}

function toUpdate({ pkg, findings, members }: Group, advisoriesOf: AdviceInputs['advisoriesOf']): Update {
  const asked: Member[] = [...members.values()].map((member) => ({
    ...member,
    advisories: advisoriesOf(member.subject),
  }));
  const { to, leaves } = smallestUpdate(asked, highestOfSmallest(pkg.type, findings));
  const name = pkg.source?.name ?? pkg.name;
  return {
    name,
    type: pkg.type,
    by: updaterOf(pkg.type, name),
    packages: [...new Set(findings.map((finding) => finding.package.name))].sort(),
    purls: [...new Set(findings.map((finding) => finding.package.purl))].sort(),
    from: pkg.source?.version ?? pkg.version,
    to,
    findings: findings.length,
    // No spreading: arguments lie on the stack, and one source can have more findings than it holds.
    worst: findings.reduce((worst, { risk }) => Math.max(worst, risk), 0),
    leaves,
  };
}

/** Each finding needs its smallest fix at least. One that can't be compared stands as it came. */
function highestOfSmallest(type: string, findings: readonly Advised[]): string {
  const scheme = schemeOfType(type);
  const smallest = findings.flatMap(({ fixedIn }) => fixedIn.slice(0, 1));
  return smallest.reduce(
    (best, version) => (compareVersions(scheme, version, best) === 1 ? version : best),
    smallest[0] ?? '',
  );
}

function byWorst(a: Update, b: Update): number {
  return b.worst - a.worst || b.findings - a.findings || (a.name < b.name ? -1 : Number(a.name > b.name));
}
