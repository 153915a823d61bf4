import { languageMatcher } from '../language-matcher.ts';

/** Packages by vendor and name, which Packagist compares in lower case. */
export const composer = languageMatcher('composer', 2, (pkg) =>
  pkg.type === 'composer' ? pkg.name.toLowerCase() : null,
);
