import { languageMatcher } from '../language-matcher.ts';

/**
 * Distributions of CPAN by name. A purl may put the author before it (`GDT/URI-PackageURL`) and, of old, name a module
 * (`URI::PackageURL`), which most distributions are called after. https://github.com/package-url/purl-spec/blob/main/types/cpan-definition.json
 */
export const cpan = languageMatcher('cpan', 1, (pkg) =>
  pkg.type === 'cpan' ? pkg.name.slice(pkg.name.lastIndexOf('/') + 1).replaceAll('::', '-') : null,
);
