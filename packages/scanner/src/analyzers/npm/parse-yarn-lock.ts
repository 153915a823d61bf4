import { type Readable, readLines } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { isPublished } from './published.ts';

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

interface Entry {
  readonly descriptors: string;
  version: string | undefined;
  resolution: string | undefined;
}

/**
 * yarn.lock, both of Yarn 1 (`version "1.0.0"`) and of Yarn 2 and later (YAML: `version: 1.0.0`). Only top-level keys and their
 * `version` and `resolution` are read, line by line: no YAML reader, hence no anchors to expand.
 */
export function parseYarnLock(file: Readable): LockResult {
  const locked = new LockedPackages(isPublished);
  let entry: Entry | undefined;
  let entries = 0;
  const close = (): void => {
    if (entry === undefined) return;
    entries += 1;
    const name = nameOf(entry);
    if (name !== undefined) locked.add({ name, version: entry.version, dev: false, direct: null });
    entry = undefined;
  };
  let recognized = false;
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.startsWith('# yarn lockfile') || line.startsWith('__metadata:')) recognized = true;
    if (line === '' || line.startsWith('#')) return true;
    if (!line.startsWith(' ')) {
      close();
      if (line.endsWith(':') && line !== '__metadata:')
        entry = { descriptors: line.slice(0, -1), version: undefined, resolution: undefined };
      return !locked.full;
    }
    const field = /^ {2}"?(version|resolution)"?:? "?([^"]*)"?$/.exec(line);
    if (entry !== undefined && field?.[1] === 'version') entry.version = field[2];
    if (entry !== undefined && field?.[1] === 'resolution') entry.resolution = field[2];
    return true;
  });
  close();
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  return recognized || entries > 0 ? locked.result() : { fault: 'the lock file holds no entry', code: 'unreadable' };
}

/** Undefined for the project's own workspaces and for links: nothing of theirs comes from a registry. */
function nameOf({ descriptors, resolution }: Entry): string | undefined {
  if (resolution !== undefined) {
    const match = /^(@?[^@]+)@([a-z]+):/.exec(resolution);
    return match?.[2] === 'npm' || match?.[2] === 'patch' ? match[1] : undefined;
  }
  const first =
    descriptors
      .replace(/^"/, '')
      .split(/"?, "?/, 1)[0]
      ?.replace(/"$/, '') ?? '';
  const match = /^(@?[^@]+)@(.*)$/.exec(first);
  // An alias: `lodash-old@npm:lodash@4.17.4`.
  return /^npm:(@?[^@]+)(?:@|$)/.exec(match?.[2] ?? '')?.[1] ?? match?.[1];
}
