import { lockAnalyzer } from '../lock-analyzer.ts';
import { parseManifest } from './parse.ts';

/** Manifests of a Julia version of their own, which Pkg prefers since 1.10.8. */
const VERSIONED = Array.from({ length: 25 }, (_, minor) => `Manifest-v1.${minor + 6}.toml`);

/** Julia packages. What lies in a depot serves any environment, and only the manifest of an environment says what it uses. */
export const julia = lockAnalyzer({
  id: 'julia',
  version: 1,
  support: {
    title: 'Julia',
    kind: 'language',
    purlTypes: ['julia'],
    reads: [
      {
        file: 'Manifest.toml, JuliaManifest.toml, Manifest-v*.toml (formats 1 and 2)',
        states: 'locked',
        relations: true,
      },
    ],
  },
  claims: { names: ['Manifest.toml', 'JuliaManifest.toml', ...VERSIONED] },
  // Packages in a depot carry manifests of their tests and documentation.
  skips: (path) => /(?:^|\/)(?:\.julia|depot)\/packages\/[^/]+\/[^/]+\//.test(path),
  parse: parseManifest,
  toFound: ({ name, version }) => ({ type: 'julia', name, version }),
});
