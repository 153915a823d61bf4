import { type LinesOutcome, type Readable, readLines, readWhole } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type Ebuild = {
  /** `app-misc`. */
  readonly category: string;
  readonly name: string;
  /** Version with revision: `1.3.1-r2`. */
  readonly version: string;
};

/**
 * Splits `zlib-1.3.1-r2`: the version starts at the last hyphen before a digit from which on everything is one version.
 * https://projects.gentoo.org/pms/8/pms.html#version-specifications
 */
export function parsePackageFolder(category: string, folder: string): Ebuild | undefined {
  const match = /^(.+?)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)$/.exec(
    folder.slice(0, limits.nameCharsMax),
  );
  const name = identifierOf(match?.[1], limits.nameCharsMax);
  const version = identifierOf(match?.[2], limits.versionCharsMax);
  if (name === undefined || version === undefined || !/^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/.test(category)) return undefined;
  return { category, name, version };
}

/** `CONTENTS`: `obj <path> <md5> <mtime>` and `sym <path> -> <target> <mtime>`; paths may hold blanks. */
export function parseContents(
  file: Readable,
  keep: (path: string) => boolean,
): { readonly files: readonly string[]; readonly outcome: LinesOutcome } {
  const files: string[] = [];
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    const path = objectPath(line);
    if (path !== undefined && keep(path)) files.push(path);
    return files.length < limits.ownedPathsPerFileMax;
  });
  return { files, outcome };
}

function objectPath(line: string): string | undefined {
  if (line.startsWith('obj /')) {
    const end = line.lastIndexOf(' ', line.lastIndexOf(' ') - 1);
    return end > 5 ? line.slice(5, end) : undefined;
  }
  if (!line.startsWith('sym /')) return undefined;
  const arrow = line.indexOf(' -> ');
  return arrow === -1 ? undefined : line.slice(5, arrow);
}

/** The one line of `LICENSE`, an expression whose flags are resolved: `|| ( MIT Apache-2.0 ) BSD`. */
export function parseLicense(file: Readable): readonly string[] {
  const names = textOf(file)
    .split(/\s+/)
    .filter((word) => /^[A-Za-z0-9]/.test(word))
    .map((word) => cleanText(word, limits.licenseCharsMax));
  return [...new Set(names)].slice(0, limits.licensesPerPackageMax);
}

/**
 * `category/name` of each atom of RDEPEND or of the world file: `>=dev-libs/openssl-1.1.1:0=[static-libs]`. Blockers are left
 * out. An operator is what says that a version follows the name.
 */
export function parseAtoms(file: Readable): readonly string[] {
  const atoms = new Set<string>();
  for (const word of textOf(file).split(/\s+/)) {
    const match = /^([<>=~]*)([A-Za-z0-9_][A-Za-z0-9+_.-]*)\/([A-Za-z0-9_][A-Za-z0-9+_.-]*)/.exec(word);
    const [, operator, category, rest] = match ?? [];
    if (category === undefined || rest === undefined) continue;
    const name = operator === '' ? rest : (parsePackageFolder(category, rest.replace(/\.$/, ''))?.name ?? rest);
    const atom = identifierOf(`${category}/${name}`, limits.nameCharsMax);
    if (atom !== undefined && atoms.size < limits.needsPerPackageMax) atoms.add(atom);
  }
  return [...atoms];
}

const decoder = new TextDecoder('utf-8');

/** Nothing where the file is above the limit: licences and dependencies are no reason to call a package unreadable. */
function textOf(file: Readable): string {
  const bytes = readWhole(file, limits.lineBytesMax);
  return bytes === undefined ? '' : decoder.decode(bytes);
}
