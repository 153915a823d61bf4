import { fieldOf, type JsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { parseToml } from '../../formats/toml/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

export interface CargoLock {
  /** Names of the project's own packages, sorted. */
  readonly members: readonly string[];
  readonly crates: LockResult;
}

interface Entry {
  readonly name: string;
  readonly version: string;
  /** Null for packages of the project itself and those at a path. */
  readonly source: string | null;
  readonly dependencies: readonly string[];
}

/**
 * Cargo.lock of every version: an array of packages; in version 1 of Cargo's first years the project itself stands apart as `root`.
 * A need is `name`, `name version` where several are locked, or `name version (source)`, always so in version 1.
 * https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
 */
export function parseCargoLock(bytes: Uint8Array): CargoLock {
  const broken = (fault: string): CargoLock => ({ members: [], crates: { fault, code: 'unreadable' } });
  const document = parseToml(bytes);
  if (document === undefined) return broken('the lock file is no TOML');
  const list = fieldOf(document, 'package');
  // Cargo writes a lone `version = 4` for a workspace without packages.
  if (!Array.isArray(list) && fieldOf(document, 'version') === undefined)
    return broken('the lock file holds no packages');
  const root = toObject(fieldOf(document, 'root'));
  const stated: readonly unknown[] = [...(root === undefined ? [] : [root]), ...(Array.isArray(list) ? list : [])];
  return toLock(stated.flatMap((value) => toEntry(toObject(value) ?? {}) ?? []));
}

function toLock(entries: readonly Entry[]): CargoLock {
  const byName = new Map<string, Entry[]>();
  for (const entry of entries) byName.set(entry.name, [...(byName.get(entry.name) ?? []).slice(-VERSIONS_MAX), entry]);
  const find = (need: string): Entry | undefined => {
    const [name = '', version] = need.split(' ');
    const candidates = byName.get(name) ?? [];
    return version === undefined ? candidates[0] : candidates.find((candidate) => candidate.version === version);
  };
  const members = entries.filter(({ source }) => source === null);
  const direct = new Set(members.flatMap(({ dependencies }) => dependencies.map(find)));
  const crates = new LockedPackages();
  for (const entry of entries) {
    if (entry.source === null) continue;
    crates.add({
      name: entry.name,
      version: entry.version,
      dev: false,
      direct: direct.has(entry),
      needs: entry.dependencies
        .map(find)
        .flatMap((need) => (need === undefined ? [] : [`${need.name}@${need.version}`])),
    });
    if (crates.full) break;
  }
  return { members: [...new Set(members.map(({ name }) => name))].sort(), crates: crates.result() };
}

/** Versions of one crate that one lock file may hold; Cargo keeps one for each range of compatible versions. */
const VERSIONS_MAX = 100;

function toEntry(object: JsonObject): Entry | undefined {
  const name = identifierOf(stringOf(object, 'name'), limits.nameCharsMax);
  const version = identifierOf(stringOf(object, 'version'), limits.versionCharsMax);
  if (name === undefined || version === undefined) return undefined;
  const dependencies: unknown = fieldOf(object, 'dependencies');
  return {
    name,
    version,
    source: stringOf(object, 'source') ?? null,
    dependencies: Array.isArray(dependencies)
      ? dependencies.filter((need): need is string => typeof need === 'string').slice(0, limits.needsPerPackageMax)
      : [],
  };
}
