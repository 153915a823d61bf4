import { type Readable, readLines } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { type LockNode, lockNode, toLockResult } from './lock-graph.ts';

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

/** Kinds of needs, and whether they are there when the project runs. */
const KINDS: ReadonlyMap<string, boolean> = new Map([
  ['dependencies', true],
  ['optionalDependencies', true],
  ['devDependencies', false],
]);

interface Need {
  readonly name: string;
  /** `1.0.0`, `1.0.0(peer@2.0.0)`, or the key of another package where that is an alias. */
  readonly reference: string;
}

interface Listed {
  dev: boolean;
  readonly needs: Need[];
}

interface Read {
  recognized: boolean;
  /** By key: what each package needs. Version 9 names it once more under `snapshots`, with peers in the key, and only there its needs. */
  readonly packages: Map<string, Listed>;
  readonly snapshots: Map<string, Listed>;
  readonly production: Need[];
  readonly development: Need[];
}

/**
 * pnpm-lock.yaml of versions 5 to 9: projects under `importers`, or at the top where there is one; and keys that state name and
 * version: `/foo/1.0.0` in version 5, `/foo@1.0.0(peer@2.0.0)` in version 6, `foo@1.0.0` in version 9. Read line by line as pnpm
 * writes it, by indentation: no YAML reader, hence no anchors to expand.
 */
export function parsePnpmLock(file: Readable): LockResult {
  const read: Read = { recognized: false, packages: new Map(), snapshots: new Map(), production: [], development: [] };
  const path: string[] = [];
  const outcome = readLines(file, BOUNDS, (line) => {
    const match = /^((?: {2})*)(?:'((?:[^']|'')*)'|"([^"]*)"|([^\s'"#][^:]*(?::[^\s:][^:]*)*)):(?: (.*))?$/.exec(line);
    const depth = (match?.[1]?.length ?? 0) / 2;
    const key = match?.[2]?.replaceAll("''", "'") ?? match?.[3] ?? match?.[4];
    // Text of several lines lies deeper than any key that matters, lists do too.
    if (key === undefined || depth >= PATH_MAX) return true;
    path.length = Math.min(path.length, depth);
    path.push(key);
    take(path, unquoted(match?.[5] ?? ''), read);
    return Math.max(read.packages.size, read.snapshots.size) < limits.packagesPerFileMax;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  return read.recognized ? toResult(read) : { fault: 'the lock file states no lockfileVersion', code: 'unreadable' };
}

/** `importers`, project, `dependencies`, name, `version` */
const PATH_MAX = 5;

function take(path: readonly string[], value: string, read: Read): void {
  const [section, first] = path;
  if (section === 'lockfileVersion') read.recognized = true;
  else if (section === 'importers') takeNeed(path.slice(2), value, read);
  else if (section === 'packages' || section === 'snapshots') {
    if (first !== undefined) takePackage(read[section], first, path.slice(2), value);
  } else takeNeed(path, value, read);
}

/** `dependencies`, name: `1.0.0` in version 5, and a `version` of its own below the name since. */
function takeNeed([kind = '', name, field, more]: readonly string[], value: string, read: Read): void {
  const runs = KINDS.get(kind);
  if (runs === undefined || name === undefined || value === '' || more !== undefined) return;
  if (field === undefined || field === 'version')
    (runs ? read.production : read.development).push({ name, reference: value });
}

function takePackage(
  listed: Map<string, Listed>,
  key: string,
  [field, name, more]: readonly string[],
  value: string,
): void {
  const known = listed.get(key) ?? { dev: false, needs: [] };
  listed.set(key, known);
  if (field === 'dev' && name === undefined) known.dev = value === 'true';
  if (field === undefined || name === undefined || more !== undefined || value === '') return;
  if (KINDS.get(field) === true && known.needs.length < limits.needsPerPackageMax)
    known.needs.push({ name, reference: value });
}

function toResult({ packages, snapshots, production, development }: Read): LockResult {
  const listed = snapshots.size > 0 ? snapshots : packages;
  const nodes = new Map<string, LockNode>();
  for (const [key, { dev }] of listed) nodes.set(key, toNode(key, dev));
  const find = ({ name, reference }: Need): LockNode | undefined =>
    nodes.get(reference) ??
    nodes.get(`${name}@${reference}`) ??
    nodes.get(`/${name}@${reference}`) ??
    nodes.get(`/${name}/${reference}`);
  const findAll = (needs: readonly Need[]): ReadonlySet<LockNode> => new Set(needs.flatMap((need) => find(need) ?? []));
  for (const [key, { needs }] of listed) {
    const node = nodes.get(key);
    if (node !== undefined) for (const need of findAll(needs)) node.needs.add(need);
  }
  const roots = { production: findAll(production), development: findAll(development) };
  const stated = roots.production.size + roots.development.size > 0;
  return toLockResult(nodes.values(), stated ? roots : undefined);
}

function toNode(key: string, dev: boolean): LockNode {
  // Version 5 puts another registry's host before the name.
  const match = KEY.exec(/^[^/@]+\.[^/@]+\//.test(key) ? key.slice(key.indexOf('/')) : key);
  return lockNode(match?.[1] ?? key, match?.[2], dev);
}

/** Name, separator, version; what follows `_` or `(` names peers. */
const KEY = /^\/?((?:@[^/@]+\/)?[^/@]+)[/@]([^/(_]+)/;

function unquoted(value: string): string {
  const match = /^'(.*)'$/.exec(value) ?? /^"(.*)"$/.exec(value);
  return match?.[1] ?? value;
}
