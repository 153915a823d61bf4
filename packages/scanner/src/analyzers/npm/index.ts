import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { LockedPackage, LockResult } from '../locked-packages.ts';
import { type InstalledPackage, type Manifest, parseInstalledPackage, parseManifest } from './parse.ts';
import { parseNpmLock } from './parse-npm-lock.ts';
import { parsePnpmLock } from './parse-pnpm-lock.ts';
import { parseYarnLock } from './parse-yarn-lock.ts';
import { installedPlace, isInsidePackage } from './paths.ts';
import { resolveNpm } from './resolve.ts';

export type NpmEvidence =
  | InstalledPackage
  | Manifest
  | { readonly kind: 'lock'; readonly packages: readonly LockedPackage[] };

const name = z.string().min(1).max(limits.nameCharsMax);
const version = z.string().min(1).max(limits.versionCharsMax);
const schema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('package'),
    name,
    version,
    licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
  }),
  z.object({
    kind: z.literal('manifest'),
    dependencies: z.array(name).max(limits.packagesPerFileMax),
    workspaces: z.boolean(),
  }),
  z.object({
    kind: z.literal('lock'),
    packages: z
      .array(z.object({ name, version, dev: z.boolean(), direct: z.boolean().nullable() }))
      .max(limits.packagesPerFileMax),
  }),
]);

const NOTHING: Analysis<NpmEvidence> = { evidence: null, problems: [] };

/** Packages of npm, Yarn and pnpm: installed ones, or the locked ones of a project that has none installed. */
export const npm: Analyzer<NpmEvidence> = {
  id: 'npm',
  version: 1,
  support: {
    title: 'JavaScript',
    kind: 'language',
    purlTypes: ['npm'],
    reads: [
      { file: 'node_modules/*/package.json', states: 'installed', licenses: true, direct: true },
      { file: 'package-lock.json, npm-shrinkwrap.json (versions 1 to 3)', states: 'locked', direct: true },
      { file: 'yarn.lock (classic and berry)', states: 'locked', direct: true },
      { file: 'pnpm-lock.yaml', states: 'locked', direct: true },
    ],
  },
  claims: { names: ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml'] },
  analyze(file): Analysis<NpmEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (base === 'package.json') return analyzeManifest(file);
    if (isInsidePackage(file.path)) return NOTHING;
    const result = parseLock(base, file);
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    const problems = result.full
      ? [fileProblem('limit-exceeded', file.path, 'the lock file holds more packages than packagesPerFileMax')]
      : [];
    return { evidence: { kind: 'lock', packages: result.packages }, problems };
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolveNpm,
};

function analyzeManifest(file: ClaimedFile): Analysis<NpmEvidence> {
  const installed = installedPlace(file.path) !== undefined;
  if (!installed && isInsidePackage(file.path)) return NOTHING;
  const bytes = readWhole(file, limits.textFileBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above textFileBytesMax`;
    return installed ? { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] } : NOTHING;
  }
  if (!installed) return { evidence: parseManifest(bytes) ?? null, problems: [] };
  const found = parseInstalledPackage(bytes);
  if (found !== undefined) return { evidence: found, problems: [] };
  return { evidence: null, problems: [fileProblem('unreadable', file.path, 'the package.json is no JSON object')] };
}

function parseLock(base: string, file: ClaimedFile): LockResult {
  if (base === 'yarn.lock') return parseYarnLock(file);
  if (base === 'pnpm-lock.yaml') return parsePnpmLock(file);
  const bytes = readWhole(file, limits.lockFileBytesMax);
  return bytes === undefined
    ? { fault: `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`, code: 'limit-exceeded' }
    : parseNpmLock(bytes);
}
