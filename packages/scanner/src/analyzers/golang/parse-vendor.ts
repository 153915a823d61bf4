import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { GoFileFault } from './parse.ts';

export type GoVendor = {
  readonly kind: 'vendor';
  /** Modules of which code was copied; `required` is the name in go.mod where another module replaces that. */
  readonly modules: readonly { readonly path: string; readonly version: string; readonly required: string }[];
};

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

type Vendored = GoVendor['modules'][number] & { packages: boolean };

/**
 * vendor/modules.txt: a line `# path version [=> path version]` for each module, then one with two signs about it, then the
 * packages that were copied. Modules without a package have no code here. https://go.dev/ref/mod#vendoring
 */
export function parseGoVendor(file: Readable): GoVendor | GoFileFault {
  const modules: Vendored[] = [];
  let last: Vendored | undefined;
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.startsWith('# ')) {
      last = toVendored(line.slice(2));
      if (last !== undefined) modules.push(last);
    } else if (last !== undefined && !line.startsWith('#') && line.trim() !== '') last.packages = true;
    return modules.length < limits.packagesPerFileMax;
  });
  if (outcome !== 'whole')
    return {
      fault: 'modules.txt is above lockFileBytesMax, lineBytesMax or packagesPerFileMax',
      code: 'limit-exceeded',
    };
  return {
    kind: 'vendor',
    modules: modules
      .filter(({ packages }) => packages)
      .map(({ path, version, required }) => ({ path, version, required })),
  };
}

/** What stands behind an arrow was copied; a folder there has no version to judge. */
function toVendored(text: string): Vendored | undefined {
  const [stated = '', replacement] = text.split(' => ');
  const [path, version] = (replacement ?? stated).trim().split(/\s+/);
  const name = identifierOf(path, limits.nameCharsMax);
  const number = identifierOf(version, limits.versionCharsMax);
  const required = identifierOf(stated.trim().split(/\s+/, 1)[0], limits.nameCharsMax);
  if (name === undefined || number === undefined || required === undefined || !/^v\d/.test(number)) return undefined;
  return { path: name, version: number, required, packages: false };
}
