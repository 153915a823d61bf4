import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type PacmanPackage = {
  readonly name: string;
  /** `[epoch:]version-release`. */
  readonly version: string;
  readonly architecture: string | null;
  /** Name of the source package (pkgbase) that it was split from. */
  readonly base: string | null;
  readonly licenses: readonly string[];
  readonly needs: readonly string[];
  readonly provides: readonly string[];
  /** Whether somebody asked for it; otherwise it came as a dependency. */
  readonly explicit: boolean;
};

export type DescResult =
  | { readonly package: PacmanPackage }
  | { readonly code: 'unreadable' | 'limit-exceeded'; readonly fault: string };

/**
 * `desc` of pacman's local database: `%NAME%` on a line, its values below, a blank line after them.
 * https://gitlab.archlinux.org/pacman/pacman/-/blob/master/lib/libalpm/be_local.c
 */
export function parseDesc(file: Readable): DescResult {
  const sections = new Map<string, string[]>();
  let values: string[] | undefined;
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    const header = /^%([A-Z0-9]{1,32})%$/.exec(line)?.[1];
    if (header !== undefined) {
      values = SECTIONS.has(header) && !sections.has(header) ? [] : undefined;
      if (values !== undefined) sections.set(header, values);
    } else if (line === '') values = undefined;
    else if (values !== undefined && values.length < limits.needsPerPackageMax) values.push(line);
    return true;
  });
  const first = (section: string): string | undefined => sections.get(section)?.[0];
  const name = identifierOf(first('NAME'), limits.nameCharsMax);
  const version = identifierOf(first('VERSION'), limits.versionCharsMax);
  if (outcome !== 'whole') return { code: 'limit-exceeded', fault: 'longer than textFileBytesMax or lineBytesMax' };
  if (name === undefined || version === undefined) {
    return { code: 'unreadable', fault: 'the description has no readable %NAME% and %VERSION%' };
  }
  return {
    package: {
      name,
      version,
      architecture: identifierOf(first('ARCH'), limits.nameCharsMax) ?? null,
      base: identifierOf(first('BASE'), limits.nameCharsMax) ?? null,
      licenses: (sections.get('LICENSE') ?? [])
        .map((license) => cleanText(license, limits.licenseCharsMax))
        .slice(0, limits.licensesPerPackageMax),
      needs: toNames(sections.get('DEPENDS')),
      provides: toNames(sections.get('PROVIDES')),
      explicit: first('REASON') !== '1',
    },
  };
}

const SECTIONS = new Set(['NAME', 'VERSION', 'BASE', 'ARCH', 'LICENSE', 'DEPENDS', 'PROVIDES', 'REASON']);

/** `glibc>=2.38`, `libreadline.so=8-64` → the name. */
function toNames(values: readonly string[] | undefined): readonly string[] {
  const names = (values ?? []).flatMap((value) => identifierOf(/^[^<>=]*/.exec(value)?.[0], limits.nameCharsMax) ?? []);
  return [...new Set(names)];
}

/** `files` beside `desc`: below `%FILES%` one path a line, folders with a slash at the end. */
export function parseFiles(
  file: Readable,
  keep: (path: string) => boolean,
): { readonly files: readonly string[]; readonly outcome: LinesOutcome } {
  const files: string[] = [];
  let inside = false;
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.pathCharsMax };
  const outcome = readLines(file, bounds, (line) => {
    if (line.startsWith('%') && line.endsWith('%')) inside = line === '%FILES%';
    else if (inside && line !== '' && !line.endsWith('/') && keep(line)) files.push(line);
    return files.length < limits.ownedPathsPerFileMax;
  });
  return { files, outcome };
}
