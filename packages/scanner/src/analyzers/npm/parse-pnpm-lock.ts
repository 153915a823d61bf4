import { type Readable, readLines } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { isPublished } from './published.ts';

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

/**
 * pnpm-lock.yaml: the keys under `packages`, which state name and version: `/foo/1.0.0` in version 5, `/foo@1.0.0(peer@2.0.0)` in
 * version 6, `foo@1.0.0` in version 9. Read line by line as pnpm writes it: no YAML reader, hence no anchors to expand.
 */
export function parsePnpmLock(file: Readable): LockResult {
  const locked = new LockedPackages(isPublished);
  let recognized = false;
  let inPackages = false;
  let key: string | undefined;
  let dev = false;
  const close = (): void => {
    const match = key === undefined ? null : KEY.exec(key);
    if (match?.[1] !== undefined) locked.add({ name: match[1], version: match[2], dev, direct: null });
    key = undefined;
    dev = false;
  };
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.startsWith('lockfileVersion:')) recognized = true;
    if (/^[a-zA-Z]/.test(line)) {
      close();
      inPackages = line === 'packages:';
    } else if (inPackages) {
      const entry = /^ {2}'?([^\s'].*?)'?:(?: \{.*)?$/.exec(line);
      if (entry !== null) {
        close();
        key = entry[1];
      } else if (line === '    dev: true') dev = true;
    }
    return !locked.full;
  });
  close();
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  return recognized ? locked.result() : { fault: 'the lock file states no lockfileVersion', code: 'unreadable' };
}

/** Name, separator, version; what follows `_` or `(` names peers. */
const KEY = /^\/?((?:@[^/@]+\/)?[^/@]+)[/@]([^/(_]+)/;
