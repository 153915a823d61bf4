import { fieldOf, parseJsonObject } from '../../formats/json/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/**
 * The repositories that Red Hat's build system took an image's packages from. Other documents lie in the same folders (SBOMs,
 * labels), so a file without content sets is no fault.
 * https://github.com/containerbuildsystem/atomic-reactor/blob/master/atomic_reactor/schemas/content_manifest.json
 */
export function parseContentSets(bytes: Uint8Array): readonly string[] {
  const manifest = parseJsonObject(bytes);
  const stated = manifest === undefined ? undefined : fieldOf(manifest, 'content_sets');
  if (!Array.isArray(stated)) return [];
  const sets = stated.slice(0, limits.contentSetsPerFileMax).flatMap((set: unknown) => {
    return typeof set === 'string' ? (identifierOf(set, limits.nameCharsMax) ?? []) : [];
  });
  return [...new Set(sets)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
