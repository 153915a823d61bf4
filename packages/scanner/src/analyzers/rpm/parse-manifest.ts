import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { parseSourceRpm } from '../source-rpm.ts';
import type { RpmPackage } from './evidence.ts';

export interface Manifest {
  readonly packages: readonly RpmPackage[];
  readonly faults: readonly string[];
  readonly outcome: LinesOutcome;
}

const FAULTS_MAX = 20;

/**
 * `container-manifest-2` of distroless images of CBL-Mariner and Azure Linux: name, version-release, two times, vendor, epoch
 * or `(none)`, size, architecture, epoch as a number and source package, separated by tabs.
 * https://github.com/microsoft/CBL-Mariner/blob/2.0/toolkit/tools/pkg/rpm/rpm.go
 */
export function parseManifest(file: Readable): Manifest {
  return parseLines(file, (line) => {
    const [name, version, , , , epoch, , architecture, , source] = line.split('\t');
    return toPackage({ name, version, epoch, architecture, source });
  });
}

/** `container-manifest-1`: what `rpm -qa` prints, `name-version-release.architecture`. It states no epoch and no source. */
export function parseNameList(file: Readable): Manifest {
  return parseLines(file, (line) => {
    const dot = line.lastIndexOf('.');
    // The same form as a source package's, so it is split by the same rule.
    const split = dot > 0 ? parseSourceRpm(`${line.slice(0, dot)}.src.rpm`) : undefined;
    return toPackage({ name: split?.name, version: split?.version, architecture: line.slice(dot + 1) });
  });
}

function parseLines(file: Readable, toFound: (line: string) => RpmPackage | undefined): Manifest {
  const packages: RpmPackage[] = [];
  const faults: string[] = [];
  const bounds = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    if (line.trim() === '') return true;
    const found = toFound(line);
    if (found !== undefined) packages.push(found);
    else if (faults.length < FAULTS_MAX)
      faults.push('a line of the manifest has no readable name, version and release');
    return packages.length < limits.packagesPerFileMax;
  });
  return { packages: packages.filter(({ name }) => name !== 'gpg-pubkey'), faults, outcome };
}

type Stated = { readonly [field in 'name' | 'version' | 'epoch' | 'architecture' | 'source']?: string | undefined };

function toPackage(stated: Stated): RpmPackage | undefined {
  const name = identifierOf(stated.name, limits.nameCharsMax);
  const version = identifierOf(stated.version, limits.versionCharsMax);
  if (name === undefined || version === undefined) return undefined;
  return {
    name,
    version,
    epoch: /^\d{1,9}$/.test(stated.epoch ?? '') ? Number(stated.epoch) : 0,
    architecture: identifierOf(knownOf(stated.architecture), limits.nameCharsMax) ?? null,
    source: identifierOf(knownOf(stated.source), limits.nameCharsMax) ?? null,
    license: null,
    module: null,
    files: [],
  };
}

/** rpm prints `(none)` for a tag that is not there. */
function knownOf(text: string | undefined): string | undefined {
  return text === '(none)' ? undefined : text;
}
