import type { ImageView, OperatingSystem, Problem, ViewFile } from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import type { ReleaseFields } from './parse.ts';

export interface OperatingSystemResolution {
  readonly operatingSystem: OperatingSystem | null;
  readonly problems: readonly Problem[];
}

/** os-release first, as its specification orders; then what distributions wrote before there was one. */
const CANDIDATES = [
  'etc/os-release',
  'usr/lib/os-release',
  'etc/alpine-release',
  'etc/rocky-release',
  'etc/almalinux-release',
  'etc/oracle-release',
  'etc/centos-release',
  'etc/fedora-release',
  'etc/redhat-release',
  'etc/system-release',
  'etc/lsb-release',
  'etc/debian_version',
];

/** What the release files say, before anything else of the image is known. */
export type ReleaseView = Pick<ImageView<ReleaseFields>, 'realPath'> & {
  readonly files: readonly Pick<ViewFile<ReleaseFields>, 'path' | 'evidence'>[];
};

/** The operating system that the visible release files state; links between them are followed inside the image. */
export function resolveOperatingSystem(view: ReleaseView): OperatingSystemResolution {
  const byPath = new Map(view.files.map((file) => [file.path, file.evidence]));
  const at = (path: string): ReleaseFields | undefined => byPath.get(view.realPath(path));
  let unnamed: string | null = null;
  for (const path of CANDIDATES) {
    const fields = at(path);
    if (fields === undefined) continue;
    if (fields.id === null) {
      unnamed ??= path;
      continue;
    }
    return { operatingSystem: toOperatingSystem(fields.id, fields, at), problems: [] };
  }
  const problems =
    unnamed === null
      ? []
      : [fileProblem('no-operating-system', unnamed, 'the release file names no operating system (ID)')];
  return { operatingSystem: null, problems };
}

function toOperatingSystem(
  id: string,
  fields: ReleaseFields,
  at: (path: string) => ReleaseFields | undefined,
): OperatingSystem {
  // Debian testing and sid, and old Alpines, state no VERSION_ID; a derivative's debian_version is its parent's.
  const older = id === 'debian' ? at('etc/debian_version') : id === 'alpine' ? at('etc/alpine-release') : undefined;
  const version = fields.versionId ?? older?.versionId ?? '';
  return {
    id,
    version,
    name: fields.prettyName ?? [fields.name ?? id, version].filter((part) => part !== '').join(' '),
    idLike: fields.idLike,
    codename: fields.codename ?? older?.codename ?? null,
  };
}
