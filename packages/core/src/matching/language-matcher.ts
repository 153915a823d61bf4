import type { Matchable, Matcher } from './matcher.ts';
import { judgeEntries } from './version-verdict.ts';

/** The matcher of an ecosystem whose advisories name its packages directly. `nameOf` gives the name as advisories have it, null for none. */
export function languageMatcher(id: string, version: number, nameOf: (pkg: Matchable) => string | null): Matcher {
  return {
    id,
    version,
    vendor: false,
    lookups(pkg) {
      const name = nameOf(pkg);
      return name === null ? [] : [{ ecosystem: id, name }];
    },
    judge(pkg, advisory) {
      const name = nameOf(pkg);
      const entries = advisory.affected.filter((entry) => entry.ecosystem === id && entry.name === name);
      return judgeEntries({ rule: `${id}-range`, version: pkg.version, via: null }, entries);
    },
  };
}
