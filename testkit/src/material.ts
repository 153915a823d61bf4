import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

const folderOrUndefined = (path: string) => (existsSync(path) ? path : undefined);

/** The mirror of advisory feeds, undefined where this checkout stands alone. */
export const feedsFolder = folderOrUndefined(join(process.env.HULLCHECK_SHARED ?? join(root, '..', 'shared'), 'feeds'));

/** The scripts and inputs of the image corpus (not the built images). */
export const corpusData = folderOrUndefined(
  join(process.env.HULLCHECK_SHARED ?? join(root, '..', 'shared'), 'corpus', 'data'),
);

const corpus = process.env.HULLCHECK_CORPUS ?? '/var/tmp/hullcheck-corpus';

/** A built image as OCI layout, or undefined. */
export const corpusLayout = (name: string) => folderOrUndefined(join(corpus, 'oci', name));

/** A built image as docker archive, or undefined. */
export const corpusArchive = (name: string) => folderOrUndefined(join(corpus, 'archive', `${name}.tar`));

/** The first of the programs that is on the PATH or in the system's administration folders, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`.split(':');
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
}
