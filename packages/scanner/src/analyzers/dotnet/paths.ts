import type { DotnetEvidence } from './index.ts';

/**
 * What a claimed file is by its path; undefined for those that say nothing of the image. NuGet's folder of downloads is for building:
 * what an application took from it lies beside the application, with its deps.json.
 */
export function kindOf(path: string): DotnetEvidence['kind'] | undefined {
  if (/(?:^|\/)\.nuget\/packages\//.test(path)) return undefined;
  const base = path.slice(path.lastIndexOf('/') + 1);
  const named = KINDS.get(base);
  if (named !== undefined) return named;
  if (base.endsWith('.deps.json')) return 'runtime';
  if (/\.dll$/i.test(base)) return 'assembly';
  if (/\.(?:cs|fs|vb)proj$/.test(base)) return 'project';
  // `dotnet tool install --global` unpacks the package whole: .store/<id>/<version>/<id>/<version>/<id>.nuspec
  if (base.endsWith('.nuspec'))
    return /(?:^|\/)\.store\/[^/]+\/[^/]+\/[^/]+\/[^/]+\/[^/]+$/.test(path) ? 'tool' : undefined;
  return undefined;
}

const KINDS: ReadonlyMap<string, DotnetEvidence['kind']> = new Map([
  ['packages.lock.json', 'lock'],
  ['packages.config', 'config'],
  ['project.assets.json', 'assets'],
  ['Directory.Packages.props', 'central'],
]);

/**
 * Assemblies without code, which compilers read: of targeting packs (`packs/…/ref/net8.0/`), of applications that keep them
 * (`refs/`, https://github.com/anchore/syft/issues/4813). Those with translations only repeat the version of another.
 */
export function isReferenceAssembly(path: string): boolean {
  return /\/refs?\//.test(path) || /\.resources\.dll$/i.test(path);
}

/** Folder of the project that a file describes; `obj` belongs to the folder above. */
export function projectFolder(path: string): string {
  const folder = folderOf(path);
  return path.endsWith('/project.assets.json') && /(?:^|\/)obj$/.test(folder) ? folderOf(folder) : folder;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
