import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type InstalledPackage = {
  readonly kind: 'package';
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly string[];
  /** Names that it asks for, peers included; left out where there are none. */
  readonly needs?: readonly string[];
};

/** An application's own package.json: what it asks for by name. */
export type Manifest = {
  readonly kind: 'manifest';
  readonly dependencies: readonly string[];
  /** Those among them that are not for development only, and what stands behind aliases. */
  readonly production: readonly string[];
  readonly workspaces: boolean;
};

/** The package.json of an installed package; null when it names no package (`{"type": "module"}`); undefined when it is no JSON object. */
export function parseInstalledPackage(bytes: Uint8Array): InstalledPackage | null | undefined {
  const object = parseJsonObject(bytes);
  if (object === undefined) return undefined;
  const name = identifierOf(stringOf(object, 'name'), limits.nameCharsMax);
  const version = identifierOf(stringOf(object, 'version')?.trim(), limits.versionCharsMax);
  if (name === undefined || version === undefined) return null;
  const needs = neededNames(object);
  return { kind: 'package', name, version, licenses: toLicenses(object), ...(needs.length === 0 ? {} : { needs }) };
}

/** Undefined when the bytes are no JSON object: a manifest adds knowledge to packages, it is none itself. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  const object = parseJsonObject(bytes);
  if (object === undefined) return undefined;
  return {
    kind: 'manifest',
    dependencies: dependencyNames(object),
    production: productionNames(object),
    workspaces: fieldOf(object, 'workspaces') !== undefined,
  };
}

/** Names under `dependencies`, `devDependencies` and `optionalDependencies`, sorted. */
export function dependencyNames(object: JsonObject): readonly string[] {
  return namesUnder(object, ['dependencies', 'devDependencies', 'optionalDependencies'], limits.packagesPerFileMax);
}

/** Names that a package asks for when it runs, sorted. */
export function neededNames(object: JsonObject): readonly string[] {
  return namesUnder(object, ['dependencies', 'optionalDependencies', 'peerDependencies'], limits.needsPerPackageMax);
}

/** With `alias: npm:name@range` both the alias and the name are there. */
function productionNames(object: JsonObject): readonly string[] {
  const names = new Set(namesUnder(object, ['dependencies', 'optionalDependencies'], limits.packagesPerFileMax));
  for (const key of ['dependencies', 'optionalDependencies']) {
    for (const range of Object.values(objectOf(object, key) ?? {})) {
      const name = typeof range === 'string' ? /^npm:(@?[^@]+)/.exec(range)?.[1] : undefined;
      if (identifierOf(name, limits.nameCharsMax) !== undefined && name !== undefined) names.add(name);
      if (names.size >= limits.packagesPerFileMax) break;
    }
  }
  return [...names].slice(0, limits.packagesPerFileMax).sort();
}

function namesUnder(object: JsonObject, keys: readonly string[], namesMax: number): readonly string[] {
  const names = new Set<string>();
  for (const key of keys) {
    for (const name of Object.keys(objectOf(object, key) ?? {})) {
      if (names.size >= namesMax) break;
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
