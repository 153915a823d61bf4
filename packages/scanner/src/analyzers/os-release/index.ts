import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import {
  parseAlpineRelease,
  parseDebianVersion,
  parseLsbRelease,
  parseOsRelease,
  parseRedHatRelease,
  type ReleaseFields,
} from './parse.ts';
import { resolveOperatingSystem } from './resolve.ts';

const schema = lazily(() => {
  const text = z.string().max(limits.osFieldCharsMax);
  return z.object({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
      .nullable(),
    versionId: text.nullable(),
    name: text.nullable(),
    prettyName: text.nullable(),
    codename: text.nullable(),
    idLike: z.array(text).max(16),
  });
});

const RED_HAT_FILES = ['redhat', 'centos', 'rocky', 'almalinux', 'oracle', 'fedora', 'system'].map(
  (name) => `etc/${name}-release`,
);

const decoder = new TextDecoder('utf-8');

/** The operating system. Other analyzers need it, so the composer asks `resolveOperatingSystem` first; `resolve` gives its problems. */
export const osRelease: Analyzer<ReleaseFields> = {
  id: 'os-release',
  version: 1,
  support: {
    title: 'Operating system',
    kind: 'facts',
    purlTypes: [],
    reads: [{ file: 'os-release, lsb-release and the older release files', states: 'installed' }],
  },
  claims: {
    paths: [
      'etc/os-release',
      'usr/lib/os-release',
      'etc/lsb-release',
      'etc/debian_version',
      'etc/alpine-release',
      ...RED_HAT_FILES,
    ],
    // Fedora and NixOS derivatives keep the file here and link to it.
    folders: ['usr/lib/os.release.d/'],
  },
  analyze(file: ClaimedFile): Analysis<ReleaseFields> {
    const bytes = readWhole(file, limits.textFileBytesMax);
    if (bytes === undefined) {
      const detail = `the file has ${file.sizeBytes} bytes, above textFileBytesMax`;
      return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
    }
    return { evidence: parserFor(file.path)(decoder.decode(bytes)), problems: [] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: (view) => ({ packages: [], problems: resolveOperatingSystem(view).problems }),
};

function parserFor(path: string): (text: string) => ReleaseFields {
  switch (path) {
    case 'etc/debian_version':
      return parseDebianVersion;
    case 'etc/alpine-release':
      return parseAlpineRelease;
    case 'etc/lsb-release':
      return parseLsbRelease;
    default:
      return RED_HAT_FILES.includes(path) ? parseRedHatRelease : parseOsRelease;
  }
}
