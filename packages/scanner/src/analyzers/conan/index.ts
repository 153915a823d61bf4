import { type InstalledEvidence, installedAnalyzer } from '../installed-analyzer.ts';
import { parseConanfile, parseConanInfo, placeOf } from './parse.ts';
import { parseConanLock } from './parse-conan-lock.ts';

/** Conan packages: those of caches and deployments, else what lock files and manifests of projects name. */
export const conan = installedAnalyzer({
  id: 'conan',
  version: 1,
  support: {
    title: 'C and C++ (Conan)',
    kind: 'language',
    purlTypes: ['conan'],
    reads: [
      { file: '.conan/data/*/conaninfo.txt, full_deploy/*/conaninfo.txt', states: 'installed', relations: true },
      { file: 'conan.lock (versions 0.0 to 0.5)', states: 'locked', direct: true, relations: true },
      { file: 'conaninfo.txt of a project', states: 'locked' },
      { file: 'conanfile.txt, where its versions are exact', states: 'declared', direct: true },
    ],
  },
  claims: { names: ['conan.lock', 'conaninfo.txt', 'conanfile.txt'] },
  kindOf: (path): InstalledEvidence['kind'] | undefined => {
    if (placeOf(path) !== undefined) return 'installed';
    // What a recipe in the cache carries along for its own tests.
    return /(?:^|\/)\.conan2?\//.test(path) ? undefined : 'lock';
  },
  parse: (bytes, path) => {
    if (path.endsWith('conan.lock')) return parseConanLock(bytes);
    return path.endsWith('conaninfo.txt') ? parseConanInfo(bytes, path) : parseConanfile(bytes);
  },
  toFound: ({ name, version }) => ({ type: 'conan', name, version }),
  homeOf: (path) => /^(?:.*\/)?(?:\.conan\/data|full_deploy\/\w+)\//.exec(path)?.[0] ?? '',
  yieldsTo: (path) => {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    if (path.endsWith('conaninfo.txt')) return placeOf(path) === undefined ? [`${folder}conan.lock`] : [];
    return path.endsWith('conanfile.txt') ? [`${folder}conan.lock`, `${folder}conaninfo.txt`] : [];
  },
});
