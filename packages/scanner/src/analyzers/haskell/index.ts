import { type InstalledEvidence, installedAnalyzer } from '../installed-analyzer.ts';
import { isCompilers, parseCabalFreeze, parseRegistration, parseStackLock } from './parse.ts';

const REGISTRATION = /(?:^|\/)package\.conf\.d\/[^/]+\.conf$/;

/** Haskell packages: those registered with a compiler, else what cabal or Stack pin. Programs that GHC links name none. */
export const haskell = installedAnalyzer({
  id: 'haskell',
  version: 1,
  support: {
    title: 'Haskell',
    kind: 'language',
    purlTypes: ['hackage'],
    reads: [
      { file: 'package.conf.d/*.conf (GHC)', states: 'installed', licenses: true, relations: true },
      { file: 'stack.yaml.lock', states: 'locked' },
      { file: 'cabal.project.freeze', states: 'locked' },
    ],
  },
  claims: {
    names: ['stack.yaml.lock', 'cabal.project.freeze'],
    within: [{ folder: 'package.conf.d', suffix: '.conf' }],
  },
  kindOf: (path): InstalledEvidence['kind'] => (REGISTRATION.test(path) ? 'installed' : 'lock'),
  parse: (bytes, path) => {
    if (REGISTRATION.test(path)) return parseRegistration(bytes);
    return path.endsWith('.freeze') ? parseCabalFreeze(bytes) : parseStackLock(bytes);
  },
  toFound: ({ name, version }) => ({ type: 'hackage', name, version }),
  homeOf: (path) => path.split('/').slice(0, -1).join('/'),
  isCarried: isCompilers,
});
