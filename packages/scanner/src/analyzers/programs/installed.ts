import type { Package } from '@hullcheck/core';
import { documents } from './documents.ts';
import { recognisers } from './recognisers.ts';

/**
 * Beginnings of the paths that the build of a found program installs: Python's compiled modules, the tools of PostgreSQL,
 * all below a JDK. Folders end in a slash.
 */
export function installedBy({ purl, version, paths }: Package): readonly string[] {
  return paths.flatMap((path) => {
    const base = path.slice(path.lastIndexOf('/') + 1);
    const [document] = documents.filter(({ name, purl: of }) => name === base && purl.startsWith(`pkg:${of}@`));
    if (document !== undefined) {
      const root = document.rootAbove === null ? '' : above(path, document.rootAbove);
      return root === '' ? [] : [root];
    }
    const [recogniser] = recognisers.filter(({ files, purl: of }) => files.test(base) && purl.startsWith(`pkg:${of}@`));
    // Debian's and Red Hat's library folders may lie one deeper; nothing of theirs is without an owner.
    const root = above(path, 2);
    return (recogniser?.installs ?? []).map(
      (begin) => `${root}${begin.replace('{version}', version).replace('{minor}', minorOf(version))}`,
    );
  });
}

/** `a/b/` of `a/b/c/d` and 2; empty at the root and above it. */
function above(path: string, folders: number): string {
  const names = path.split('/');
  return names.length <= folders
    ? ''
    : names
        .slice(0, names.length - folders)
        .map((name) => `${name}/`)
        .join('');
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
