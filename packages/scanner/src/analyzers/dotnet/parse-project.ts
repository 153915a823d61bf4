import { stringOf } from '../../formats/json/index.ts';
import { visitXml } from '../../formats/xml/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { isNugetVersion } from './published.ts';

export type PackageReference = {
  readonly name: string;
  /** Null where the versions of all projects are stated in one central file. */
  readonly version: string | null;
};

export type ProjectResult =
  | { readonly references: readonly PackageReference[] }
  | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

const decoder = new TextDecoder('utf-8');

/** packages.config of projects before PackageReference: every package with its exact version. */
export function parsePackagesConfig(bytes: Uint8Array): LockResult {
  const locked = new LockedPackages(isNugetVersion);
  let isConfig = false;
  const outcome = visitXml(textOf(bytes), {
    open(path, attributes) {
      if (path.length === 1) isConfig = path[0] === 'packages';
      const name = stringOf(attributes, 'id');
      if (path.length !== 2 || path[1] !== 'package' || name === undefined) return;
      const dev = stringOf(attributes, 'developmentDependency')?.toLowerCase() === 'true';
      locked.add({ name, version: stringOf(attributes, 'version'), dev, direct: null });
    },
    close: () => undefined,
  });
  return outcome === 'whole' && isConfig
    ? locked.result()
    : { fault: 'packages.config is no XML document of packages', code: 'unreadable' };
}

/**
 * The packages that a project file or Directory.Packages.props names with an exact version, as attribute or element. Conditions
 * and properties are MSBuild's to judge: a version made of a property is left out. Those only for building (`PrivateAssets`) too.
 * https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files
 */
export function parseProject(bytes: Uint8Array): ProjectResult {
  const references: PackageReference[] = [];
  let current: { name: string | undefined; version: string | undefined; forBuilding: boolean } | undefined;
  let isProject = false;
  const outcome = visitXml(textOf(bytes), {
    open(path, attributes) {
      if (path.length === 1) isProject = path[0] === 'Project';
      if (!isReference(path.at(-1))) return;
      current = {
        name: stringOf(attributes, 'Include') ?? stringOf(attributes, 'Update'),
        version: stringOf(attributes, 'VersionOverride') ?? stringOf(attributes, 'Version'),
        forBuilding: isAll(stringOf(attributes, 'PrivateAssets')),
      };
    },
    close(path, text) {
      const element = path.at(-1);
      if (current === undefined) return;
      if (element === 'Version' || element === 'VersionOverride') current.version ??= text;
      else if (element === 'PrivateAssets') current.forBuilding = isAll(text);
      else if (isReference(element)) {
        const reference = current.forBuilding ? undefined : toReference(current.name, current.version);
        if (reference !== undefined && references.length < limits.packagesPerFileMax) references.push(reference);
        current = undefined;
      }
    },
  });
  return outcome === 'whole' && isProject
    ? { references }
    : { fault: 'the file is no XML document of a project', code: 'unreadable' };
}

function isReference(element: string | undefined): boolean {
  return element === 'PackageReference' || element === 'PackageVersion';
}

function isAll(assets: string | undefined): boolean {
  return assets?.trim().toLowerCase() === 'all';
}

/** `1.2.3` asks for that or a later version, and NuGet takes the lowest that there is; `[1.2.3]` is exact. */
function toReference(nameText: string | undefined, versionText: string | undefined): PackageReference | undefined {
  const name = identifierOf(nameText?.trim(), limits.nameCharsMax);
  if (name === undefined || !/^[\w.-]+$/.test(name)) return undefined;
  if (versionText === undefined) return { name, version: null };
  const exact = /^\[\s*([^\s,\]]+)\s*\]$/.exec(versionText.trim())?.[1] ?? versionText.trim();
  const version = identifierOf(exact, limits.versionCharsMax);
  return version !== undefined && isNugetVersion(version) ? { name, version } : undefined;
}

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
