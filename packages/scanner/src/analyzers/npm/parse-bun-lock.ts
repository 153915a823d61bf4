import { fieldOf, type JsonObject, objectOf, toObject } from '../../formats/json/index.ts';
import { parseJsoncObject } from '../../formats/json/jsonc.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { type LockNode, lockNode, toLockResult } from './lock-graph.ts';
import { neededNames } from './parse.ts';
import { Place } from './places.ts';

/**
 * bun.lock of versions 0 and 1: JSON with commas after the last items. `workspaces` says what projects ask for; keys of `packages`
 * are places (`a/b` is the b inside a's node_modules), values begin with `name@version`. https://bun.sh/docs/install/lockfile
 */
export function parseBunLock(bytes: Uint8Array): LockResult {
  const lock = parseJsoncObject(bytes);
  const packages = lock === undefined ? undefined : objectOf(lock, 'packages');
  if (lock === undefined || fieldOf(lock, 'lockfileVersion') === undefined)
    return { fault: 'the lock file is no JSON object with a lockfileVersion', code: 'unreadable' };
  const root = new Place<LockNode>();
  const placed: { readonly node: LockNode; readonly place: Place<LockNode>; readonly needs: readonly string[] }[] = [];
  for (const [key, value] of Object.entries(packages ?? {}).slice(0, limits.packagesPerFileMax)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    const place = placeOf(key, root);
    const stated = typeof list[0] === 'string' ? /^(@?[^@]+)@(.*)$/.exec(list[0]) : null;
    if (place === undefined) return { fault: 'packages are nested deeper than lockDepthMax', code: 'limit-exceeded' };
    if (stated?.[1] === undefined) continue;
    const node = lockNode(stated[1], stated[2]);
    place.entry = node;
    // The third item is of the registry's packages, the second of folders and archives.
    const about = list.map(toObject).find((item) => item !== undefined);
    placed.push({ node, place, needs: about === undefined ? [] : runningNeeds(about) });
  }
  for (const { node, place, needs } of placed) {
    for (const name of needs) {
      const need = place.find(name);
      if (need !== undefined) node.needs.add(need);
    }
  }
  const projects = Object.values(objectOf(lock, 'workspaces') ?? {})
    .map(toObject)
    .filter((project) => project !== undefined);
  return toLockResult(
    placed.map(({ node }) => node),
    {
      production: asked(projects, ['dependencies', 'optionalDependencies', 'peerDependencies'], root),
      development: asked(projects, ['devDependencies'], root),
    },
  );
}

/** Peers that may be absent are not wanted by whoever may use them. */
function runningNeeds(about: JsonObject): readonly string[] {
  const optional: unknown = fieldOf(about, 'optionalPeers');
  const absent = new Set<unknown>(Array.isArray(optional) ? optional : []);
  return neededNames(about).filter((name) => !absent.has(name));
}

/** A project that gets another version than the root has it below its own name. */
function asked(projects: readonly JsonObject[], kinds: readonly string[], root: Place<LockNode>): Set<LockNode> {
  const nodes = new Set<LockNode>();
  for (const project of projects) {
    const name = fieldOf(project, 'name');
    const place = typeof name === 'string' ? (placeOf(name, root) ?? root) : root;
    for (const wanted of kinds.flatMap((kind) => Object.keys(objectOf(project, kind) ?? {}))) {
      const node = place.find(wanted);
      if (node !== undefined) nodes.add(node);
    }
  }
  return nodes;
}

/** `a/@scope/b/c` → a, @scope/b, c */
function placeOf(key: string, root: Place<LockNode>): Place<LockNode> | undefined {
  let place: Place<LockNode> | undefined = root;
  for (const [name] of key.matchAll(/@[^/]+\/[^/]+|[^/]+/g)) place = place?.inside(name);
  return place;
}
