import { languageMatcher } from '../language-matcher.ts';

/**
 * Modules by path. The Go database files the standard library under `stdlib` and the go command under `toolchain`;
 * build information calls them `std` and `cmd`. https://go.dev/doc/security/vuln/database
 */
export const golang = languageMatcher('golang', 2, (pkg) => {
  if (pkg.type !== 'golang') return null;
  return OF_THE_DISTRIBUTION.get(pkg.name) ?? pkg.name;
});

const OF_THE_DISTRIBUTION: ReadonlyMap<string, string> = new Map([
  ['std', 'stdlib'],
  ['cmd', 'toolchain'],
]);
