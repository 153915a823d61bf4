import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { type LockNode, lockNode, toLockResult } from './lock-graph.ts';

/**
 * The npm packages of deno.lock, versions 2 to 5: what was asked for (`specifiers`), and by `name@version` what each needs. Those of
 * JSR are left out: no advisory names them and no purl type is defined for them.
 * https://docs.deno.com/runtime/fundamentals/modules/#integrity-checking-and-lock-files
 */
export function parseDenoLock(bytes: Uint8Array): LockResult {
  const lock = parseJsonObject(bytes);
  if (lock === undefined || fieldOf(lock, 'version') === undefined)
    return { fault: 'the lock file is no JSON object with a version', code: 'unreadable' };
  // Version 2 has both under `npm`, version 3 under `packages`, later ones at the top.
  const second = objectOf(lock, 'npm') ?? {};
  const third = objectOf(lock, 'packages') ?? {};
  const packages = objectOf(second, 'packages') ?? objectOf(third, 'npm') ?? second;
  const specifiers =
    objectOf(second, 'specifiers') ?? objectOf(third, 'specifiers') ?? objectOf(lock, 'specifiers') ?? {};
  return toResult(packages, specifiers);
}

function toResult(packages: JsonObject, specifiers: JsonObject): LockResult {
  const nodes = new Map<string, LockNode>();
  const byName = new Map<string, LockNode>();
  const listed: { readonly node: LockNode; readonly entry: JsonObject }[] = [];
  for (const [key, value] of Object.entries(packages).slice(0, limits.packagesPerFileMax)) {
    // What follows `_` names peers.
    const match = /^(@?[^@]+)@([^_]+)/.exec(key);
    const entry = toObject(value);
    if (match?.[1] === undefined || entry === undefined) continue;
    const node = lockNode(match[1], match[2]);
    nodes.set(key, node);
    byName.set(match[1], node);
    listed.push({ node, entry });
  }
  for (const { node, entry } of listed) {
    for (const need of neededKeys(entry)) {
      const found = nodes.get(need) ?? byName.get(need);
      if (found !== undefined) node.needs.add(found);
    }
  }
  const production = new Set<LockNode>();
  for (const [specifier, resolved] of Object.entries(specifiers)) {
    if (typeof resolved !== 'string') continue;
    // `npm:chalk@5` → `npm:chalk@5.3.0` up to version 3, → `5.3.0` since.
    const name = /^(?:npm:)?(@?[^@]+)/.exec(specifier)?.[1] ?? '';
    const found = nodes.get(resolved.replace(/^npm:/, '')) ?? nodes.get(`${name}@${resolved}`);
    if (found !== undefined) production.add(found);
  }
  return toLockResult(nodes.values(), { production, development: new Set() });
}

/** An object by name up to version 3; a list since, with the version only where several are locked, behind an alias after `@npm:`. */
function neededKeys(entry: JsonObject): readonly string[] {
  return ['dependencies', 'optionalDependencies']
    .flatMap((kind) => {
      const stated = fieldOf(entry, kind);
      if (!Array.isArray(stated)) {
        const byName = objectOf(entry, kind) ?? {};
        return Object.keys(byName).flatMap((name) => stringOf(byName, name) ?? []);
      }
      return stated.filter((need): need is string => typeof need === 'string');
    })
    .map((need) => /@npm:(.+)$/.exec(need)?.[1] ?? need)
    .slice(0, limits.needsPerPackageMax);
}
