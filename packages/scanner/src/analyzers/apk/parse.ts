import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type ApkPackage = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string | null;
  /** Name of the source package (aport) that it was built from. */
  readonly origin: string | null;
  readonly license: string | null;
  /** Owned paths that may be asked for. */
  readonly files: readonly string[];
  /** Names that it needs: packages, `so:…`, `cmd:…`, paths. */
  readonly needs?: readonly string[];
  readonly provides?: readonly string[];
};

export interface ApkDatabase {
  readonly packages: readonly ApkPackage[];
  readonly faults: readonly string[];
  readonly outcome: LinesOutcome;
}

const FAULTS_MAX = 20;

/**
 * apk's `installed`: stanzas of one-letter fields, case-sensitive; `F:` opens a folder, `R:` names a file in it.
 * https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
 */
export function parseInstalled(file: Readable, keep: (path: string) => boolean): ApkDatabase {
  const packages: ApkPackage[] = [];
  const faults: string[] = [];
  let fields = new Map<string, string>();
  let files: string[] = [];
  let folder = '';
  let owned = 0;

  const close = (): boolean => {
    if (fields.size === 0) return true;
    const name = identifierOf(fields.get('P'), limits.nameCharsMax);
    const version = identifierOf(fields.get('V'), limits.versionCharsMax);
    if (name === undefined || version === undefined) {
      if (faults.length < FAULTS_MAX) faults.push('a stanza has no readable name (P) or version (V)');
    } else {
      const needs = parseNames(fields.get('D'));
      const provides = parseNames(fields.get('p'));
      packages.push({
        name,
        version,
        architecture: identifierOf(fields.get('A'), limits.nameCharsMax) ?? null,
        origin: identifierOf(fields.get('o'), limits.nameCharsMax) ?? null,
        license: cleanText(fields.get('L') ?? '', limits.licenseCharsMax) || null,
        files,
        ...(needs.length === 0 ? {} : { needs }),
        ...(provides.length === 0 ? {} : { provides }),
      });
    }
    fields = new Map();
    files = [];
    folder = '';
    return packages.length < limits.packagesPerFileMax;
  };

  const bounds = { fileBytesMax: limits.packageDatabaseBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    if (line === '') return close();
    if (line[1] !== ':') return true;
    const key = line.slice(0, 1);
    const value = line.slice(2);
    if (key === 'F') folder = value;
    else if (key === 'R') {
      const path = folder === '' ? value : `${folder}/${value}`;
      if (owned < limits.ownedPathsPerFileMax && keep(path)) {
        files.push(path);
        owned += 1;
      }
    } else if ('PVAoLDp'.includes(key) && !fields.has(key)) fields.set(key, value);
    return true;
  });
  close();
  return { packages, faults, outcome };
}

/** `D:` and `p:` hold names with an optional version range (`so:libc.so=1`, `musl>=1.2`); a `!` marks a conflict. */
function parseNames(field: string | undefined): readonly string[] {
  const words = (field ?? '').split(' ').slice(0, limits.needsPerPackageMax);
  const names = words.flatMap((word) =>
    word.startsWith('!') ? [] : (identifierOf(/^[^<>=~]*/.exec(word)?.[0], limits.nameCharsMax) ?? []),
  );
  return [...new Set(names)];
}

/** `etc/apk/world`: what was asked for, one name a line with an optional range or repository tag (`nginx>=1.2`, `curl@edge`). */
export function parseWorld(file: Readable): readonly string[] {
  const names = new Set<string>();
  readLines(file, { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax }, (line) => {
    for (const word of line.split(/\s+/)) {
      const name = word.startsWith('!') ? undefined : identifierOf(/^[^<>=~@]*/.exec(word)?.[0], limits.nameCharsMax);
      if (name !== undefined) names.add(name);
    }
    return names.size < limits.packagesPerFileMax;
  });
  return [...names];
}
