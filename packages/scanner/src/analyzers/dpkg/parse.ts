import { readStanzas } from '../../formats/deb822/index.ts';
import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type DpkgPackage = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string | null;
  readonly source: { readonly name: string; readonly version: string };
  /** `partial`: unpacking broke off, so some of its files may be missing. */
  readonly state: 'present' | 'partial';
  /** Depends and Pre-Depends by name, alternatives separated by `|`. */
  readonly needs?: readonly string[];
  /** Virtual packages that it provides. */
  readonly provides?: readonly string[];
};

export interface DpkgStatus {
  readonly packages: readonly DpkgPackage[];
  /** Stanzas that were understood, those of removed packages included. */
  readonly stanzas: number;
  /** One line each: stanzas that are no package. */
  readonly faults: readonly string[];
  readonly outcome: LinesOutcome;
}

/** The fields that are kept of a stanza; descriptions and conffiles are most of the file. */
const FIELDS = new Set([
  'package',
  'status',
  'version',
  'source',
  'architecture',
  'depends',
  'pre-depends',
  'provides',
]);
const FAULTS_MAX = 20;

/** Parses dpkg's status file, or one stanza of distroless' status.d. */
export function parseStatus(file: Readable): DpkgStatus {
  const packages: DpkgPackage[] = [];
  const faults: string[] = [];
  let stanzas = 0;
  const bounds = { fileBytesMax: limits.packageDatabaseBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readStanzas(file, bounds, FIELDS, (stanza) => {
    const read = toPackage(stanza);
    if (read.kind === 'fault') {
      if (faults.length < FAULTS_MAX) faults.push(read.reason);
      return true;
    }
    stanzas += 1;
    if (read.kind === 'package') packages.push(read.package);
    return packages.length < limits.packagesPerFileMax;
  });
  return { packages, stanzas, faults, outcome };
}

type Stanza =
  | { readonly kind: 'package'; readonly package: DpkgPackage }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault'; readonly reason: string };

function toPackage(stanza: ReadonlyMap<string, string>): Stanza {
  const name = identifierOf(stanza.get('package'), limits.nameCharsMax);
  if (name === undefined) return { kind: 'fault', reason: 'a stanza has no readable Package field' };
  const state = stateOf(stanza.get('status'));
  if (state === 'absent') return { kind: 'absent' };
  const version = identifierOf(stanza.get('version'), limits.versionCharsMax);
  if (version === undefined) return { kind: 'fault', reason: `package ${name} has no readable Version field` };
  const needs = parseNames([stanza.get('pre-depends'), stanza.get('depends')]);
  const provides = parseNames([stanza.get('provides')]);
  return {
    kind: 'package',
    package: {
      name,
      version,
      architecture: identifierOf(stanza.get('architecture'), limits.nameCharsMax) ?? null,
      source: toSource(stanza.get('source'), name, version),
      state,
      ...(needs.length === 0 ? {} : { needs }),
      ...(provides.length === 0 ? {} : { provides }),
    },
  };
}

/**
 * `Status: want flag state` of dpkg(1). Everything between `unpacked` and `installed` has all its files in place (images
 * made with `dpkg --unpack` stay there), `half-installed` may have some of them, `config-files` and `not-installed` have none.
 * status.d of distroless images has no Status field; dpkg itself never writes a stanza without one.
 */
function stateOf(status: string | undefined): DpkgPackage['state'] | 'absent' {
  const state = status?.split(/\s+/)[2];
  if (state === 'config-files' || state === 'not-installed') return 'absent';
  return state === 'half-installed' ? 'partial' : 'present';
}

/** `Source: glibc (2.36-9)`: a binary-only rebuild (`+b1`) states the version of its source here; without one it is the package's own. */
function toSource(text: string | undefined, name: string, version: string): DpkgPackage['source'] {
  const match = /^(\S+)(?:\s+\(([^()\s]+)\))?$/.exec(text ?? '');
  return {
    name: identifierOf(match?.[1], limits.nameCharsMax) ?? name,
    version: identifierOf(match?.[2], limits.versionCharsMax) ?? version,
  };
}

/**
 * Names of a relationship field: `libc6 (>= 2.36), debconf | debconf-2.0, perl:any` → `libc6`, `debconf|debconf-2.0`, `perl`.
 * https://www.debian.org/doc/debian-policy/ch-relationships.html
 */
function parseNames(fields: readonly (string | undefined)[]): readonly string[] {
  const names = fields.flatMap((field) => (field === undefined ? [] : field.split(',')));
  const clean = names.slice(0, limits.needsPerPackageMax).flatMap((group) => {
    const alternatives = group.split('|').flatMap((alternative) => PACKAGE_NAME.exec(alternative.trim())?.[0] ?? []);
    const joined = alternatives.join('|');
    return joined === '' || joined.length > limits.nameCharsMax ? [] : [joined];
  });
  return [...new Set(clean)];
}

const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9+.-]*/;

export interface OwnedPaths {
  readonly files: readonly string[];
  readonly outcome: LinesOutcome;
}

/** `info/<package>.list`: one absolute path a line, folders before what is in them. */
export function parseFileList(file: Readable, keep: (path: string) => boolean): OwnedPaths {
  return collectPaths(file, (line) => line.replace(/^\/+/, ''), keep);
}

/** `status.d/<package>.md5sums` of distroless images: digest, two spaces, path without leading slash. */
export function parseMd5sums(file: Readable, keep: (path: string) => boolean): OwnedPaths {
  return collectPaths(
    file,
    (line) => /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1]?.replace(/^(?:\.?\/)+/, '') ?? '',
    keep,
  );
}

function collectPaths(file: Readable, toPath: (line: string) => string, keep: (path: string) => boolean): OwnedPaths {
  const files: string[] = [];
  // A folder is known by the entry after it, so each path waits for the next one.
  let waiting = '';
  const settle = (next: string): boolean => {
    if (waiting !== '' && !next.startsWith(`${waiting}/`) && keep(waiting)) files.push(waiting);
    waiting = next;
    return files.length < limits.ownedPathsPerFileMax;
  };
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.pathCharsMax };
  const outcome = readLines(file, bounds, (line) => {
    const path = toPath(line);
    return path === '' || path === '.' ? true : settle(path);
  });
  settle('');
  return { files, outcome };
}
