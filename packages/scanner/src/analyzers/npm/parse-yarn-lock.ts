import { type Readable, readLines } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { type LockNode, lockNode, toLockResult } from './lock-graph.ts';

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

interface Entry {
  /** What is asked for and answered by this entry: `a@^1.0.0`, `a@npm:^1.0.0`. */
  readonly descriptors: readonly string[];
  version: string | undefined;
  resolution: string | undefined;
  /** What it asks for, as descriptors without protocol as the case may be. */
  readonly asks: string[];
}

/**
 * yarn.lock, both of Yarn 1 (`version "1.0.0"`) and of Yarn 2 and later (YAML: `version: 1.0.0`). Only top-level keys, their
 * `version`, `resolution` and dependencies are read, line by line: no YAML reader, hence no anchors to expand.
 */
export function parseYarnLock(file: Readable): LockResult {
  const entries: Entry[] = [];
  let entry: Entry | undefined;
  let inDependencies = false;
  let recognized = false;
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.startsWith('# yarn lockfile') || line.startsWith('__metadata:')) recognized = true;
    if (line === '' || line.startsWith('#')) return true;
    if (!line.startsWith(' ')) {
      entry = undefined;
      if (line.endsWith(':') && line !== '__metadata:') {
        entry = { descriptors: descriptorsOf(line.slice(0, -1)), version: undefined, resolution: undefined, asks: [] };
        entries.push(entry);
      }
      return entries.length < limits.packagesPerFileMax;
    }
    if (entry === undefined) return true;
    if (line.startsWith('    ')) {
      const ask = inDependencies ? askOf(line.trim()) : undefined;
      if (ask !== undefined && entry.asks.length < limits.needsPerPackageMax) entry.asks.push(ask);
      return true;
    }
    inDependencies = /^ {2}(?:dependencies|optionalDependencies):$/.test(line);
    const field = /^ {2}"?(version|resolution)"?:? "?([^"]*)"?$/.exec(line);
    if (field?.[1] === 'version') entry.version = field[2];
    if (field?.[1] === 'resolution') entry.resolution = field[2];
    return true;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  return recognized || entries.length > 0
    ? toResult(entries)
    : { fault: 'the lock file holds no entry', code: 'unreadable' };
}

function toResult(entries: readonly Entry[]): LockResult {
  const nodes = entries.map((entry) => ({ entry, node: toNode(entry) }));
  const byDescriptor = new Map(nodes.flatMap((each) => each.entry.descriptors.map((text) => [text, each] as const)));
  const asked = new Set<string>();
  for (const { entry, node } of nodes) {
    for (const ask of entry.asks) {
      // Yarn 2 and 3 leave the protocol out where it is npm's own; the descriptor has it.
      const descriptor = byDescriptor.has(ask) ? ask : ask.replace(/^(@?[^@]+)@/, '$1@npm:');
      const need = byDescriptor.get(descriptor);
      if (need === undefined) continue;
      node.needs.add(need.node);
      if (!isProject(entry)) asked.add(descriptor);
    }
  }
  const hasProjects = entries.some(isProject);
  for (const { entry, node } of nodes) {
    // Yarn 1 lists no project: what no other entry asks for, the project does. What both ask for looks the same.
    if (hasProjects) node.direct = false;
    else node.direct = entry.descriptors.some((text) => !asked.has(text)) ? true : null;
  }
  for (const { entry, node } of nodes) if (isProject(entry)) for (const need of node.needs) need.direct = true;
  return toLockResult(nodes.map(({ node }) => node));
}

function isProject({ resolution }: Entry): boolean {
  return resolution !== undefined && /@workspace:/.test(resolution);
}

/** No version for the project's own workspaces and for links: nothing of theirs comes from a registry. */
function toNode({ descriptors, version, resolution }: Entry): LockNode {
  if (resolution !== undefined) {
    const match = /^(@?[^@]+)@([a-z]+):/.exec(resolution);
    const isFetched = match?.[2] === 'npm' || match?.[2] === 'patch';
    return lockNode(match?.[1] ?? resolution, isFetched ? version : undefined);
  }
  const match = /^(@?[^@]+)@(.*)$/.exec(descriptors[0] ?? '');
  // An alias: `lodash-old@npm:lodash@4.17.4`.
  const name = /^npm:(@?[^@]+)(?:@|$)/.exec(match?.[2] ?? '')?.[1] ?? match?.[1];
  return lockNode(name ?? '', version);
}

/** `"@babel/core@^7.0.0", "@babel/core@^7.1.0"` in Yarn 1; one string with commas later. A range may hold a comma of its own. */
function descriptorsOf(text: string): readonly string[] {
  return text
    .replaceAll('"', '')
    .split(/, (?=@?[^@\s,]+@)/)
    .slice(0, limits.packagesPerFileMax);
}

/** `"@babel/highlight" "^7.22.13"` in Yarn 1, `"@babel/highlight": "npm:^7.22.13"` later. */
function askOf(text: string): string | undefined {
  const match = /^("?)([^"\s]+?)\1(?::? )"?([^"]*)"?$/.exec(text);
  return match?.[2] === undefined ? undefined : `${match[2]}@${match[3]}`;
}
