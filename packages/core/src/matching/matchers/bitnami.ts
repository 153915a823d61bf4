import { languageMatcher } from '../language-matcher.ts';
import type { Matchable, Matcher } from '../matcher.ts';

const byName = languageMatcher('bitnami', 1, (pkg) => (pkg.type === 'bitnami' ? pkg.name.toLowerCase() : null));

/**
 * Bitnami's components by name. Their versions end in the revision of the packaging (`1.25.3-4`), which advisories don't know
 * and semantic order would take for a pre-release. https://github.com/bitnami/vulndb
 */
export const bitnami: Matcher = { ...byName, judge: (pkg, advisory) => byName.judge(withoutRevision(pkg), advisory) };

function withoutRevision<P extends Matchable>(pkg: P): P {
  return { ...pkg, version: pkg.version.replace(/-\d{1,6}$/, '') };
}
