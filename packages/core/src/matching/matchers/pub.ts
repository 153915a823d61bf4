import { languageMatcher } from '../language-matcher.ts';

/** Packages of pub.dev, whose names are lower case. https://dart.dev/tools/pub/pubspec#name */
export const pub = languageMatcher('pub', 2, (pkg) => (pkg.type === 'pub' ? pkg.name.toLowerCase() : null));
