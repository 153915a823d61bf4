import { languageMatcher } from '../language-matcher.ts';

/** Packages of Julia's General registry by name. */
export const julia = languageMatcher('julia', 1, (pkg) => (pkg.type === 'julia' ? pkg.name : null));
