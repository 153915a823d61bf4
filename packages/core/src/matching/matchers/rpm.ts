import type { AdvisoryHit, AffectedPackage } from '../../advisory.ts';
import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Packages of rpm distributions by the name that their advisories use: of the binary package in errata, of the source
 * package in OVAL. A build of a module stream is judged by advisories of that stream only: streams are parallel releases, and
 * a fix of `nodejs:18` says nothing of `nodejs:20`. https://docs.pagure.org/modularity/
 */
export const rpm: Matcher = {
  id: 'rpm',
  version: 1,
  vendor: true,
  lookups(pkg) {
    const ecosystem = ecosystemOf(pkg);
    if (ecosystem === null) return [];
    return [...new Set([pkg.name, pkg.source?.name ?? pkg.name])].map((name) => ({ ecosystem, name }));
  },
  judge(pkg, advisory) {
    const ecosystem = ecosystemOf(pkg);
    const entries = advisory.affected.filter((entry) => entry.ecosystem === ecosystem && isOfModule(pkg, entry));
    const binary = entries.filter((entry) => entry.nameKind !== 'source' && entry.name === pkg.name);
    if (binary.length > 0) return judgeEntries({ rule: 'rpm-binary', version: pkg.version, via: null }, binary);
    return judgeSource(pkg, entries);
  },
};

function judgeSource(pkg: Matchable, entries: AdvisoryHit['affected']): ReturnType<Matcher['judge']> {
  const source = pkg.source ?? { name: pkg.name, version: pkg.version };
  const named = entries.filter((entry) => entry.nameKind === 'source' && entry.name === source.name);
  const via = source.name === pkg.name ? null : source.name;
  return judgeEntries({ rule: 'rpm-source', version: source.version, via }, named);
}

function ecosystemOf({ type, distribution }: Matchable): string | null {
  if (type !== 'rpm' || distribution === null) return null;
  return `${distribution.id}:${distribution.release}`;
}

/** The package's label is `name:stream:version:context`; the advisory names the first two parts. */
function isOfModule(pkg: Matchable, entry: AffectedPackage): boolean {
  if (entry.module === undefined || pkg.module === undefined) return entry.module === pkg.module;
  return pkg.module === entry.module || pkg.module.startsWith(`${entry.module}:`);
}
