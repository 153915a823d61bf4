import { type InstalledEvidence, installedAnalyzer } from '../installed-analyzer.ts';
import { parseDescription, parseRenvLock } from './parse.ts';

const isDescription = (path: string): boolean => path.endsWith('DESCRIPTION');

/** R packages: those in libraries, else what renv locks. What has the priority `base` is part of R and has no life of its own. */
export const r = installedAnalyzer({
  id: 'r',
  version: 1,
  support: {
    title: 'R',
    kind: 'language',
    purlTypes: ['cran'],
    reads: [
      {
        file: 'library/*/DESCRIPTION, site-library/*/DESCRIPTION',
        states: 'installed',
        licenses: true,
        relations: true,
      },
      { file: 'renv.lock', states: 'locked', relations: true },
    ],
  },
  claims: { names: ['DESCRIPTION', 'renv.lock'] },
  kindOf: (path): InstalledEvidence['kind'] => (isDescription(path) ? 'installed' : 'lock'),
  parse: (bytes, path) => (isDescription(path) ? parseDescription(bytes, path) : parseRenvLock(bytes)),
  toFound: ({ name, version }) => ({ type: 'cran', name, version }),
  homeOf: (path) => path.split('/').slice(0, -2).join('/'),
});
