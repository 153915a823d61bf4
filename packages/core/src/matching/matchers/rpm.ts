import type { AdvisoryHit, AffectedPackage } from '../../advisory.ts';
import type { Matchable, Matcher } from '../matcher.ts';
import { isOneOf, redHatProducts } from '../red-hat-products.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Packages of rpm distributions by the name that their advisories use: of the binary package in errata, of the source
 * package in OVAL. A build of a module stream is judged by advisories of that stream only: streams are parallel releases, and
 * a fix of `nodejs:18` says nothing of `nodejs:20`. https://docs.pagure.org/modularity/
 */
export const rpm: Matcher = {
  id: 'rpm',
  version: 3,
  vendor: true,
  lookups(pkg) {
    const ecosystem = ecosystemOf(pkg);
    if (ecosystem === null) return [];
    return [...new Set([pkg.name, pkg.source?.name ?? pkg.name])].map((name) => ({ ecosystem, name }));
  },
  judge(pkg, advisory) {
    const ecosystem = ecosystemOf(pkg);
    const entries = advisory.affected.filter(
      (entry) => entry.ecosystem === ecosystem && isOfModule(pkg, entry) && isOfArchitecture(pkg, entry),
    );
    const variant = variantOf(pkg);
    // A fix of one variant is above every version of another: Oracle tells them apart by the epoch.
    if (variant !== null)
      return judgeNamed(
        pkg,
        entries.filter(({ product }) => product === variant),
        '-variant',
      );
    const products = new Set(redHatProducts(pkg.contentSets ?? []));
    const own = entries.filter(({ product }) => product !== undefined && isOneOf(products, product));
    // A stream of extended support that an advisory does not name gets its fix from the release, or none.
    return (
      judgeNamed(pkg, own, '-content-set') ??
      judgeNamed(
        pkg,
        entries.filter(({ product }) => product === undefined),
        '',
      )
    );
  },
};

/** `kind` is part of the rule's name: whether the repositories of the package decided, or its release alone. */
function judgeNamed(pkg: Matchable, entries: AdvisoryHit['affected'], kind: string): ReturnType<Matcher['judge']> {
  const binary = entries.filter((entry) => entry.nameKind !== 'source' && entry.name === pkg.name);
  if (binary.length > 0) return judgeEntries({ rule: `rpm-binary${kind}`, version: pkg.version, via: null }, binary);
  const source = pkg.source ?? { name: pkg.name, version: pkg.version };
  const named = entries.filter((entry) => entry.nameKind === 'source' && entry.name === source.name);
  const via = source.name === pkg.name ? null : source.name;
  return judgeEntries({ rule: `rpm-source${kind}`, version: source.version, via }, named);
}

/** Oracle's builds for Ksplice (`2:2.17-326.0.5.ksplice1.el7_9`) and validated by FIPS (`10:3.6.16-4.0.1.el8_fips`). */
function variantOf({ distribution, version }: Matchable): string | null {
  if (distribution?.id !== 'ol') return null;
  if (/\.ksplice\d*\./.test(version)) return 'ksplice';
  return version.endsWith('_fips') ? 'fips' : null;
}

/** CentOS Linux was built from Red Hat's sources and published no advisories of its own that a machine could read. */
const REBUILT_BY_CENTOS: ReadonlySet<string> = new Set(['5', '6', '7', '8']);

function ecosystemOf({ type, distribution }: Matchable): string | null {
  if (type !== 'rpm' || distribution === null) return null;
  const { id, release } = distribution;
  return id === 'centos' && REBUILT_BY_CENTOS.has(release) ? `rhel:${release}` : `${id}:${release}`;
}

/** The package's label is `name:stream:version:context`; the advisory names the first two parts. */
function isOfModule(pkg: Matchable, entry: AffectedPackage): boolean {
  if (entry.module === undefined || pkg.module === undefined) return entry.module === pkg.module;
  return pkg.module === entry.module || pkg.module.startsWith(`${entry.module}:`);
}

/** A package whose architecture is not known may be any of them. */
function isOfArchitecture({ architecture }: Matchable, { architectures }: AffectedPackage): boolean {
  if (architectures === undefined || architecture === undefined || architecture === null) return true;
  return architecture === 'noarch' || architectures.includes(architecture);
}
