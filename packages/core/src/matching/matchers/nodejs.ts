import { languageMatcher } from '../language-matcher.ts';

/** Node.js itself, put into an image by hand as the official images do: `pkg:generic/node`. */
export const nodejs = languageMatcher('nodejs', 3, (pkg) =>
  pkg.type === 'generic' && (pkg.name === 'node' || pkg.name === 'nodejs') ? 'node' : null,
);
