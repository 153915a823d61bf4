import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { type LockedPackage, type LockResult, lockedPackageSchema } from '../locked-packages.ts';
import { type InstalledPackage, type Manifest, parseInstalledPackage, parseManifest } from './parse.ts';
import { parseBunLock } from './parse-bun-lock.ts';
import { parseDenoLock } from './parse-deno-lock.ts';
import { parseNpmLock } from './parse-npm-lock.ts';
import { parsePnpmLock } from './parse-pnpm-lock.ts';
import { parseYarnLock } from './parse-yarn-lock.ts';
import { installedPlace, isInsidePackage } from './paths.ts';
import { resolveNpm } from './resolve.ts';

export type NpmEvidence =
  | InstalledPackage
  | Manifest
  | { readonly kind: 'lock'; readonly packages: readonly LockedPackage[] }
  | { readonly kind: 'binary-lock' };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const version = z.string().min(1).max(limits.versionCharsMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('package'),
      name,
      version,
      licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
      needs: z.array(name).max(limits.needsPerPackageMax).exactOptional(),
    }),
    z.object({
      kind: z.literal('manifest'),
      dependencies: z.array(name).max(limits.packagesPerFileMax),
      production: z.array(name).max(limits.packagesPerFileMax),
      workspaces: z.boolean(),
    }),
    z.object({ kind: z.literal('lock'), packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax) }),
    z.object({ kind: z.literal('binary-lock') }),
  ]);
});

const NOTHING: Analysis<NpmEvidence> = { evidence: null, problems: [] };

/** Packages of npm, Yarn, pnpm, Bun and Deno: installed ones, or the locked ones of a project that has none installed. */
export const npm: Analyzer<NpmEvidence> = {
  id: 'npm',
  version: 2,
  support: {
    title: 'JavaScript',
    kind: 'language',
    purlTypes: ['npm'],
    reads: [
      { file: 'node_modules/*/package.json', states: 'installed', licenses: true, direct: true, relations: true },
      {
        file: 'package-lock.json, npm-shrinkwrap.json (versions 1 to 3)',
        states: 'locked',
        direct: true,
        relations: true,
      },
      { file: 'yarn.lock (classic and berry)', states: 'locked', direct: true, relations: true },
      { file: 'pnpm-lock.yaml (versions 5 to 9)', states: 'locked', direct: true, relations: true },
      { file: 'bun.lock', states: 'locked', direct: true, relations: true },
      { file: 'deno.lock (versions 2 to 5; packages of npm)', states: 'locked', direct: true, relations: true },
    ],
  },
  claims: {
    names: [
      'package.json',
      'package-lock.json',
      'npm-shrinkwrap.json',
      'yarn.lock',
      'pnpm-lock.yaml',
      'bun.lock',
      'bun.lockb',
      'deno.lock',
    ],
  },
  analyze(file): Analysis<NpmEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (base === 'package.json') return analyzeManifest(file);
    if (isInsidePackage(file.path)) return NOTHING;
    // Bun's own memory, written out: its layout is that of one release. The composed image says whether anything else tells the same.
    if (base === 'bun.lockb') return { evidence: { kind: 'binary-lock' }, problems: [] };
    const result = parseLock(base, file);
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    const problems = result.full
      ? [fileProblem('limit-exceeded', file.path, 'the lock file holds more packages than packagesPerFileMax')]
      : [];
    return { evidence: { kind: 'lock', packages: result.packages }, problems };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
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
  if (bytes === undefined)
    return { fault: `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`, code: 'limit-exceeded' };
  if (base === 'bun.lock') return parseBunLock(bytes);
  return base === 'deno.lock' ? parseDenoLock(bytes) : parseNpmLock(bytes);
}
