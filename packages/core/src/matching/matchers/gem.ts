import { languageMatcher } from '../language-matcher.ts';

/** Gems by name; a gem of a platform is the same gem. */
export const gem = languageMatcher('gem', 1, (pkg) => (pkg.type === 'gem' ? pkg.name : null));
