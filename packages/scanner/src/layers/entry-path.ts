import { layerLimits } from '../limits.ts';

export type EntryPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'root' }
  | { readonly kind: 'refused'; readonly code: 'unreadable' | 'limit-exceeded'; readonly detail: string };

/**
 * A name of a tar entry as a relative path without leading `/`, `.` or `..`. A name that climbs above the root is refused:
 * runtimes refuse it too, and nothing here may ever see a path outside the image.
 */
export function normalizeEntryPath(name: string): EntryPath {
  if (name.length > layerLimits.pathBytesMax) {
    return {
      kind: 'refused',
      code: 'limit-exceeded',
      detail: `a path exceeds pathBytesMax (${layerLimits.pathBytesMax})`,
    };
  }
  const parts: string[] = [];
  if (isPlain(name)) return withinDepth(name);
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined)
      return { kind: 'refused', code: 'unreadable', detail: 'a path leads out of the layer' };
  }
  return parts.length === 0 ? { kind: 'root' } : withinDepth(parts.join('/'));
}

/** Most names need no work; splitting each of a million would cost more than reading their bytes. */
function isPlain(name: string): boolean {
  if (name === '') return false;
  let start = 0;
  for (let i = 0; i <= name.length; i++) {
    if (i < name.length && name.charCodeAt(i) !== 0x2f) continue;
    const length = i - start;
    if (
      length === 0 ||
      (name.charCodeAt(start) === 0x2e && (length === 1 || (length === 2 && name[start + 1] === '.')))
    ) {
      return false;
    }
    start = i + 1;
  }
  return true;
}

function withinDepth(path: string): EntryPath {
  let depth = 1;
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) === 0x2f) depth++;
  if (depth > layerLimits.pathDepthMax) {
    return { kind: 'refused', code: 'limit-exceeded', detail: `a path is ${depth} folders deep, above pathDepthMax` };
  }
  return { kind: 'path', path };
}
