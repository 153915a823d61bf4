import { fieldOf, type JsonObject, objectOf, parseJson, stringOf, toObject } from '../../formats/json/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type ComposerPackage = {
  readonly name: string;
  /** As Composer states it: `v5.4.0`, `2.9.1`, `dev-main`. */
  readonly version: string;
  readonly dev: boolean;
  readonly licenses: readonly string[];
  /** Names of packages that it requires, without PHP itself and its extensions. */
  readonly needs: readonly string[];
  /** Names of packages whose code it contains. */
  readonly replaces: readonly string[];
};

export type PackagesResult =
  | { readonly packages: readonly ComposerPackage[]; readonly full: boolean; readonly unnamed: number }
  | { readonly fault: string };

export type ComposerManifest = {
  readonly requires: readonly string[];
  /** Where packages are installed, from the project's folder, as composer.json has it. */
  readonly vendorFolder: string;
};

/**
 * vendor/composer/installed.json: a list of packages (Composer 1), or an object that says also which of them are for development
 * (Composer 2). https://getcomposer.org/doc/07-runtime.md#installed-versions
 */
export function parseInstalled(bytes: Uint8Array): PackagesResult {
  const root = parseJson(bytes);
  if (Array.isArray(root)) return collect([{ entries: root, isDev: () => false }]);
  const object = toObject(root);
  const entries = object === undefined ? undefined : fieldOf(object, 'packages');
  if (object === undefined || !Array.isArray(entries)) return { fault: 'the file holds no list of packages' };
  const names = fieldOf(object, 'dev-package-names');
  const dev = new Set<unknown>(Array.isArray(names) ? names : []);
  return collect([{ entries, isDev: (name) => dev.has(name) }]);
}

/** composer.lock, https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control */
export function parseComposerLock(bytes: Uint8Array): PackagesResult {
  const root = toObject(parseJson(bytes));
  const packages = root === undefined ? undefined : fieldOf(root, 'packages');
  if (root === undefined || !Array.isArray(packages)) return { fault: 'the lock file holds no list of packages' };
  const forDevelopment = fieldOf(root, 'packages-dev');
  return collect([
    { entries: packages, isDev: () => false },
    { entries: Array.isArray(forDevelopment) ? forDevelopment : [], isDev: () => true },
  ]);
}

/** The part of composer.json that tells direct requirements; undefined when it is no JSON object. */
export function parseManifest(bytes: Uint8Array): ComposerManifest | undefined {
  const root = toObject(parseJson(bytes));
  if (root === undefined) return undefined;
  const config = objectOf(root, 'config');
  const vendorFolder = config === undefined ? undefined : stringOf(config, 'vendor-dir');
  return {
    requires: [...new Set([...namesIn(root, 'require'), ...namesIn(root, 'require-dev')])],
    vendorFolder: identifierOf(vendorFolder, limits.pathCharsMax) ?? 'vendor',
  };
}

interface Group {
  readonly entries: readonly unknown[];
  readonly isDev: (name: string) => boolean;
}

/** Each package once; `unnamed` counts entries without a readable name or version. */
function collect(groups: readonly Group[]): PackagesResult {
  const byName = new Map<string, ComposerPackage>();
  let unnamed = 0;
  for (const { entries, isDev } of groups) {
    for (const entry of entries) {
      if (byName.size >= limits.packagesPerFileMax) return { packages: [...byName.values()], full: true, unnamed };
      const found = toPackage(toObject(entry), isDev);
      if (found === undefined) unnamed += 1;
      else if (!byName.has(found.name)) byName.set(found.name, found);
    }
  }
  return { packages: [...byName.values()], full: false, unnamed };
}

function toPackage(entry: JsonObject | undefined, isDev: Group['isDev']): ComposerPackage | undefined {
  const name = packageName(entry === undefined ? undefined : stringOf(entry, 'name'));
  const version = identifierOf(entry === undefined ? undefined : stringOf(entry, 'version'), limits.versionCharsMax);
  if (entry === undefined || name === undefined || version === undefined) return undefined;
  const license = fieldOf(entry, 'license');
  const licenses = (Array.isArray(license) ? license : [license])
    .filter((text): text is string => typeof text === 'string' && text !== '')
    .map((text) => cleanText(text, limits.licenseCharsMax));
  return {
    name,
    version,
    dev: isDev(name),
    licenses: [...new Set(licenses)].slice(0, limits.licensesPerPackageMax),
    needs: namesIn(entry, 'require'),
    replaces: namesIn(entry, 'replace'),
  };
}

/** Packages in a map of requirements; `php`, `ext-json` and `composer-plugin-api` have no vendor and are none. */
function namesIn(object: JsonObject, key: string): readonly string[] {
  const names = Object.keys(objectOf(object, key) ?? {}).slice(0, limits.needsPerPackageMax);
  return names.flatMap((name) => packageName(name) ?? []);
}

/** `vendor/name`, https://getcomposer.org/doc/04-schema.md#name; old packages have upper case. */
function packageName(text: string | undefined): string | undefined {
  const name = identifierOf(text, limits.nameCharsMax);
  return name !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) ? name : undefined;
}
