import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { type LockNode, lockNode, toLockResult } from './lock-graph.ts';
import { dependencyNames, neededNames } from './parse.ts';
import { Place } from './places.ts';

const MODULES = 'node_modules/';
const TOO_DEEP: LockResult = { fault: 'dependencies are nested deeper than lockDepthMax', code: 'limit-exceeded' };

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
    : toLockResult([]);
}

interface Placed {
  readonly node: LockNode;
  readonly place: Place<LockNode>;
  readonly needs: readonly string[];
}

function fromPaths(packages: JsonObject): LockResult {
  const root = new Place<LockNode>();
  const placed: Placed[] = [];
  const projects: { readonly place: Place<LockNode>; readonly asks: readonly string[] }[] = [];
  for (const [path, value] of Object.entries(packages)) {
    const entry = toObject(value);
    // Links lead to projects of the same workspace, which are listed by their own path.
    if (entry === undefined || fieldOf(entry, 'link') === true) continue;
    const place = placeOf(path, root);
    if (place === undefined) return TOO_DEEP;
    const last = path.lastIndexOf(MODULES);
    if (last === -1) {
      projects.push({ place, asks: dependencyNames(entry) });
      continue;
    }
    const name = stringOf(entry, 'name') ?? path.slice(last + MODULES.length);
    const node = lockNode(name, stringOf(entry, 'version'), fieldOf(entry, 'dev') === true);
    place.entry = node;
    placed.push({ node, place, needs: neededNames(entry) });
    if (placed.length >= limits.packagesPerFileMax) break;
  }
  connect(placed);
  // Without a project nobody says what is direct.
  if (projects.length > 0) for (const { node } of placed) node.direct = false;
  for (const { place, asks } of projects) {
    for (const name of asks) {
      const node = place.find(name);
      if (node !== undefined) node.direct = true;
    }
  }
  return toLockResult(placed.map(({ node }) => node));
}

/** `packages/inner/node_modules/@scope/name/node_modules/other`; a project below the root looks into the root's node_modules too. */
function placeOf(path: string, root: Place<LockNode>): Place<LockNode> | undefined {
  if (path === '') return root;
  let place: Place<LockNode> | undefined = root;
  const segments = path.split(`/${MODULES}`);
  for (const [index, segment] of segments.entries()) {
    const name = index === 0 && segment.startsWith(MODULES) ? segment.slice(MODULES.length) : segment;
    // A project's folder is no name of a package: a slash before it keeps the two apart.
    place = place?.inside(index === 0 && name === segment ? `/${segment}` : name);
  }
  return place;
}

/** Breadth first with an own queue: the depth is the file's, the stack is ours. */
function fromTree(dependencies: JsonObject): LockResult {
  const placed: Placed[] = [];
  let level: readonly { readonly object: JsonObject; readonly place: Place<LockNode> }[] = [
    { object: dependencies, place: new Place() },
  ];
  while (level.length > 0 && placed.length < limits.packagesPerFileMax) {
    const next: { readonly object: JsonObject; readonly place: Place<LockNode> }[] = [];
    for (const { object, place: above } of level) {
      for (const [key, value] of Object.entries(object)) {
        const entry = toObject(value);
        if (entry === undefined) continue;
        const place = above.inside(key);
        if (place === undefined) return TOO_DEEP;
        // An alias states its target as version: `npm:lodash@4.17.4`.
        const alias = /^npm:(.+)@([^@]+)$/.exec(stringOf(entry, 'version') ?? '');
        const version = alias?.[2] ?? stringOf(entry, 'version');
        const node = lockNode(alias?.[1] ?? key, version, fieldOf(entry, 'dev') === true);
        place.entry = node;
        placed.push({ node, place, needs: Object.keys(objectOf(entry, 'requires') ?? {}) });
        const inner = objectOf(entry, 'dependencies');
        if (inner !== undefined) next.push({ object: inner, place });
      }
    }
    level = next;
  }
  connect(placed);
  return toLockResult(placed.map(({ node }) => node));
}

function connect(placed: readonly Placed[]): void {
  for (const { node, place, needs } of placed) {
    for (const name of needs.slice(0, limits.needsPerPackageMax)) {
      const need = place.find(name);
      if (need !== undefined) node.needs.add(need);
    }
  }
}
