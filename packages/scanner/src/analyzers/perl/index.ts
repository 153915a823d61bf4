import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import {
  type DistributionMeta,
  type InstalledDistribution,
  type PerlResult,
  parseInstall,
  parseMeta,
} from './parse.ts';
import { type LocalModule, parsePerllocal } from './parse-perllocal.ts';
import { parseSnapshot, type SnapshotDistribution } from './parse-snapshot.ts';
import { resolvePerl } from './resolve.ts';

export type PerlEvidence =
  | ({ readonly kind: 'install' } & InstalledDistribution)
  | ({ readonly kind: 'meta' } & DistributionMeta)
  | { readonly kind: 'log'; readonly modules: readonly LocalModule[] }
  /** The list of files of a module that `make install` put there. */
  | { readonly kind: 'packlist' }
  | { readonly kind: 'lock'; readonly distributions: readonly SnapshotDistribution[] };

const name = z.string().min(1).max(limits.nameCharsMax);
const version = z.string().min(1).max(limits.versionCharsMax);
const modules = z.array(name).max(limits.needsPerPackageMax);
const distribution = { name, version, author: z.string().max(64).nullable(), provides: modules };
const schema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('install'), ...distribution }),
  z.object({
    kind: z.literal('meta'),
    licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    requires: modules,
  }),
  z.object({
    kind: z.literal('log'),
    modules: z.array(z.object({ module: name, version })).max(limits.packagesPerFileMax),
  }),
  z.object({ kind: z.literal('packlist') }),
  z.object({
    kind: z.literal('lock'),
    distributions: z.array(z.object({ ...distribution, requires: modules })).max(limits.packagesPerFileMax),
  }),
]);

const META_FOLDER = /(?:^|\/)\.meta\/[^/]+\/(?:install|MYMETA)\.json$/;

/** Perl distributions of CPAN: those that cpanm and `make install` put there, else what Carton pins. Perl itself is a program. */
export const perl: Analyzer<PerlEvidence> = {
  id: 'perl',
  version: 1,
  support: {
    title: 'Perl',
    kind: 'language',
    purlTypes: ['cpan'],
    reads: [
      { file: '.meta/*/install.json, MYMETA.json (cpanm)', states: 'installed', licenses: true, relations: true },
      { file: 'perllocal.pod with auto/**/.packlist (make install)', states: 'installed' },
      { file: 'cpanfile.snapshot (Carton)', states: 'locked', relations: true },
    ],
  },
  claims: { names: ['install.json', 'MYMETA.json', 'perllocal.pod', '.packlist', 'cpanfile.snapshot'] },
  analyze(file): Analysis<PerlEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    switch (base) {
      case '.packlist':
        return { evidence: file.path.includes('auto/') ? { kind: 'packlist' } : null, problems: [] };
      case 'perllocal.pod':
        return toAnalysis(file, parsePerllocal(file), (log) => ({ kind: 'log', ...log }));
      case 'cpanfile.snapshot':
        return analyzeSnapshot(file);
      default:
        return META_FOLDER.test(file.path) ? analyzeMeta(file, base) : { evidence: null, problems: [] };
    }
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolvePerl,
};

function analyzeMeta(file: ClaimedFile, base: string): Analysis<PerlEvidence> {
  const bytes = readWhole(file, limits.textFileBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above textFileBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  return base === 'install.json'
    ? toAnalysis(file, parseInstall(bytes), (found) => ({ kind: 'install', ...found }))
    : toAnalysis(file, parseMeta(bytes), (meta) => ({ kind: 'meta', ...meta }));
}

function analyzeSnapshot(file: ClaimedFile): Analysis<PerlEvidence> {
  const result = parseSnapshot(file);
  const { evidence, problems } = toAnalysis(file, result, ({ distributions }) => ({ kind: 'lock', distributions }));
  const full = 'full' in result && result.full;
  const detail = 'the snapshot holds more than packagesPerFileMax distributions or needsPerFileMax modules';
  return { evidence, problems: full ? [...problems, fileProblem('limit-exceeded', file.path, detail)] : problems };
}

function toAnalysis<T extends object>(
  file: ClaimedFile,
  result: PerlResult<T>,
  toEvidence: (value: T) => PerlEvidence,
): Analysis<PerlEvidence> {
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  return { evidence: toEvidence(result), problems: [] };
}
