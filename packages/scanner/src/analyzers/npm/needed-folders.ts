import type { ImageView } from '@hullcheck/core';
import type { NpmEvidence } from './index.ts';
import { DEBIAN_FOLDER, folderOf } from './paths.ts';

const MODULES = 'node_modules';

/** Looking for needs stops here, for all packages of an image together: two thousand packages take some ten thousand looks. */
const LOOKS_MAX = 2_000_000;

/**
 * The folder that a package gets when it asks for a name: in the nearest node_modules upward, through links, which is how pnpm gives each
 * package its own. https://nodejs.org/api/modules.html#loading-from-node_modules-folders
 */
export function neededFolders(
  installed: ReadonlyMap<string, unknown>,
  view: ImageView<NpmEvidence>,
): (folder: string, name: string) => string | undefined {
  let looks = 0;
  const known = (candidate: string): string | undefined => {
    looks += 1;
    if (installed.has(candidate)) return candidate;
    const real = view.realPath(candidate);
    return real !== candidate && installed.has(real) ? real : undefined;
  };
  return (folder, name) => {
    for (let above = folder; looks < LOOKS_MAX; above = folderOf(above)) {
      // A folder named node_modules has none inside.
      if (above !== MODULES && !above.endsWith(`/${MODULES}`)) {
        const found = known(above === '' ? `${MODULES}/${name}` : `${above}/${MODULES}/${name}`);
        if (found !== undefined) return found;
      }
      if (above === '') break;
    }
    const ofDebian = `${DEBIAN_FOLDER}${name}`;
    return installed.has(ofDebian) ? ofDebian : undefined;
  };
}
