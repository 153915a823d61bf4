/** Where Debian's node packages install what elsewhere lies in a node_modules folder. */
export const DEBIAN_FOLDER = 'usr/share/nodejs/';

const MODULES = 'node_modules/';

/** Folders in which packages carry made-up dependencies for their own tests. */
const FIXTURE_FOLDERS = new Set(['test', 'tests', '__tests__', 'fixtures', '__fixtures__', 'testdata']);

export interface InstalledPlace {
  /** The package's folder: `app/node_modules/@scope/name`. */
  readonly folder: string;
  /** The folder that has the outermost node_modules: `app`; empty for the root. */
  readonly project: string;
}

/**
 * The place of an installed package by the path of its package.json; undefined for every other package.json: an
 * application's own, one deeper inside a package (`dist/esm/package.json`), a fixture.
 */
export function installedPlace(path: string): InstalledPlace | undefined {
  const folder = folderOf(path);
  const last = lastModules(folder);
  if (last === undefined) {
    if (!folder.startsWith(DEBIAN_FOLDER) || !isPackageName(folder.slice(DEBIAN_FOLDER.length))) return undefined;
    return { folder, project: DEBIAN_FOLDER.slice(0, -1) };
  }
  if (!isPackageName(folder.slice(last))) return undefined;
  const first = firstModules(folder);
  const between = folder.slice(first, Math.max(first, last - MODULES.length)).split('/');
  if (between.some((segment) => FIXTURE_FOLDERS.has(segment))) return undefined;
  return { folder, project: folder.slice(0, first - MODULES.length).replace(/\/$/, '') };
}

/** Whether the path lies in an installed package, where manifests and lock files describe nothing that is installed. */
export function isInsidePackage(path: string): boolean {
  return lastModules(folderOf(path)) !== undefined || path.startsWith(DEBIAN_FOLDER);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function isPackageName(rest: string): boolean {
  return /^(?:@[^/.@][^/]*\/)?[^/.@][^/]*$/.test(rest);
}

/** Index after the last `node_modules/` that starts a segment. */
function lastModules(folder: string): number | undefined {
  for (let at = folder.lastIndexOf(MODULES); at !== -1; at = at === 0 ? -1 : folder.lastIndexOf(MODULES, at - 1)) {
    if (at === 0 || folder[at - 1] === '/') return at + MODULES.length;
  }
  return undefined;
}

function firstModules(folder: string): number {
  if (folder.startsWith(MODULES)) return MODULES.length;
  return folder.indexOf(`/${MODULES}`) + 1 + MODULES.length;
}
