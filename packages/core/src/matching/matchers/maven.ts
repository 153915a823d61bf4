import { languageMatcher } from '../language-matcher.ts';

/** Artifacts as `group:artifact`, the form of OSV and of the analyzers; Maven compares both as they are written. */
export const maven = languageMatcher('maven', 2, (pkg) => (pkg.type === 'maven' ? pkg.name : null));
