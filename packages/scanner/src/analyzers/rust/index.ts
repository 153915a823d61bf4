import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { PROGRAM_MAGICS } from '../../formats/parse-program.ts';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { type LockedPackage, type LockResult, lockedPackageSchema } from '../locked-packages.ts';
import { parseCargoLock } from './parse.ts';
import { parseRustProgram } from './parse-program.ts';
import { resolveRust } from './resolve.ts';

export type RustEvidence =
  | { readonly kind: 'program'; readonly root: string | null; readonly packages: readonly LockedPackage[] }
  | { readonly kind: 'lock'; readonly members: readonly string[]; readonly packages: readonly LockedPackage[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const packages = z.array(lockedPackageSchema()).max(limits.packagesPerFileMax);
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('program'), root: name.nullable(), packages }),
    z.object({ kind: z.literal('lock'), members: z.array(name).max(limits.packagesPerFileMax), packages }),
  ]);
});

const NOTHING: Analysis<RustEvidence> = { evidence: null, problems: [] };

/** Crates that programs state they were built of, and those of projects whose program is not there. */
export const rust: Analyzer<RustEvidence> = {
  id: 'rust',
  version: 1,
  support: {
    title: 'Rust',
    kind: 'language',
    purlTypes: ['cargo'],
    reads: [
      {
        file: 'programs and *.wasm built with cargo-auditable (`.dep-v0`), for every operating system',
        states: 'embedded',
        direct: true,
        relations: true,
      },
      {
        file: 'Cargo.lock (versions 1 to 4), where no program of its packages is there',
        states: 'locked',
        direct: true,
        relations: true,
      },
    ],
  },
  claims: { executableMagic: PROGRAM_MAGICS, names: ['Cargo.lock'], suffixes: ['.wasm'] },
  analyze(file): Analysis<RustEvidence> {
    if (file.path === 'Cargo.lock' || file.path.endsWith('/Cargo.lock')) return analyzeLock(file);
    const result = parseRustProgram(file);
    if (result === undefined) return NOTHING;
    const { root } = result;
    return toAnalysis(file, result.crates, (crates) => ({ kind: 'program', root, packages: crates }));
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveRust,
};

/** What Cargo fetched carries lock files of its own, which say nothing of what is built with it. */
function isFetched(path: string): boolean {
  return /(?:^|\/)(?:\.?cargo\/(?:registry|git)|vendor\/[^/]+)\//.test(path);
}

function analyzeLock(file: ClaimedFile): Analysis<RustEvidence> {
  if (isFetched(file.path)) return NOTHING;
  const bytes = readWhole(file, limits.lockFileBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  const { members, crates } = parseCargoLock(bytes);
  return toAnalysis(file, crates, (locked) => ({ kind: 'lock', members, packages: locked }));
}

function toAnalysis(
  file: ClaimedFile,
  result: LockResult,
  toEvidence: (packages: readonly LockedPackage[]) => RustEvidence,
): Analysis<RustEvidence> {
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  const problems = result.full
    ? [fileProblem('limit-exceeded', file.path, 'the file names more crates than packagesPerFileMax')]
    : [];
  return { evidence: toEvidence(result.packages), problems };
}
