import { lockAnalyzer } from '../lock-analyzer.ts';
import { parsePackageResolved } from './parse.ts';
import { parsePodfileLock } from './parse-podfile-lock.ts';

const isPodfile = (path: string): boolean => path.endsWith('Podfile.lock');

/** Packages of Swift's package manager and CocoaPods. Programs state none of them, so lock files are the only witnesses. */
export const swift = lockAnalyzer({
  id: 'swift',
  version: 1,
  support: {
    title: 'Swift and Objective-C',
    kind: 'language',
    purlTypes: ['swift', 'cocoapods'],
    reads: [
      { file: 'Package.resolved (versions 1 to 3)', states: 'locked' },
      { file: 'Podfile.lock', states: 'locked', direct: true, relations: true },
    ],
  },
  claims: { names: ['Package.resolved', 'Podfile.lock'] },
  // What the package manager checked out, and what CocoaPods unpacked, carries lock files of its own development.
  skips: (path) => /(?:^|\/)(?:\.build\/checkouts|Pods|SourcePackages\/checkouts)\//.test(path),
  parse: (bytes, path) => (isPodfile(path) ? parsePodfileLock(bytes) : parsePackageResolved(bytes)),
  toFound({ name, version }, path) {
    if (isPodfile(path)) return { type: 'cocoapods', name, version };
    const slash = name.lastIndexOf('/');
    return { type: 'swift', namespace: name.slice(0, slash), name: name.slice(slash + 1), fullName: name, version };
  },
});
