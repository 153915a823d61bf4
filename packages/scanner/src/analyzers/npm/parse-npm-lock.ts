import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { dependencyNames } from './parse.ts';
import { isPublished } from './published.ts';

/**
 * package-lock.json and npm-shrinkwrap.json: `packages` by path in versions 2 and 3, nested `dependencies` in version 1.
 * https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
 */
export function parseNpmLock(bytes: Uint8Array): LockResult {
  const lock = parseJsonObject(bytes);
  if (lock === undefined) return { fault: 'the lock file is no JSON object', code: 'unreadable' };
  const packages = objectOf(lock, 'packages');
  if (packages !== undefined) return fromPaths(packages);
  const dependencies = objectOf(lock, 'dependencies');
  if (dependencies !== undefined) return fromTree(dependencies);
  // npm writes neither for a project without dependencies.
  return fieldOf(lock, 'lockfileVersion') === undefined
    ? { fault: 'the lock file has neither packages nor dependencies', code: 'unreadable' }
    : new LockedPackages(isPublished).result();
}

function fromPaths(packages: JsonObject): LockResult {
  const locked = new LockedPackages(isPublished);
  const root = objectOf(packages, '');
  const direct = new Set(root === undefined ? [] : dependencyNames(root));
  for (const [path, value] of Object.entries(packages)) {
    const entry = toObject(value);
    const last = path.lastIndexOf('node_modules/');
    // Paths outside node_modules are the project's own workspaces; links lead to them.
    if (entry === undefined || last === -1 || fieldOf(entry, 'link') === true) continue;
    const installedAs = path.slice(last + 'node_modules/'.length);
    const isDirect = root === undefined ? null : last === 0 && direct.has(installedAs);
    const dev = fieldOf(entry, 'dev') === true;
    locked.add({
      name: stringOf(entry, 'name') ?? installedAs,
      version: stringOf(entry, 'version'),
      dev,
      direct: isDirect,
    });
    if (locked.full) break;
  }
  return locked.result();
}

/** Breadth first with an own queue: the depth is the file's, the stack is ours. */
function fromTree(dependencies: JsonObject): LockResult {
  const locked = new LockedPackages(isPublished);
  let level: readonly JsonObject[] = [dependencies];
  for (let depth = 0; level.length > 0 && !locked.full; depth += 1) {
    if (depth >= limits.lockDepthMax)
      return { fault: 'dependencies are nested deeper than lockDepthMax', code: 'limit-exceeded' };
    const next: JsonObject[] = [];
    for (const [key, value] of level.flatMap((object) => Object.entries(object))) {
      const entry = toObject(value);
      if (entry === undefined) continue;
      // An alias states its target as version: `npm:lodash@4.17.4`.
      const alias = /^npm:(.+)@([^@]+)$/.exec(stringOf(entry, 'version') ?? '');
      locked.add({
        name: alias?.[1] ?? key,
        version: alias?.[2] ?? stringOf(entry, 'version'),
        dev: fieldOf(entry, 'dev') === true,
        direct: null,
      });
      const inner = objectOf(entry, 'dependencies');
      if (inner !== undefined) next.push(inner);
    }
    level = next;
  }
  return locked.result();
}
