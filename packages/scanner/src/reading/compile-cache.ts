import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for Node's compile cache of the reading process: without it each start strips types and compiles anew (170 ms
 * and 30 MB more, measured). Cached code is run, so the folder must be ours alone: on a shared machine another user could
 * have made it first. Undefined when it can't be trusted; then there is no cache.
 */
export function findCompileCacheFolder(): string | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  const folder = join(tmpdir(), `hullcheck-compile-${user}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === user && (stat.mode & 0o077) === 0 ? folder : undefined;
  } catch {
    return undefined;
  }
}
