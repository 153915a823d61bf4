import { type Package, parsePurl } from '@hullcheck/core';

/** Packages of operating systems: where their database is in the image, it tells what is installed. */
const SYSTEM_TYPES = new Set(['alpm', 'apk', 'deb', 'ebuild', 'opkg', 'rpm']);

/**
 * What is found goes before what is only stated. Of the packages that `stating` analyzers took from documents (SBOMs of builds, of
 * base images, of something else altogether) this leaves out those that another analyzer found, whatever qualifiers either
 * has, and system packages of a kind that a package manager's database in the image lists: not in there, not installed.
 */
export function withoutRestated(packages: readonly Package[], stating: ReadonlySet<string>): readonly Package[] {
  if (!packages.some(({ analyzer }) => stating.has(analyzer))) return packages;
  const found = packages.filter(({ analyzer }) => !stating.has(analyzer));
  const known = new Set(found.map(identityOf));
  const systems = new Set(found.map(({ type }) => type).filter((type) => SYSTEM_TYPES.has(type)));
  return packages.filter((pkg) => !stating.has(pkg.analyzer) || !(systems.has(pkg.type) || known.has(identityOf(pkg))));
}

function identityOf({ purl }: Package): string {
  const parts = parsePurl(purl);
  return parts === undefined
    ? purl
    : [parts.type, parts.namespace ?? '', parts.name, parts.version ?? ''].join('\u0000');
}
