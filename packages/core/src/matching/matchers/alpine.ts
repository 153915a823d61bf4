import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Alpine by origin: secdb names source packages, and all packages of one origin carry its version. Binary names are asked
 * for too, for sources that name them; an entry serves only under the kind of name it states.
 */
export const alpine: Matcher = {
  id: 'alpine',
  version: 2,
  vendor: true,
  lookups(pkg) {
    if (pkg.type !== 'apk' || pkg.distribution?.id !== 'alpine') return [];
    const ecosystem = `alpine:${pkg.distribution.release}`;
    return [...new Set([originOf(pkg), pkg.name])].map((name) => ({ ecosystem, name }));
  },
  judge(pkg, advisory) {
    const origin = originOf(pkg);
    const ecosystem = `alpine:${pkg.distribution?.release ?? ''}`;
    const entries = advisory.affected.filter(
      (entry) => entry.ecosystem === ecosystem && entry.name === (entry.nameKind === 'source' ? origin : pkg.name),
    );
    const version = pkg.source?.version ?? pkg.version;
    return judgeEntries({ rule: 'alpine-source', version, via: origin === pkg.name ? null : origin }, entries);
  },
};

function originOf(pkg: Matchable): string {
  return pkg.source?.name ?? pkg.name;
}
