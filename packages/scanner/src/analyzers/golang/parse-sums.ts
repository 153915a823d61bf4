import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { GoFileFault } from './parse.ts';

export type GoSums = {
  readonly kind: 'sums';
  readonly modules: readonly { readonly path: string; readonly version: string }[];
};

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

/**
 * go.sum: `path version h1:…` of each module whose code was wanted, and `path version/go.mod h1:…` of each whose requirements were
 * read, older versions among them; only the former are taken. https://go.dev/ref/mod#go-sum-files
 */
export function parseGoSums(file: Readable): GoSums | GoFileFault {
  const modules: { readonly path: string; readonly version: string }[] = [];
  let broken = false;
  const outcome = readLines(file, BOUNDS, (line) => {
    const [path, version, sum, more] = line.trim().split(/\s+/);
    if (path === '') return true;
    broken = sum === undefined || more !== undefined;
    const name = identifierOf(path, limits.nameCharsMax);
    const stated = identifierOf(version, limits.versionCharsMax);
    if (!broken && name !== undefined && stated !== undefined && /^v\d/.test(stated) && !stated.endsWith('/go.mod'))
      modules.push({ path: name, version: stated });
    return !broken && modules.length < limits.packagesPerFileMax;
  });
  if (broken) return { fault: 'a line of go.sum has not three fields', code: 'unreadable' };
  return outcome === 'whole'
    ? { kind: 'sums', modules }
    : { fault: 'go.sum is above lockFileBytesMax, lineBytesMax or packagesPerFileMax', code: 'limit-exceeded' };
}
