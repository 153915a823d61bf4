import type { AffectedPackage } from '../../advisory.ts';
import { type Cpe, cpeName, cpeVersion, parseCpe } from '../cpe.ts';
import type { Matchable, Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/**
 * Programs that nobody packaged, by the names under which NVD files them. The weakest of all matchers: whoever filed a flaw chose
 * the name and the bounds without knowing the build, so the rule `cpe-range` stands in every evidence. Listed last, so
 * that a package which any other source knows by its own name is never judged by this.
 */
export const cpe: Matcher = {
  id: 'cpe',
  version: 1,
  vendor: false,
  lookups: (pkg) => [...new Set(cpesOf(pkg).map(cpeName))].map((name) => ({ ecosystem: 'cpe', name })),
  judge(pkg, advisory) {
    // The usual name comes first: the others are older ones, for flaws that were not filed anew.
    for (const name of cpesOf(pkg)) {
      const entries = advisory.affected.filter((entry) => isNamed(entry, name));
      const verdict = judgeEntries({ rule: 'cpe-range', version: versionOf(pkg, name), via: null }, entries);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  },
};

function cpesOf(pkg: Matchable): readonly Cpe[] {
  if (pkg.type !== 'generic') return [];
  return (pkg.cpes ?? []).flatMap((text) => parseCpe(text) ?? []).filter(({ part }) => part === 'a');
}

function isNamed(entry: AffectedPackage, name: Cpe): boolean {
  return entry.ecosystem === 'cpe' && entry.name === cpeName(name);
}

/** Java 8u392 is filed as `1.8.0` with `update392`; all else under the version that the package has. */
function versionOf(pkg: Matchable, name: Cpe): string {
  return name.update === '*' ? pkg.version : cpeVersion(name);
}
