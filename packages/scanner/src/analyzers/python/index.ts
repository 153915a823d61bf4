import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { lockedPackageSchema } from '../locked-packages.ts';
import type { PythonLock, PythonLockResult } from './lock-graph.ts';
import { type PythonDistribution, parseMetadata, parseRequires } from './parse.ts';
import { parsePipfileLock } from './parse-pipfile-lock.ts';
import { type PythonProject, parsePipfile, parsePyproject } from './parse-project.ts';
import { parseRequirements } from './parse-requirements.ts';
import { parsePdmLock, parsePoetryLock, parsePylock, parseUvLock } from './parse-toml-locks.ts';
import { describesNoProject } from './paths.ts';
import { resolvePython } from './resolve.ts';

export type PythonEvidence =
  | { readonly kind: 'distribution'; readonly distribution: PythonDistribution }
  /** The user asked for the package beside it by name (PEP 376). */
  | { readonly kind: 'requested' }
  /** What the egg beside it needs. */
  | { readonly kind: 'requires'; readonly needs: readonly string[] }
  | ({ readonly kind: 'lock' } & PythonLock)
  | ({ readonly kind: 'requirements'; readonly includes: readonly string[] } & PythonLock)
  | ({ readonly kind: 'project' } & PythonProject);

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const names = z.array(name).max(limits.needsPerPackageMax);
  const lock = { packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax), grouped: z.boolean() };
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('distribution'),
      distribution: z.object({
        name,
        version: z.string().min(1).max(limits.versionCharsMax),
        licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
        needs: names,
      }),
    }),
    z.object({ kind: z.literal('requested') }),
    z.object({ kind: z.literal('requires'), needs: names }),
    z.object({ kind: z.literal('lock'), ...lock }),
    z.object({
      kind: z.literal('requirements'),
      ...lock,
      includes: z.array(z.string().max(limits.pathCharsMax)).max(limits.includesPerFileMax),
    }),
    z.object({ kind: z.literal('project'), requires: names, development: names }),
  ]);
});

const LOCKS: ReadonlyMap<string, (bytes: Uint8Array) => PythonLockResult> = new Map([
  ['Pipfile.lock', parsePipfileLock],
  ['poetry.lock', parsePoetryLock],
  ['pdm.lock', parsePdmLock],
  ['pylock.toml', parsePylock],
  ['uv.lock', parseUvLock],
]);
const PROJECTS: ReadonlyMap<string, (bytes: Uint8Array) => PythonProject | undefined> = new Map([
  ['Pipfile', parsePipfile],
  ['pyproject.toml', parsePyproject],
]);
/** Names that files of pinned requirements have; `requirements.txt` with anything before it besides. */
const REQUIREMENTS = ['prod', 'production', 'base', 'main', 'common', 'lock', 'frozen', 'pinned'].flatMap((kind) => [
  `requirements-${kind}.txt`,
  `requirements_${kind}.txt`,
  `requirements/${kind}.txt`,
]);

const NOTHING: Analysis<PythonEvidence> = { evidence: null, problems: [] };

/** Installed Python distributions: wheels, eggs and what distributions' own packages install; else what lock files name. */
export const python: Analyzer<PythonEvidence> = {
  id: 'python',
  version: 2,
  support: {
    title: 'Python',
    kind: 'language',
    purlTypes: ['pypi'],
    reads: [
      {
        file: '*.dist-info/METADATA, *.egg-info (file and folder), *.egg/EGG-INFO',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
      { file: 'poetry.lock, pdm.lock (with pyproject.toml)', states: 'locked', direct: true, relations: true },
      { file: 'uv.lock', states: 'locked', direct: true, relations: true },
      { file: 'pylock.toml', states: 'locked', relations: true },
      { file: 'Pipfile.lock (with Pipfile)', states: 'locked', direct: true },
      { file: 'requirements.txt (versions pinned with ==)', states: 'locked' },
    ],
  },
  claims: {
    suffixes: [
      '.dist-info/METADATA',
      '.dist-info/REQUESTED',
      '.egg-info/PKG-INFO',
      '.egg-info/requires.txt',
      '.egg-info',
      'EGG-INFO/PKG-INFO',
      'EGG-INFO/requires.txt',
      'requirements.txt',
      ...REQUIREMENTS,
    ],
    names: [...LOCKS.keys(), ...PROJECTS.keys()],
  },
  analyze(file): Analysis<PythonEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (base === 'REQUESTED') return { evidence: { kind: 'requested' }, problems: [] };
    if (base === 'requires.txt') {
      const needs = parseRequires(file);
      return needs === undefined ? NOTHING : { evidence: { kind: 'requires', needs }, problems: [] };
    }
    const parseLock = LOCKS.get(base);
    const parseProject = PROJECTS.get(base);
    if (parseLock !== undefined) return analyzeLock(file, parseLock);
    if (parseProject !== undefined) return analyzeProject(file, parseProject);
    if (base.endsWith('.txt')) return analyzeRequirements(file);
    const result = parseMetadata(file);
    return result.kind === 'distribution'
      ? { evidence: result, problems: [] }
      : { evidence: null, problems: [fileProblem(result.code, file.path, result.reason)] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolvePython,
};

function analyzeLock(file: ClaimedFile, parse: (bytes: Uint8Array) => PythonLockResult): Analysis<PythonEvidence> {
  if (describesNoProject(file.path)) return NOTHING;
  const bytes = readWhole(file, limits.lockFileBytesMax);
  if (bytes === undefined) return tooLarge(file, 'lockFileBytesMax');
  const result = parse(bytes);
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  const { full, ...found } = result;
  return { evidence: { kind: 'lock', ...found }, problems: full ? [cutShort(file)] : [] };
}

function analyzeRequirements(file: ClaimedFile): Analysis<PythonEvidence> {
  if (describesNoProject(file.path)) return NOTHING;
  const bytes = readWhole(file, limits.textFileBytesMax);
  if (bytes === undefined) return tooLarge(file, 'textFileBytesMax');
  const result = parseRequirements(bytes);
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  const { full, ...found } = result;
  return { evidence: { kind: 'requirements', ...found }, problems: full ? [cutShort(file)] : [] };
}

/** Without the manifest, or with a broken one, packages are listed all the same; only which are direct is not known then. */
function analyzeProject(
  file: ClaimedFile,
  parse: (bytes: Uint8Array) => PythonProject | undefined,
): Analysis<PythonEvidence> {
  const bytes = describesNoProject(file.path) ? undefined : readWhole(file, limits.textFileBytesMax);
  const project = bytes === undefined ? undefined : parse(bytes);
  return project === undefined ? NOTHING : { evidence: { kind: 'project', ...project }, problems: [] };
}

function tooLarge(file: ClaimedFile, limit: string): Analysis<PythonEvidence> {
  const detail = `the file has ${file.sizeBytes} bytes, above ${limit}`;
  return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
}

function cutShort(file: ClaimedFile): Analysis<PythonEvidence>['problems'][number] {
  const detail = 'the lock file holds more than packagesPerFileMax packages or needsPerFileMax dependencies';
  return fileProblem('limit-exceeded', file.path, detail);
}
