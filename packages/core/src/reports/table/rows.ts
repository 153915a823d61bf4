import type { Report } from '../../assessment.ts';
import type { Finding } from '../../finding.ts';
import type { Package } from '../../package.ts';
import { printable, widthOf } from '../printable.ts';

/** One line of the table: one flaw of one thing that somebody can upgrade. */
export interface Row {
  /** What they share is the first one's: flaw, risk, fix, layer. Never empty. */
  readonly findings: readonly [Finding, ...Finding[]];
  /** Source package with what is built of it, or the package alone. Not cut; printable. */
  readonly name: string;
  /** In the numbers of the fix: of the source where the flaw was found through it. */
  readonly installed: string;
}

/**
 * Findings in their order, with those of one flaw in the packages of one source as one row: `python3.9` alone makes four
 * packages, and nobody upgrades them one by one. `nameWidth` is in terminal columns: longer lists of names are counted.
 */
export function tableRows({ findings, packages }: Pick<Report, 'findings' | 'packages'>, nameWidth: number): Row[] {
  const byPurl = new Map(packages.map((pkg) => [pkg.purl, pkg]));
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = keyOf(finding, byPurl.get(finding.package.purl));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    return { findings: group, name: nameOf(group, byPurl, nameWidth), installed: installedOf(group, first) };
  });
}

function keyOf(finding: Finding, pkg: Package | undefined): string {
  const source = pkg?.source ?? null;
  const built = source === null ? [finding.package.purl] : [pkg?.type, source.name, source.version];
  return JSON.stringify([
    finding.id,
    finding.status,
    finding.fixedIn,
    finding.layer,
    finding.risk,
    finding.evidence.confidence?.level,
    ...built,
  ]);
}

function nameOf(group: readonly Finding[], byPurl: ReadonlyMap<string, Package>, width: number): string {
  const names = [...new Set(group.map((finding) => finding.package.name))].sort().map(printable);
  const source = group
    .map((finding) => byPurl.get(finding.package.purl)?.source?.name)
    .find((name) => name !== undefined);
  const [only = ''] = names;
  if (source === undefined || (names.length === 1 && only === printable(source))) return only;
  const all = `${printable(source)} (${names.join(', ')})`;
  if (widthOf(all) <= width) return all;
  return names.length === 1 ? only : `${printable(source)} (${names.length} packages)`;
}

function installedOf(group: readonly Finding[], first: Finding): string {
  const throughSource = group.length > 1 || first.evidence.via !== null;
  return throughSource ? first.evidence.compared : first.package.version;
}
