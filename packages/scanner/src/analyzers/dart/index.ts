import { lockAnalyzer } from '../lock-analyzer.ts';
import { parsePubspecLock } from './parse.ts';

/** Dart and Flutter packages of pub. Programs that Dart compiles name none, so the lock file is the only witness. */
export const dart = lockAnalyzer({
  id: 'dart',
  version: 1,
  support: {
    title: 'Dart',
    kind: 'language',
    purlTypes: ['pub'],
    reads: [{ file: 'pubspec.lock', states: 'locked', direct: true }],
  },
  claims: { names: ['pubspec.lock'] },
  // Packages in pub's cache carry the lock files of their own development.
  skips: (path) => /(?:^|\/)(?:\.pub-cache|hosted\/pub\.[a-z.]+)\//.test(path),
  parse: parsePubspecLock,
  toFound: ({ name, version }) => ({ type: 'pub', name, version }),
});
