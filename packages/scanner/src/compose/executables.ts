import type { Executables, Package } from '@hullcheck/core';
import { installedBy } from '../analyzers/programs/installed.ts';
import { limits } from './limits.ts';

/** One executable of the composed image. */
export interface Executable {
  readonly path: string;
  readonly layer: number;
  readonly bytes: number;
  /** Checksum of its first page. */
  readonly head: number;
}

/**
 * Weighs the executables and those that nothing explains: no package of the operating system owns them, no package is
 * found in them, and they lie in no folder of a package. Hard links (same layer, size and first page) count once, and
 * one explained name explains the file.
 */
export function weighExecutables(
  executables: readonly Executable[],
  packages: readonly Package[],
  ownerOf: (path: string) => string | undefined,
): Executables {
  const explains = explainedPaths(packages);
  const contents = new Map<string, { readonly path: string; readonly bytes: number; explained: boolean }>();
  for (const { path, layer, bytes, head } of executables) {
    const key = `${layer} ${bytes} ${head}`;
    const known = contents.get(key);
    const explained = known?.explained === true || ownerOf(path) !== undefined || explains(path);
    if (known === undefined) contents.set(key, { path, bytes, explained });
    else known.explained = explained;
  }
  const all = [...contents.values()];
  const unclaimed = all.filter(({ explained }) => !explained);
  return {
    files: all.length,
    bytes: sum(all),
    unclaimed: {
      files: unclaimed.length,
      bytes: sum(unclaimed),
      largest: unclaimed
        .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
        .slice(0, limits.unclaimedListedMax)
        .map(({ path, bytes }) => ({ path, bytes })),
    },
  };
}

function sum(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

/** Whether a package is found in the file itself, or the file lies where a package put its files. */
function explainedPaths(packages: readonly Package[]): (path: string) => boolean {
  const files = new Set<string>();
  const folders = new Set<string>();
  const beginnings = new Set<string>();
  for (const pkg of packages) {
    for (const path of pkg.paths) {
      files.add(path);
      for (const folder of foldersOf(pkg.type, path)) folders.add(folder);
    }
    if (pkg.analyzer !== 'programs') continue;
    for (const begin of installedBy(pkg)) {
      if (begin.endsWith('/')) folders.add(begin);
      else if (beginnings.size < limits.installedBeginningsMax) beginnings.add(begin);
    }
  }
  return (path) => {
    if (files.has(path)) return true;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      if (folders.has(path.slice(0, slash + 1))) return true;
    }
    for (const begin of beginnings) if (path.startsWith(begin)) return true;
    return false;
  };
}

/**
 * Folders that belong to a package by where the file that proves it lies. Lock files and manifests of projects prove
 * nothing of the programs beside them, and explain none.
 */
const FOLDER_RULES: readonly {
  readonly types: readonly string[];
  readonly file: RegExp;
  readonly folders: readonly string[];
}[] = [
  // Scripts of packages may be programs (Debian's bash.preinst is one), and no list names them.
  { types: ['deb'], file: /^(var\/lib\/dpkg)\/status$/, folders: ['$1/info/'] },
  { types: ['npm'], file: /^(.*?(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/, folders: ['$1/'] },
  // Wheels list their files in RECORD; what lies beside them in these folders came the same way.
  { types: ['pypi'], file: /^(.*?(?:^|\/)(?:site|dist)-packages)\//, folders: ['$1/'] },
  {
    types: ['gem'],
    file: /^(.*?)\/specifications\/(?:default\/)?([^/]+)\.gemspec$/,
    folders: ['$1/gems/$2/', '$1/extensions/'],
  },
  { types: ['cran'], file: /^(.*?(?:^|\/)(?:site-)?library\/[^/]+)\/DESCRIPTION$/, folders: ['$1/'] },
  { types: ['hex', 'otp'], file: /^(.*\/[^/]+)\/ebin\/[^/]+\.app$/, folders: ['$1/'] },
  { types: ['conda'], file: /^(.*?)\/conda-meta\/[^/]+\.json$/, folders: ['$1/'] },
  { types: ['bitnami'], file: /^(.*?)\/\.spdx-[^/]+\.spdx$/, folders: ['$1/'] },
];

function foldersOf(type: string, path: string): readonly string[] {
  return FOLDER_RULES.flatMap(({ types, file, folders }) => {
    if (!types.includes(type)) return [];
    const match = file.exec(path);
    return match === null
      ? []
      : folders.map((folder) => folder.replace('$1', match[1] ?? '').replace('$2', match[2] ?? ''));
  });
}
