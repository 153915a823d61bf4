import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type InstalledPackage = {
  readonly kind: 'package';
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly string[];
};

/** An application's own package.json: what it asks for by name. */
export type Manifest = {
  readonly kind: 'manifest';
  readonly dependencies: readonly string[];
  readonly workspaces: boolean;
};

/** The package.json of an installed package; null when it names no package (`{"type": "module"}`); undefined when it is no JSON object. */
export function parseInstalledPackage(bytes: Uint8Array): InstalledPackage | null | undefined {
  const object = parseJsonObject(bytes);
  if (object === undefined) return undefined;
  const name = identifierOf(stringOf(object, 'name'), limits.nameCharsMax);
  const version = identifierOf(stringOf(object, 'version')?.trim(), limits.versionCharsMax);
  if (name === undefined || version === undefined) return null;
  return { kind: 'package', name, version, licenses: toLicenses(object) };
}

/** Undefined when the bytes are no JSON object: a manifest adds knowledge to packages, it is none itself. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  const object = parseJsonObject(bytes);
  if (object === undefined) return undefined;
  return {
    kind: 'manifest',
    dependencies: dependencyNames(object),
    workspaces: fieldOf(object, 'workspaces') !== undefined,
  };
}

/** Names under `dependencies`, `devDependencies` and `optionalDependencies`, sorted. */
export function dependencyNames(object: JsonObject): readonly string[] {
  const names = new Set<string>();
  for (const key of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const name of Object.keys(objectOf(object, key) ?? {})) {
      if (names.size >= limits.packagesPerFileMax) break;
      if (identifierOf(name, limits.nameCharsMax) !== undefined) names.add(name);
    }
  }
  return [...names].sort();
}

/** `"MIT"`, `{type: "MIT"}`, and the old `licenses: [{type: "MIT"}]`. */
function toLicenses(object: JsonObject): readonly string[] {
  const stated = fieldOf(object, 'license') ?? fieldOf(object, 'licenses');
  const list: readonly unknown[] = Array.isArray(stated) ? stated : [stated];
  return list
    .map((license) => (typeof license === 'string' ? license : stringOf(toObject(license) ?? {}, 'type')))
    .filter((license) => license !== undefined && license !== '')
    .slice(0, limits.licensesPerPackageMax)
    .map((license) => cleanText(license ?? '', limits.licenseCharsMax));
}
