import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/** A Chainguard image mixes packages of both repositories, and nothing in one tells which it came from. */
const ECOSYSTEMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['wolfi', ['wolfi']],
  ['chainguard', ['chainguard', 'wolfi']],
]);

/**
 * Wolfi and Chainguard by origin, as Alpine's; sub-packages that their secdb names itself are asked for too. Both roll on
 * without releases, so their keys have none: VERSION_ID is the date of the first one for ever.
 */
export const wolfi: Matcher = {
  id: 'wolfi',
  version: 1,
  vendor: true,
  lookups: (pkg) =>
    ecosystemsOf(pkg).flatMap((ecosystem) =>
      [...new Set([originOf(pkg), pkg.name])].map((name) => ({ ecosystem, name })),
    ),
  judge(pkg, advisory) {
    const origin = originOf(pkg);
    const ecosystems = ecosystemsOf(pkg);
    const named = advisory.affected.filter((entry) => ecosystems.includes(entry.ecosystem));
    // What is said of the package itself is nearer than what is said of its origin.
    const own = named.filter(({ name }) => name === pkg.name);
    const entries = own.length > 0 ? own : named.filter(({ name }) => name === origin);
    const version = pkg.source?.version ?? pkg.version;
    const via = own.length > 0 || origin === pkg.name ? null : origin;
    return judgeEntries({ rule: 'wolfi-source', version, via }, entries);
  },
};

function ecosystemsOf(pkg: Matchable): readonly string[] {
  return pkg.type === 'apk' ? (ECOSYSTEMS.get(pkg.distribution?.id ?? '') ?? []) : [];
}

function originOf(pkg: Matchable): string {
  return pkg.source?.name ?? pkg.name;
}
