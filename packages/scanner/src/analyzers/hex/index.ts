import { type InstalledEvidence, installedAnalyzer } from '../installed-analyzer.ts';
import type { FoundPackage } from '../language-package.ts';
import { ELIXIR_APPLICATIONS, ERLANG_APPLICATIONS } from './applications.ts';
import { parseApplication, parseMixLock, parseRebarLock } from './parse.ts';

const APPLICATION = /(?:^|\/)ebin\/[^/]+\.app$/;

/**
 * Erlang and Elixir: the applications that lie in releases and build folders, else what lock files name. Nothing in a release says
 * where an application came from, and nearly all that neither Erlang nor Elixir brings are from Hex, so they are named as such.
 */
export const hex = installedAnalyzer({
  id: 'hex',
  version: 1,
  support: {
    title: 'Erlang and Elixir',
    kind: 'language',
    purlTypes: ['hex', 'otp'],
    reads: [
      {
        file: 'ebin/*.app (releases, OTP, Elixir, build folders)',
        states: 'installed',
        licenses: true,
        relations: true,
      },
      { file: 'mix.lock', states: 'locked', relations: true },
      { file: 'rebar.lock', states: 'locked', direct: true },
    ],
  },
  claims: { names: ['mix.lock', 'rebar.lock'], suffixes: ['.app'] },
  kindOf,
  parse: (bytes, path) => {
    if (path.endsWith('.app')) return parseApplication(bytes);
    return path.endsWith('mix.lock') ? parseMixLock(bytes) : parseRebarLock(bytes);
  },
  toFound: ({ name, version }): FoundPackage => {
    const repository = ERLANG_APPLICATIONS.has(name) ? ERLANG : ELIXIR_APPLICATIONS.has(name) ? ELIXIR : undefined;
    if (repository !== undefined) {
      return { type: 'otp', name: name.toLowerCase(), version, qualifiers: { repository_url: repository } };
    }
    const slash = name.lastIndexOf('/');
    return slash === -1
      ? { type: 'hex', name, version }
      : { type: 'hex', namespace: name.slice(0, slash), name: name.slice(slash + 1), fullName: name, version };
  },
  // Two folders above ebin/: a release's, OTP's or a project's library folder.
  homeOf: (path) => path.split('/').slice(0, -3).join('/'),
  isCarried: (name) => ERLANG_APPLICATIONS.has(name) || ELIXIR_APPLICATIONS.has(name),
});

const ERLANG = 'https://github.com/erlang/otp';
const ELIXIR = 'https://github.com/elixir-lang/elixir';

/** Dependencies that mix and rebar3 fetched carry lock files of their own development. */
function kindOf(path: string): InstalledEvidence['kind'] | undefined {
  if (path.endsWith('.app')) return APPLICATION.test(path) ? 'installed' : undefined;
  return /(?:^|\/)(?:deps|_build)\//.test(path) ? undefined : 'lock';
}
