import { languageMatcher } from '../language-matcher.ts';

export const npm = languageMatcher('npm', 1, (pkg) => (pkg.type === 'npm' ? pkg.name : null));
