import type { AdvisoryHit } from '../../advisory.ts';
import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Debian by source package and source version: its security tracker knows no binary packages. Derivatives are judged by
 * their own feeds or not at all; Debian's versions say nothing about packages that somebody else rebuilt.
 */
export const debian: Matcher = {
  id: 'debian',
  version: 2,
  vendor: true,
  lookups(pkg) {
    if (pkg.type !== 'deb' || pkg.distribution?.id !== 'debian') return [];
    return [{ ecosystem: `debian:${pkg.distribution.release}`, name: sourceName(pkg) }];
  },
  judge(pkg, advisory) {
    const name = sourceName(pkg);
    const entries = entriesOf(advisory, `debian:${pkg.distribution?.release ?? ''}`, name);
    return judgeEntries(
      { rule: 'debian-source', version: sourceVersion(pkg), via: name === pkg.name ? null : name },
      entries,
    );
  },
};

function sourceName(pkg: Matchable): string {
  return pkg.source?.name ?? pkg.name;
}

/**
 * A rebuild of the binary alone (binNMU) ends in `+bN`, which its source version does not have. dpkg names the source
 * version in `Source:` where the two differ.
 * https://www.debian.org/doc/manuals/developers-reference/pkgs.html#recompilation-or-binary-only-nmu
 */
function sourceVersion(pkg: Matchable): string {
  return (pkg.source?.version ?? pkg.version).replace(/\+b[0-9]+$/, '');
}

function entriesOf(advisory: AdvisoryHit, ecosystem: string, name: string): AdvisoryHit['affected'] {
  return advisory.affected.filter(
    (entry) => entry.ecosystem === ecosystem && entry.name === name && entry.nameKind !== 'binary',
  );
}
