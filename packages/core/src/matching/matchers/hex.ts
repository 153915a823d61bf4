import { languageMatcher } from '../language-matcher.ts';

/** Packages of hex.pm; those of an organisation (`acme/name`) keep it, because the public ones of that name are others. */
export const hex = languageMatcher('hex', 1, (pkg) => (pkg.type === 'hex' ? pkg.name.toLowerCase() : null));
