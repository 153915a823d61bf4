import { type InstalledEvidence, installedAnalyzer } from '../installed-analyzer.ts';
import { parseLuaRocksLock, parseRock, rockOf } from './parse.ts';

/** Rocks in trees of LuaRocks, else what its lock files name. */
export const lua = installedAnalyzer({
  id: 'lua',
  version: 1,
  support: {
    title: 'Lua',
    kind: 'language',
    purlTypes: ['luarocks'],
    reads: [
      { file: 'luarocks/rocks-*/*/*/rock_manifest, *.rockspec', states: 'installed', licenses: true, relations: true },
      { file: 'luarocks.lock', states: 'locked' },
    ],
  },
  claims: { names: ['rock_manifest', 'luarocks.lock'], suffixes: ['.rockspec'] },
  kindOf: (path): InstalledEvidence['kind'] | undefined => {
    if (path.endsWith('luarocks.lock')) return 'lock';
    return rockOf(path) === undefined ? undefined : 'installed';
  },
  parse: (bytes, path) => (path.endsWith('luarocks.lock') ? parseLuaRocksLock(bytes) : parseRock(bytes, path)),
  toFound: ({ name, version }) => ({ type: 'luarocks', name, version }),
  homeOf: (path) => path.split('/').slice(0, -3).join('/'),
});
