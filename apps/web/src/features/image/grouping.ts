import type { FindingRow } from '@hullcheck/contract';
import { compareVersions, schemeOfType } from '@hullcheck/core';

/** One upgrade and what it ends. */
export interface Upgrade {
  readonly key: string;
  /** Source package of a distribution, else the package. */
  readonly name: string;
  readonly type: string;
  readonly from: string;
  /** Smallest version known to end all of `findings`. */
  readonly to: string;
  /** Installed packages that come of it. */
  readonly packages: readonly string[];
  /** Highest risk first. */
  readonly findings: readonly FindingRow[];
  readonly worst: number;
}

export interface Groups {
  /** Update these packages: the one that takes away the highest risk first. */
  readonly upgrades: readonly Upgrade[];
  /** Affected, and nobody has published a fix. */
  readonly unfixed: readonly FindingRow[];
  /** Someone has judged otherwise, or it can't be said. */
  readonly judged: readonly FindingRow[];
  /** No vulnerabilities of the image: headers of a kernel that it does not run, projects that nobody maintains. */
  readonly apart: readonly FindingRow[];
}

/** Findings by what one can do about them. */
export function groupFindings(findings: readonly FindingRow[]): Groups {
  const byUpgrade = new Map<string, FindingRow[]>();
  const unfixed: FindingRow[] = [];
  const judged: FindingRow[] = [];
  const apart: FindingRow[] = [];
  for (const finding of findings) {
    if (finding.setAside !== undefined) apart.push(finding);
    else if (finding.status !== 'affected' && finding.status !== 'fixed-available') judged.push(finding);
    else if (finding.fixedIn.length === 0) unfixed.push(finding);
    else {
      const key = [
        typeOf(finding.package.purl),
        finding.evidence.via ?? finding.package.name,
        finding.evidence.compared,
      ].join(' ');
      const members = byUpgrade.get(key);
      if (members === undefined) byUpgrade.set(key, [finding]);
      else members.push(finding);
    }
  }
  const upgrades = [...byUpgrade].map(([key, members]) => toUpgrade(key, members));
  upgrades.sort((a, b) => b.worst - a.worst || b.findings.length - a.findings.length || (a.key < b.key ? -1 : 1));
  return { upgrades, unfixed, judged, apart };
}

function toUpgrade(key: string, findings: readonly FindingRow[]): Upgrade {
  const [first] = findings;
  const type = typeOf(first?.package.purl ?? '');
  return {
    key,
    name: first?.evidence.via ?? first?.package.name ?? '',
    type,
    from: first?.evidence.compared ?? '',
    to: highest(
      type,
      findings.flatMap(({ fixedIn }) => fixedIn.slice(-1)),
    ),
    packages: [...new Set(findings.map((finding) => finding.package.name))].sort(),
    findings,
    worst: findings.reduce((worst, { risk }) => Math.max(worst, risk), 0),
  };
}

/** A version that can't be compared stands as it came. */
function highest(type: string, versions: readonly string[]): string {
  const scheme = schemeOfType(type);
  return versions.reduce(
    (best, version) => (compareVersions(scheme, version, best) === 1 ? version : best),
    versions[0] ?? '',
  );
}

function typeOf(purl: string): string {
  return /^pkg:([^/]+)\//.exec(purl)?.[1] ?? 'generic';
}

/** One finding in an address: a vulnerability may concern several packages of an image. */
export function findingKey(finding: FindingRow): string {
  return `${finding.id} ${finding.package.purl}`;
}

export function matchesText(finding: FindingRow, text: string): boolean {
  const wanted = text.toLowerCase();
  return [finding.id, ...finding.aliases, finding.title, finding.package.name, finding.evidence.via ?? ''].some(
    (field) => field.toLowerCase().includes(wanted),
  );
}
