import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { PROGRAM_MAGICS } from '../../formats/parse-program.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { type GoFileFault, type GoManifest, parseGoManifest } from './parse.ts';
import { type GoProgram, parseGoProgram } from './parse-program.ts';
import { type GoSums, parseGoSums } from './parse-sums.ts';
import { type GoVendor, parseGoVendor } from './parse-vendor.ts';
import { resolveGo } from './resolve.ts';

export type GoEvidence = GoProgram | GoManifest | GoSums | GoVendor;

const schema = lazily(() => {
  const path = z.string().min(1).max(limits.nameCharsMax);
  const version = z.string().min(1).max(limits.versionCharsMax);
  const listOf = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(limits.packagesPerFileMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('program'),
      goVersion: version,
      modules: listOf(z.object({ path, version, main: z.boolean() })),
    }),
    z.object({
      kind: z.literal('manifest'),
      module: path,
      complete: z.boolean(),
      modules: listOf(z.object({ path, version, direct: z.boolean() })),
      replacements: listOf(z.object({ path, version: version.nullable(), to: z.object({ path, version }).nullable() })),
    }),
    z.object({ kind: z.literal('sums'), modules: listOf(z.object({ path, version })) }),
    z.object({ kind: z.literal('vendor'), modules: listOf(z.object({ path, version, required: path })) }),
  ]);
});

const NOTHING: Analysis<GoEvidence> = { evidence: null, problems: [] };

/** Modules and standard library of programs built by Go's toolchain, and of projects whose program is not there. */
export const golang: Analyzer<GoEvidence> = {
  id: 'golang',
  version: 1,
  support: {
    title: 'Go',
    kind: 'language',
    purlTypes: ['golang'],
    reads: [
      {
        file: 'programs built by Go 1.13 or later, for Linux, Windows and macOS (build information)',
        states: 'embedded',
        relations: true,
      },
      {
        file: 'go.mod, with go.sum before Go 1.17, where no program of the module is there',
        states: 'locked',
        direct: true,
      },
      { file: 'vendor/modules.txt, where no program of the module is there', states: 'locked', direct: true },
    ],
  },
  claims: { executableMagic: PROGRAM_MAGICS, names: ['go.mod', 'go.sum'], suffixes: ['vendor/modules.txt'] },
  analyze(file): Analysis<GoEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (base !== 'go.mod' && base !== 'go.sum' && base !== 'modules.txt') return analyzeProgram(file);
    if (isOfAnotherModule(file.path)) return NOTHING;
    if (base === 'go.mod') return toAnalysis(file, parseGoManifest(file));
    return toAnalysis(file, base === 'go.sum' ? parseGoSums(file) : parseGoVendor(file));
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveGo,
};

/** The module cache holds the files of dependencies, which say what these would need on their own; `testdata` is skipped by Go too. */
function isOfAnotherModule(path: string): boolean {
  return /(?:^|\/)(?:pkg\/mod|testdata)\//.test(path);
}

function toAnalysis(file: ClaimedFile, result: GoManifest | GoSums | GoVendor | GoFileFault): Analysis<GoEvidence> {
  return 'fault' in result
    ? { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] }
    : { evidence: result, problems: [] };
}

function analyzeProgram(file: ClaimedFile): Analysis<GoEvidence> {
  const result = parseGoProgram(file);
  switch (result.kind) {
    case 'go':
      return { evidence: result.program, problems: [] };
    case 'other':
      return NOTHING;
    case 'packed': {
      const detail = 'the program is packed by UPX, which hides what it was built from';
      return { evidence: null, problems: [fileProblem('unsupported', file.path, detail)] };
    }
    case 'broken':
      return { evidence: null, problems: [fileProblem('unreadable', file.path, result.reason)] };
  }
}
