import { limits } from '../limits.ts';
import { type LockedPackage, LockedPackages, type LockResult } from '../locked-packages.ts';
import { evaluateMarker, LINUX } from './marker.ts';
import { distributionName, normalizeName } from './names.ts';

export type PythonLock = {
  readonly packages: readonly LockedPackage[];
  /** Whether the file tells what only development needs; else the project's manifest has to. */
  readonly grouped: boolean;
};

export type PythonLockResult =
  | (PythonLock & { readonly full: boolean })
  | Extract<LockResult, { readonly fault: string }>;

/** A dependency as a lock file states it; `version` where it tells apart versions that are locked for different environments. */
export interface LockEdge {
  readonly name: string;
  readonly version?: string | undefined;
  readonly marker?: string | undefined;
}

export interface LockNode {
  readonly name: string;
  readonly version: string;
  readonly marker?: string | undefined;
  /** Whether it is for development only; undefined where the file doesn't say. */
  readonly dev?: boolean | undefined;
  readonly direct?: boolean | undefined;
  readonly edges: readonly LockEdge[];
}

/** What the project itself asks for. */
export interface LockRoots {
  readonly production: readonly LockEdge[];
  readonly development: readonly LockEdge[];
}

/**
 * The packages of one lock file with what they need, without those whose markers keep them off Linux. A lock file has one
 * version for each environment that it serves (Python 3.9 and 3.12); all of them stay, for which Python would run is not known.
 */
export function toPythonLock(nodes: readonly LockNode[], roots: LockRoots | undefined): PythonLockResult {
  const kept = nodes.slice(0, limits.packagesPerFileMax).filter(({ marker }) => isPossible(marker));
  const byName = new Map<string, LockNode[]>();
  for (const node of kept) {
    const key = normalizeName(node.name);
    const others = byName.get(key);
    if (others === undefined) byName.set(key, [node]);
    else if (others.length < limits.versionsPerNameMax) others.push(node);
  }
  let edges = 0;
  const targetsOf = (from: readonly LockEdge[]): readonly LockNode[] => {
    const found: LockNode[] = [];
    for (const { name, version, marker } of from) {
      if (edges > limits.needsPerFileMax) break;
      const known = isPossible(marker) ? (byName.get(normalizeName(name)) ?? []) : [];
      const exact = known.filter((node) => node.version === version);
      const chosen = exact.length > 0 ? exact : known;
      edges += 1 + chosen.length;
      found.push(...chosen);
    }
    return found;
  };
  const targets = new Map(kept.map((node) => [node, targetsOf(node.edges)]));
  const direct = new Set(roots === undefined ? [] : targetsOf([...roots.production, ...roots.development]));
  const production = roots === undefined ? undefined : reachable(targetsOf(roots.production), targets);
  const locked = new LockedPackages();
  for (const node of kept) {
    locked.add({
      name: node.name,
      version: node.version,
      dev: node.dev ?? (production === undefined ? false : !production.has(node)),
      direct: node.direct ?? (roots === undefined ? null : direct.has(node)),
      needs: (targets.get(node) ?? []).map(({ name, version }) => `${name}@${version}`),
    });
  }
  const result = locked.result();
  if ('fault' in result) return result;
  const full = result.full || nodes.length > limits.packagesPerFileMax || edges > limits.needsPerFileMax;
  return { packages: result.packages, full, grouped: roots !== undefined || kept.some(({ dev }) => dev !== undefined) };
}

/** A node of a lock file; undefined without a name that an index could hold or without a version. */
export function toNode(
  name: string | undefined,
  version: string | undefined,
  rest: Omit<LockNode, 'name' | 'version'>,
): LockNode | undefined {
  const known = distributionName(name);
  return known === undefined || version === undefined ? undefined : { name: known, version, ...rest };
}

/** Everything that can be reached from some keys of a graph, these included. */
export function reachable<K>(from: Iterable<K>, edges: ReadonlyMap<K, readonly K[]>): ReadonlySet<K> {
  const seen = new Set<K>(from);
  for (const key of seen) for (const next of edges.get(key) ?? []) seen.add(next);
  return seen;
}

function isPossible(marker: string | undefined): boolean {
  return marker === undefined || evaluateMarker(marker, LINUX) !== 'false';
}
