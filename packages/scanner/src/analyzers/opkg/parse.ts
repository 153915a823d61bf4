import { readStanzas } from '../../formats/deb822/index.ts';
import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type OpkgPackage = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string | null;
  readonly needs: readonly string[];
  readonly provides: readonly string[];
  /** Whether it came only because another needed it. */
  readonly automatic: boolean;
};

export interface OpkgStatus {
  readonly packages: readonly OpkgPackage[];
  readonly stanzas: number;
  readonly faults: readonly string[];
  readonly outcome: LinesOutcome;
}

const FIELDS = new Set(['package', 'version', 'status', 'architecture', 'depends', 'provides', 'auto-installed']);
const FAULTS_MAX = 20;

/** opkg's status: dpkg's format with fewer fields. https://git.yoctoproject.org/opkg/tree/libopkg/pkg_parse.c */
export function parseStatus(file: Readable): OpkgStatus {
  const packages: OpkgPackage[] = [];
  const faults: string[] = [];
  let stanzas = 0;
  const bounds = { fileBytesMax: limits.packageDatabaseBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readStanzas(file, bounds, FIELDS, (stanza) => {
    const name = identifierOf(stanza.get('package'), limits.nameCharsMax);
    const version = identifierOf(stanza.get('version'), limits.versionCharsMax);
    const state = stanza.get('status')?.split(/\s+/)[2];
    if (name === undefined) {
      if (faults.length < FAULTS_MAX) faults.push('a stanza has no readable Package field');
      return true;
    }
    stanzas += 1;
    if (state === 'not-installed' || state === 'config-files') return true;
    if (version === undefined) {
      if (faults.length < FAULTS_MAX) faults.push(`package ${name} has no readable Version field`);
      return true;
    }
    packages.push({
      name,
      version,
      architecture: identifierOf(stanza.get('architecture'), limits.nameCharsMax) ?? null,
      needs: toNames(stanza.get('depends')),
      provides: toNames(stanza.get('provides')),
      automatic: stanza.get('auto-installed') === 'yes',
    });
    return packages.length < limits.packagesPerFileMax;
  });
  return { packages, stanzas, faults, outcome };
}

/** `libc, kernel (= 5.15.167-1), a | b` → names, alternatives separated by `|`. */
function toNames(field: string | undefined): readonly string[] {
  const groups = (field ?? '').split(',').slice(0, limits.needsPerPackageMax);
  const names = groups.flatMap((group) => {
    const alternatives = group.split('|').flatMap((text) => /^[^\s(]+/.exec(text.trim())?.[0] ?? []);
    return identifierOf(alternatives.join('|'), limits.nameCharsMax) ?? [];
  });
  return [...new Set(names)];
}

/** `info/<package>.list`: one absolute path a line, or with size and mode behind a tab. */
export function parseFileList(
  file: Readable,
  keep: (path: string) => boolean,
): { readonly files: readonly string[]; readonly outcome: LinesOutcome } {
  const files: string[] = [];
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    const path = (line.split('\t', 1)[0] ?? '').replace(/^\/+/, '');
    if (path !== '' && keep(path)) files.push(path);
    return files.length < limits.ownedPathsPerFileMax;
  });
  return { files, outcome };
}

/** The `License` of a control file of `info/`; opkg's status does not repeat it. */
export function parseControlLicense(file: Readable): string | null {
  let license = '';
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
  readStanzas(file, bounds, new Set(['license']), (stanza) => {
    license = stanza.get('license') ?? '';
    return false;
  });
  return cleanText(license, limits.licenseCharsMax) || null;
}
