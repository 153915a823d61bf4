import type { RpmHeader } from '../../formats/rpm-header/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { RpmPackage } from './evidence.ts';

/** https://github.com/rpm-software-management/rpm/blob/master/include/rpm/rpmtag.h */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  license: 1014,
  architecture: 1022,
  oldFileNames: 1027,
  fileStates: 1029,
  fileModes: 1030,
  sourceRpm: 1044,
  provideName: 1047,
  requireName: 1049,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
  modularityLabel: 5096,
} as const;

/** Signing keys are kept in the same table, as packages of this name. */
const KEY_NAME = 'gpg-pubkey';
/** State of a file that lies where the package put it; 1 to 4 and 255 are replaced, left out, of another system, of another architecture, unknown. */
const STATE_NORMAL = 0;
const MODE_TYPE = 0o170000;
const MODE_FOLDER = 0o040000;

export type ParsedHeader =
  | {
      readonly kind: 'package';
      readonly package: RpmPackage;
      readonly requires: readonly string[];
      readonly provides: readonly string[];
      /** Every file that is there, as absolute path. */
      readonly paths: readonly string[];
    }
  | { readonly kind: 'key' }
  | { readonly kind: 'fault'; readonly reason: string };

/** The package that a header describes. `files` of it is empty: which of its paths matter is not the header's to say. */
export function parseHeader(header: RpmHeader): ParsedHeader {
  const name = identifierOf(header.text(TAG.name), limits.nameCharsMax);
  if (name === undefined) return { kind: 'fault', reason: 'a package has no readable name' };
  if (name === KEY_NAME) return { kind: 'key' };
  const release = header.text(TAG.release);
  const stated = [header.text(TAG.version), release].filter((part) => part !== undefined).join('-');
  const version = release === undefined ? undefined : identifierOf(stated, limits.versionCharsMax);
  if (version === undefined) return { kind: 'fault', reason: `package ${name} has no readable version and release` };
  return {
    kind: 'package',
    package: {
      name,
      version,
      epoch: header.numbers(TAG.epoch)[0] ?? 0,
      architecture: identifierOf(header.text(TAG.architecture), limits.nameCharsMax) ?? null,
      source: identifierOf(header.text(TAG.sourceRpm), limits.nameCharsMax) ?? null,
      license: cleanText(header.text(TAG.license) ?? '', limits.licenseCharsMax) || null,
      module: identifierOf(header.text(TAG.modularityLabel), limits.nameCharsMax) ?? null,
      files: [],
    },
    requires: header.texts(TAG.requireName),
    provides: header.texts(TAG.provideName),
    paths: pathsOf(header),
  };
}

/** Files are stated as folder and base name; packages of rpm 3 state whole paths. */
function pathsOf(header: RpmHeader): readonly string[] {
  const bases = header.texts(TAG.baseNames);
  const folders = header.texts(TAG.directoryNames);
  const indexes = header.numbers(TAG.directoryIndexes);
  const all =
    bases.length > 0
      ? bases.map((base, at) => `${folders[indexes[at] ?? -1] ?? ''}${base}`)
      : header.texts(TAG.oldFileNames);
  const states = header.numbers(TAG.fileStates);
  const modes = header.numbers(TAG.fileModes);
  return all.filter(
    (path, at) =>
      path.startsWith('/') &&
      (states[at] ?? STATE_NORMAL) === STATE_NORMAL &&
      ((modes[at] ?? 0) & MODE_TYPE) !== MODE_FOLDER,
  );
}
