import { languageMatcher } from '../language-matcher.ts';

export const npm = languageMatcher('npm', 3, (pkg) => (pkg.type === 'npm' ? pkg.name : null));
