import type { Analysis, Analyzer, ClaimedFile, LayerContext, Problem } from '@hullcheck/core';
import { z } from 'zod';
import type { LinesOutcome } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type DpkgPackage, parseFileList, parseMd5sums, parseStatus } from './parse.ts';
import { parseCopyright } from './parse-copyright.ts';
import { parseExtendedStates } from './parse-extended-states.ts';
import { resolveDpkg } from './resolve.ts';

export type DpkgEvidence =
  | { readonly kind: 'status'; readonly packages: readonly DpkgPackage[] }
  | { readonly kind: 'owned'; readonly package: string; readonly files: readonly string[] }
  | { readonly kind: 'licenses'; readonly licenses: readonly string[] }
  /** What apt installed only because something else needed it. */
  | { readonly kind: 'automatic'; readonly packages: readonly string[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const version = z.string().min(1).max(limits.versionCharsMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('status'),
      packages: z
        .array(
          z.object({
            name,
            version,
            architecture: name.nullable(),
            source: z.object({ name, version }),
            state: z.enum(['present', 'partial']),
            needs: z.array(name).max(limits.needsPerPackageMax).exactOptional(),
            provides: z.array(name).max(limits.needsPerPackageMax).exactOptional(),
          }),
        )
        .max(limits.packagesPerFileMax),
    }),
    z.object({
      kind: z.literal('owned'),
      package: name,
      files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
    }),
    z.object({
      kind: z.literal('licenses'),
      licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    }),
    z.object({ kind: z.literal('automatic'), packages: z.array(name).max(limits.packagesPerFileMax) }),
  ]);
});

const STATUS = 'var/lib/dpkg/status';
const EXTENDED_STATES = 'var/lib/apt/extended_states';
const STATUS_FOLDER = 'var/lib/dpkg/status.d/';
const INFO_FOLDER = 'var/lib/dpkg/info/';
const DOCUMENTATION_FOLDER = 'usr/share/doc/';

/** Packages of Debian and its derivatives, and of distroless images. */
export const dpkg: Analyzer<DpkgEvidence> = {
  id: 'dpkg',
  version: 3,
  support: {
    title: 'Debian packages',
    kind: 'system',
    purlTypes: ['deb'],
    reads: [
      {
        file: 'var/lib/dpkg/status, apt/extended_states',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
      { file: 'var/lib/dpkg/status.d/ (distroless)', states: 'installed', licenses: true, relations: true },
    ],
  },
  // The suffix rather than the folder: info/ holds a dozen scripts and digests beside each list.
  claims: { paths: [STATUS, EXTENDED_STATES], folders: [STATUS_FOLDER], suffixes: ['.list'], names: ['copyright'] },
  analyze(file, layer): Analysis<DpkgEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (file.path.startsWith(STATUS_FOLDER)) {
      return base.endsWith('.md5sums')
        ? analyzeOwned(file, layer, base.slice(0, -'.md5sums'.length))
        : analyzeStatus(file);
    }
    if (file.path === STATUS) return analyzeStatus(file);
    if (file.path === EXTENDED_STATES) return analyzeExtendedStates(file);
    if (base === 'copyright') return analyzeCopyright(file);
    if (file.path === `${INFO_FOLDER}${base}`) return analyzeOwned(file, layer, base.slice(0, -'.list'.length));
    return { evidence: null, problems: [] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveDpkg,
};

function analyzeStatus(file: ClaimedFile): Analysis<DpkgEvidence> {
  const { packages, stanzas, faults, outcome } = parseStatus(file);
  const problems = [
    ...outcomeProblems(outcome, file, 'packageDatabaseBytesMax', 'packagesPerFileMax'),
    ...faults.map((fault) => fileProblem('unreadable', file.path, fault)),
  ];
  // An unreadable database must never look like an image without packages.
  if (stanzas === 0 && file.sizeBytes > 0) {
    const detail = 'the package database holds no package stanza';
    return { evidence: null, problems: [...problems, fileProblem('unreadable', file.path, detail)] };
  }
  return { evidence: { kind: 'status', packages }, problems };
}

function analyzeExtendedStates(file: ClaimedFile): Analysis<DpkgEvidence> {
  const { packages, outcome } = parseExtendedStates(file);
  return {
    evidence: { kind: 'automatic', packages },
    problems: outcomeProblems(outcome, file, 'packageDatabaseBytesMax', 'packagesPerFileMax'),
  };
}

function analyzeCopyright(file: ClaimedFile): Analysis<DpkgEvidence> {
  if (!file.path.startsWith(DOCUMENTATION_FOLDER)) return { evidence: null, problems: [] };
  const licenses = parseCopyright(file);
  return { evidence: licenses.length === 0 ? null : { kind: 'licenses', licenses }, problems: [] };
}

function analyzeOwned(file: ClaimedFile, layer: LayerContext, owner: string): Analysis<DpkgEvidence> {
  if (owner === '' || owner.length > limits.nameCharsMax) return { evidence: null, problems: [] };
  const keep = (path: string): boolean => mayBeAsked(path, layer);
  const { files, outcome } = file.path.endsWith('.md5sums') ? parseMd5sums(file, keep) : parseFileList(file, keep);
  return {
    evidence: { kind: 'owned', package: owner, files },
    problems: outcomeProblems(outcome, file, 'textFileBytesMax', 'ownedPathsPerFileMax'),
  };
}

function outcomeProblems(
  outcome: LinesOutcome,
  file: ClaimedFile,
  fileLimit: string,
  countLimit: string,
): readonly Problem[] {
  switch (outcome) {
    case 'whole':
      return [];
    case 'stopped':
      return [fileProblem('limit-exceeded', file.path, `the file holds more entries than ${countLimit}`)];
    case 'file-bytes':
      return [fileProblem('limit-exceeded', file.path, `the file has ${file.sizeBytes} bytes, above ${fileLimit}`)];
    case 'line-bytes':
      return [fileProblem('limit-exceeded', file.path, 'a line is longer than lineBytesMax')];
  }
}
