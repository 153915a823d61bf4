import type { Analysis, Analyzer, ClaimedFile, ProblemCode } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { type LockedPackage, type LockResult, lockedPackageSchema } from '../locked-packages.ts';
import { parseDepsFile } from './parse.ts';
import { parseAssembly } from './parse-assembly.ts';
import { parseAssetsFile, parsePackagesLock } from './parse-lock.ts';
import { parseNuspec } from './parse-nuspec.ts';
import { type PackageReference, parsePackagesConfig, parseProject } from './parse-project.ts';
import { isReferenceAssembly, kindOf } from './paths.ts';
import { resolveDotnet } from './resolve.ts';

export type DotnetEvidence =
  | {
      readonly kind: 'runtime';
      readonly projects: readonly string[];
      readonly assemblies: readonly string[];
      readonly packages: readonly LockedPackage[];
    }
  | { readonly kind: 'assembly'; readonly name: string; readonly version: string }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly version: string;
      readonly licenses: readonly string[];
    }
  | { readonly kind: 'assets'; readonly project: string | null; readonly packages: readonly LockedPackage[] }
  | { readonly kind: 'lock' | 'config'; readonly packages: readonly LockedPackage[] }
  | { readonly kind: 'project' | 'central'; readonly references: readonly PackageReference[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const version = z.string().min(1).max(limits.versionCharsMax);
  const names = z.array(name).max(limits.packagesPerFileMax);
  const packages = z.array(lockedPackageSchema()).max(limits.packagesPerFileMax);
  const references = z.array(z.object({ name, version: version.nullable() })).max(limits.packagesPerFileMax);
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('runtime'), projects: names, assemblies: names, packages }),
    z.object({ kind: z.literal('assembly'), name, version }),
    z.object({
      kind: z.literal('tool'),
      name,
      version,
      licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    }),
    z.object({ kind: z.literal('assets'), project: name.nullable(), packages }),
    z.object({ kind: z.enum(['lock', 'config']), packages }),
    z.object({ kind: z.enum(['project', 'central']), references }),
  ]);
});

const NOTHING: Analysis<DotnetEvidence> = { evidence: null, problems: [] };

/** NuGet packages of applications, shared frameworks and tools of .NET; and of projects that were not built here. */
export const dotnet: Analyzer<DotnetEvidence> = {
  id: 'dotnet',
  version: 1,
  support: {
    title: '.NET',
    kind: 'language',
    purlTypes: ['nuget'],
    reads: [
      {
        file: '*.deps.json of applications, self-contained ones included, and of shared frameworks',
        states: 'installed',
        direct: true,
        relations: true,
      },
      { file: '*.dll that no deps.json names, where the .NET SDK stamped name and version', states: 'embedded' },
      { file: '*.nuspec of global tools', states: 'installed', licenses: true },
      { file: 'obj/project.assets.json', states: 'locked', direct: true, relations: true },
      { file: 'packages.lock.json (versions 1 and 2)', states: 'locked', direct: true, relations: true },
      { file: 'packages.config', states: 'locked' },
      { file: '*.csproj, *.fsproj, *.vbproj with Directory.Packages.props', states: 'declared', direct: true },
    ],
  },
  claims: {
    names: ['packages.lock.json', 'packages.config', 'project.assets.json', 'Directory.Packages.props'],
    suffixes: ['.deps.json', '.dll', '.DLL', '.nuspec', '.csproj', '.fsproj', '.vbproj'],
  },
  analyze(file): Analysis<DotnetEvidence> {
    const kind = kindOf(file.path);
    if (kind === undefined) return NOTHING;
    if (kind === 'assembly') {
      const found = isReferenceAssembly(file.path) ? undefined : parseAssembly(file, file.path);
      return found === undefined ? NOTHING : { evidence: { kind, ...found }, problems: [] };
    }
    const bytes = readWhole(file, limits.lockFileBytesMax);
    if (bytes === undefined)
      return broken(file, 'limit-exceeded', `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`);
    return analyzeText(kind, file, bytes);
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveDotnet,
};

function analyzeText(
  kind: Exclude<DotnetEvidence['kind'], 'assembly'>,
  file: ClaimedFile,
  bytes: Uint8Array,
): Analysis<DotnetEvidence> {
  switch (kind) {
    case 'runtime': {
      const { projects, assemblies, packages: found } = parseDepsFile(bytes);
      return withPackages(file, found, (list) => ({ kind, projects, assemblies, packages: list }));
    }
    case 'assets': {
      const { project, packages: found } = parseAssetsFile(bytes);
      return withPackages(file, found, (list) => ({ kind, project, packages: list }));
    }
    case 'lock':
      return withPackages(file, parsePackagesLock(bytes), (list) => ({ kind, packages: list }));
    case 'config':
      return withPackages(file, parsePackagesConfig(bytes), (list) => ({ kind, packages: list }));
    case 'tool': {
      const found = parseNuspec(bytes);
      return found === undefined
        ? broken(file, 'unreadable', 'the nuspec names no package and version')
        : { evidence: { kind, ...found }, problems: [] };
    }
    case 'project':
    case 'central': {
      const found = parseProject(bytes);
      return 'fault' in found
        ? broken(file, found.code, found.fault)
        : { evidence: { kind, references: found.references }, problems: [] };
    }
  }
}

function withPackages(
  file: ClaimedFile,
  result: LockResult,
  toEvidence: (packages: readonly LockedPackage[]) => DotnetEvidence,
): Analysis<DotnetEvidence> {
  if ('fault' in result) return broken(file, result.code, result.fault);
  const problems = result.full
    ? [fileProblem('limit-exceeded', file.path, 'the file names more packages than packagesPerFileMax')]
    : [];
  return { evidence: toEvidence(result.packages), problems };
}

function broken(file: ClaimedFile, code: ProblemCode, detail: string): Analysis<DotnetEvidence> {
  return { evidence: null, problems: [fileProblem(code, file.path, detail)] };
}
