import type { Report } from '../assessment.ts';
import type { Finding } from '../finding.ts';
import { schemeOfType } from '../matching/scheme.ts';
import type { Package } from '../package.ts';
import { compareVersions } from '../versions/compare.ts';

/** One upgrade that ends findings. */
export interface FirstStep {
  /** What to upgrade: the source package of a distribution, else the package. */
  readonly name: string;
  readonly type: string;
  /** Binary packages that come of it, in code-unit order; the name alone where nothing else does. */
  readonly packages: readonly string[];
  readonly from: string;
  /** Smallest version known to end all of `findings`. */
  readonly to: string;
  /** How many findings it ends, and the highest risk among them. */
  readonly findings: number;
  readonly worst: number;
}

/** Upgrades, the one that removes the highest risk first; then the one that ends more. */
export function firstSteps(report: Pick<Report, 'findings' | 'packages'>): readonly FirstStep[] {
  const packages = new Map(report.packages.map((pkg) => [pkg.purl, pkg]));
  const groups = new Map<string, { readonly pkg: Package; readonly findings: Finding[] }>();
  for (const finding of report.findings) {
    const pkg = packages.get(finding.package.purl);
    if (pkg === undefined || finding.status !== 'fixed-available') continue;
    const key = [pkg.type, pkg.source?.name ?? pkg.name, pkg.source?.version ?? pkg.version].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { pkg, findings: [finding] });
    else group.findings.push(finding);
  }
  return [...groups.values()]
    .map(({ pkg, findings }) => toStep(pkg, findings))
    .sort((a, b) => b.worst - a.worst || b.findings - a.findings || (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function toStep(pkg: Package, findings: readonly Finding[]): FirstStep {
  return {
    name: pkg.source?.name ?? pkg.name,
    type: pkg.type,
    packages: [...new Set(findings.map((finding) => finding.package.name))].sort(),
    from: pkg.source?.version ?? pkg.version,
    to: highest(
      pkg.type,
      findings.flatMap((finding) => finding.fixedIn.slice(-1)),
    ),
    findings: findings.length,
    // No spreading: arguments lie on the stack, and one source can have more findings than it holds.
    worst: findings.reduce((worst, { risk }) => Math.max(worst, risk), 0),
  };
}

/** One that can't be compared stands as it came; the list is never empty, as its findings have fixes. */
function highest(type: string, versions: readonly string[]): string {
  const scheme = schemeOfType(type);
  return versions.reduce(
    (best, version) => (compareVersions(scheme, version, best) === 1 ? version : best),
    versions[0] ?? '',
  );
}
