import type { LayerContext } from '@hullcheck/core';
import { cleanText } from './foreign-text.ts';
import { limits } from './limits.ts';

const PROGRAM_FOLDERS = /(?:^|\/)(?:s?bin|libexec|games)\//;
const LIBRARY = /\.(?:so|node)(?:\.|$)/;
const LIBRARY_FOLDERS = /^(?:usr\/(?:local\/)?lib(?:32|64)?|lib(?:32|64)?|opt)\//;

/**
 * Whether a path that a package database lists may ever be asked for: any analyzer claims it by name, or it may be a
 * program, which analyzers claim by its first bytes. The rest (manual pages, headers, icons) is nine tenths of a database.
 */
export function mayBeAsked(path: string, layer: LayerContext): boolean {
  return isInteresting(path, layer) && cleanText(path, limits.pathCharsMax) === path;
}

function isInteresting(path: string, layer: LayerContext): boolean {
  if (PROGRAM_FOLDERS.test(path) || layer.isClaimed(path)) return true;
  if (!LIBRARY_FOLDERS.test(path)) return false;
  // Programs outside bin folders (`usr/lib/go-1.19/pkg/tool/linux_amd64/compile`) have no extension. Libraries have the
  // execute bit in Alpine and all rpm distributions, and the C library and the loader have it everywhere.
  const base = path.slice(path.lastIndexOf('/') + 1);
  return !base.includes('.') || LIBRARY.test(base);
}
