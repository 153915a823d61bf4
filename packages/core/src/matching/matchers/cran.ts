import { languageMatcher } from '../language-matcher.ts';

/** R packages of CRAN, whose names differ in case alone. */
export const cran = languageMatcher('cran', 1, (pkg) => (pkg.type === 'cran' ? pkg.name : null));
