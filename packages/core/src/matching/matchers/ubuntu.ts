import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Ubuntu by source package and its version: the tracker knows no binary packages. Its form in OSV leaves out why a flaw is open.
 */
export const ubuntu: Matcher = {
  id: 'ubuntu',
  version: 2,
  vendor: true,
  terse: new Set(['ubuntu-osv']),
  lookups(pkg) {
    if (pkg.type !== 'deb' || pkg.distribution?.id !== 'ubuntu') return [];
    return [{ ecosystem: `ubuntu:${pkg.distribution.release}`, name: sourceOf(pkg).name }];
  },
  judge(pkg, advisory) {
    const { name, version } = sourceOf(pkg);
    const ecosystem = `ubuntu:${pkg.distribution?.release ?? ''}`;
    const entries = advisory.affected.filter((entry) => entry.ecosystem === ecosystem && entry.name === name);
    return judgeEntries({ rule: 'ubuntu-source', version, via: name === pkg.name ? null : name }, entries);
  },
};

function sourceOf(pkg: Matchable): { readonly name: string; readonly version: string } {
  return pkg.source ?? { name: pkg.name, version: pkg.version };
}
