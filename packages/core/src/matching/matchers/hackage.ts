import { languageMatcher } from '../language-matcher.ts';

/** Packages of Hackage. */
export const hackage = languageMatcher('hackage', 1, (pkg) => (pkg.type === 'hackage' ? pkg.name : null));
