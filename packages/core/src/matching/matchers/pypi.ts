import { languageMatcher } from '../language-matcher.ts';

/** Names as PEP 503 compares them: `Foo.Bar_baz` is `foo-bar-baz`. https://peps.python.org/pep-0503/#normalized-names */
export const pypi = languageMatcher('pypi', 3, (pkg) =>
  pkg.type === 'pypi' ? pkg.name.toLowerCase().replace(/[-_.]+/g, '-') : null,
);
