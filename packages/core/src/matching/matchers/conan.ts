import { languageMatcher } from '../language-matcher.ts';

/** Recipes of ConanCenter by name; one of a user (`acme/openssl`) is a recipe of its own, about which no advisory speaks. */
export const conan = languageMatcher('conan', 2, (pkg) => (pkg.type === 'conan' ? pkg.name.toLowerCase() : null));
