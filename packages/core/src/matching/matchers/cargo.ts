import { languageMatcher } from '../language-matcher.ts';

/** Crates by name, which crates.io compares as it is written. */
export const cargo = languageMatcher('cargo', 2, (pkg) => (pkg.type === 'cargo' ? pkg.name : null));
