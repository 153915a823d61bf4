import type { FindingRow, ImageAdvice } from '@hullcheck/contract';
import { remedyOf } from '@hullcheck/core';

/** One update of the advice, with those of its findings that are shown. */
export interface Upgrade {
  readonly key: string;
  /** Source package of a distribution, else the package. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Installed packages that come of it. */
  readonly packages: readonly string[];
  /** Highest risk first. */
  readonly findings: readonly FindingRow[];
  readonly worst: number;
  /** Findings with a fix that stay at `to`. */
  readonly leaves: number;
}

export interface Groups {
  /** An update of the distribution's packages ends them: the one that takes away the highest risk first. */
  readonly system: readonly Upgrade[];
  /** Another version of a dependency, toolchain or program ends them. */
  readonly upgrades: readonly Upgrade[];
  /** Its release won't get a fix. */
  readonly newBase: readonly FindingRow[];
  /** Affected, and nobody has published a fix. */
  readonly unfixed: readonly FindingRow[];
  /** Someone has judged otherwise, or it can't be said. */
  readonly judged: readonly FindingRow[];
  /** No vulnerabilities of the image: headers of a kernel that it does not run, projects that nobody maintains, its vendor's answers. */
  readonly apart: readonly FindingRow[];
}

/** Findings by what one can do about them, as the advice has it. */
export function groupFindings(findings: readonly FindingRow[], advice: ImageAdvice): Groups {
  const updateOf = new Map(advice.updates.flatMap((update) => update.purls.map((purl) => [purl, update] as const)));
  const ended = new Map<ImageAdvice['updates'][number], FindingRow[]>();
  const groups = {
    newBase: [] as FindingRow[],
    unfixed: [] as FindingRow[],
    judged: [] as FindingRow[],
    apart: [] as FindingRow[],
  };
  const lists = { 'new-base': groups.newBase, 'no-fix': groups.unfixed, unclear: groups.judged };
  for (const finding of findings) {
    if (finding.setAside !== undefined) {
      groups.apart.push(finding);
      continue;
    }
    const remedy = remedyOf(finding, advice.releaseEnded !== null);
    if (remedy !== 'package-manager' && remedy !== 'update') {
      lists[remedy].push(finding);
      continue;
    }
    const update = updateOf.get(finding.package.purl);
    // The advice is of another moment than the findings: the row still names its own fix.
    if (update === undefined) groups.judged.push(finding);
    else ended.set(update, [...(ended.get(update) ?? []), finding]);
  }
  const shown = advice.updates.flatMap((update) => {
    const members = ended.get(update);
    return members === undefined ? [] : [{ by: update.by, upgrade: toUpgrade(update, members) }];
  });
  return {
    system: shown.flatMap(({ by, upgrade }) => (by === 'package-manager' ? [upgrade] : [])),
    upgrades: shown.flatMap(({ by, upgrade }) => (by === 'package-manager' ? [] : [upgrade])),
    ...groups,
  };
}

function toUpgrade(update: ImageAdvice['updates'][number], findings: readonly FindingRow[]): Upgrade {
  const { name, type, from, to, packages, leaves } = update;
  return {
    key: [type, name, from].join(' '),
    name,
    from,
    to,
    packages,
    findings,
    worst: findings.reduce((worst, { risk }) => Math.max(worst, risk), 0),
    leaves,
  };
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
