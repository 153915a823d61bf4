import { languageMatcher } from '../language-matcher.ts';

/** Packages by id, which NuGet compares without regard to case. https://learn.microsoft.com/nuget/reference/nuspec#id */
export const nuget = languageMatcher('nuget', 2, (pkg) => (pkg.type === 'nuget' ? pkg.name.toLowerCase() : null));
