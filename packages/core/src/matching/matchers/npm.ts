import { languageMatcher } from '../language-matcher.ts';

export const npm = languageMatcher('npm', 2, (pkg) => (pkg.type === 'npm' ? pkg.name : null));
