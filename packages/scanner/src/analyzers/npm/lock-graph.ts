import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { isPublished } from './published.ts';

/** One entry of a lock file while it is read. Projects and links are nodes too: what they need is needed. */
export interface LockNode {
  /** Name in the registry, behind an alias. */
  readonly name: string;
  /** Undefined for what no registry published. */
  readonly version: string | undefined;
  readonly needs: Set<LockNode>;
  /** Where the lock file marks it; otherwise found out by who needs it. */
  dev: boolean;
  direct: boolean | null;
}

export function lockNode(name: string, version: string | undefined, dev = false): LockNode {
  return { name, version, dev, direct: null, needs: new Set() };
}

/** What projects ask for, where the lock file says for what. */
export interface LockRoots {
  readonly production: ReadonlySet<LockNode>;
  readonly development: ReadonlySet<LockNode>;
}

/** The nodes as locked packages; with `roots`, who is direct, and who is there for development only. */
export function toLockResult(nodes: Iterable<LockNode>, roots?: LockRoots): LockResult {
  const all = [...nodes];
  if (roots !== undefined) {
    const running = reachable(roots.production);
    const developing = reachable(roots.development);
    for (const node of all) {
      node.direct = roots.production.has(node) || roots.development.has(node);
      // What nothing asks for may be a leftover, and may be asked for in a way that is not read: it stays.
      node.dev ||= developing.has(node) && !running.has(node);
    }
  }
  const locked = new LockedPackages(isPublished);
  for (const { name, version, dev, direct, needs } of all) {
    locked.add({
      name,
      version,
      dev,
      direct,
      needs: [...needs].flatMap((need) => (need.version === undefined ? [] : [`${need.name}@${need.version}`])),
    });
    if (locked.full) break;
  }
  return locked.result();
}

function reachable(starts: ReadonlySet<LockNode>): ReadonlySet<LockNode> {
  const found = new Set(starts);
  // A set hands over what is added while it is walked.
  for (const node of found) for (const need of node.needs) found.add(need);
  return found;
}
