import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, type LayerReport, parseDigest } from '@hullcheck/core';
import { directoryLimits, fileLimits } from '../limits.ts';
import { openDescriptor } from './collected-file.ts';
import { compare, EvidenceCollector } from './evidence-collector.ts';
import type { ContentsOptions } from './layer-contents.ts';
import { readersVersion } from './readers-version.ts';

interface Folder {
  /** Relative to the root, empty for the root itself. */
  readonly path: string;
  readonly depth: number;
}

/**
 * A folder read as the root file system of an image, by the same analyzers. Links are recorded and never followed: each
 * file is opened without following and compared with what was listed, and each folder's real path must be itself, so a
 * link swapped in meanwhile leads nowhere. The digest is that of the evidence: a folder has no bytes of its own.
 */
export function readFolder(root: string, options: ContentsOptions): LayerReport {
  const realRoot = realpathSync(root);
  const rootDevice = lstatSync(realRoot).dev;
  const collector = new EvidenceCollector(options.analyzers, options.matcher);
  const pending: Folder[] = [{ path: '', depth: 0 }];
  let entries = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of list(realRoot, folder, collector)) {
      if (++entries > directoryLimits.entriesMax) {
        throw new Fault(
          'limit-exceeded',
          `the folder has more than entriesMax (${directoryLimits.entriesMax}) entries`,
        );
      }
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      const kind = visit(realRoot, path, rootDevice, options, collector);
      if (kind !== 'folder') continue;
      if (folder.depth + 1 > directoryLimits.depthMax)
        collector.problem('limit-exceeded', path, 'deeper than depthMax');
      else pending.push({ path, depth: folder.depth + 1 });
    }
  }
  const evidence = collector.evidence();
  const digest = parseDigest(`sha256:${createHash('sha256').update(JSON.stringify(evidence)).digest('hex')}`);
  if (digest === undefined) throw new Error('a sha256 hex text is a digest');
  return {
    schemaVersion: 1,
    diffId: digest,
    blobDigest: digest,
    compression: 'none',
    blobBytes: 0,
    tarBytes: 0,
    entries,
    readers: readersVersion(options.analyzers),
    whiteouts: [],
    opaque: [],
    links: Object.fromEntries([...collector.links].sort((a, b) => compare(a[0], b[0]))),
    evidence,
    problems: collector.problems(digest),
  };
}

function list(realRoot: string, folder: Folder, collector: EvidenceCollector): string[] {
  const absolute = join(realRoot, folder.path);
  try {
    if (realpathSync(absolute) !== absolute) throw new Error('it became a link');
    return readdirSync(absolute).sort(compare);
  } catch (thrown) {
    collector.problem('unreadable', folder.path, `the folder can't be listed: ${reasonOf(thrown)}`);
    return [];
  }
}

function visit(
  realRoot: string,
  path: string,
  rootDevice: number,
  options: ContentsOptions,
  collector: EvidenceCollector,
): 'folder' | 'other' {
  const absolute = join(realRoot, path);
  try {
    const stat = lstatSync(absolute);
    if (stat.isSymbolicLink()) collector.links.set(path, readlinkSync(absolute));
    // Kernel file systems of a running host are no part of its root file system.
    if (stat.isDirectory()) return stat.dev !== rootDevice && /^(?:proc|sys|dev)$/.test(path) ? 'other' : 'folder';
    if (stat.isFile()) readOne(absolute, path, stat, options, collector);
  } catch (thrown) {
    if (options.matcher.byName(path).length > 0) collector.problem('unreadable', path, reasonOf(thrown));
  }
  return 'other';
}

function readOne(
  absolute: string,
  path: string,
  listed: { readonly dev: number; readonly ino: number; readonly mode: number; readonly size: number },
  options: ContentsOptions,
  collector: EvidenceCollector,
): void {
  const named = options.matcher.byName(path);
  const executable = (listed.mode & 0o111) !== 0 && options.matcher.magicBytes > 0;
  if (named.length === 0 && !executable) return;
  // Non-blocking: a named pipe swapped in must not stop the reader.
  const descriptor = openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = fstatSync(descriptor);
    if (opened.ino !== listed.ino || opened.dev !== listed.dev || !opened.isFile())
      throw new Error('the file changed meanwhile');
    const file = openDescriptor(descriptor, path, listed.mode & 0o7777, opened.size);
    const magic = executable ? options.matcher.byMagic(Buffer.from(file.read(0, options.matcher.magicBytes))) : [];
    const analyzers = [...new Set([...named, ...magic])];
    if (analyzers.length === 0) return;
    if (opened.size > fileLimits.spilledBytesMax) {
      collector.problem(
        'limit-exceeded',
        path,
        `${opened.size} bytes exceed spilledBytesMax (${fileLimits.spilledBytesMax})`,
      );
      return;
    }
    collector.record(path, analyzers, collector.analyze(file, analyzers));
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf(thrown: unknown): string {
  // Node's messages repeat the path of the host; the code says enough.
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
