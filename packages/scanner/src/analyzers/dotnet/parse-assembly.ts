import { parsePe } from '../../formats/pe/index.ts';
import { readVersionStrings } from '../../formats/pe/version-info.ts';
import type { Readable } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export interface Assembly {
  readonly name: string;
  readonly version: string;
}

/**
 * The NuGet package of an assembly that no deps.json accounts for, where its version information can be trusted to name one:
 * undefined for all others.
 *
 * `FileVersion` counts builds (8.0.324.11423 is System.Text.Json 8.0.3), so taking it makes old packages look new
 * (https://github.com/anchore/syft/issues/4017). `ProductVersion` is the package's version when the .NET SDK wrote it, which the
 * commit after the plus sign shows; the .NET Framework and Mono put their own number there. The name is the file's own, and
 * `OriginalFilename` must say the same: product names and descriptions are prose.
 */
export function parseAssembly(file: Readable, path: string): Assembly | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1);
  const pe = parsePe(file);
  if (pe === null || 'fault' in pe || !pe.managed) return undefined;
  const strings = readVersionStrings(pe, file);
  if (strings.get('OriginalFilename')?.trim().toLowerCase() !== base.toLowerCase()) return undefined;
  const version = BUILT_BY_SDK.exec(strings.get('ProductVersion')?.trim() ?? '')?.[1];
  const name = identifierOf(base.slice(0, base.lastIndexOf('.')), limits.nameCharsMax);
  const stated = identifierOf(version, limits.versionCharsMax);
  return name === undefined || stated === undefined ? undefined : { name, version: stated };
}

/** Three numbers, perhaps labels, and the commit. */
const BUILT_BY_SDK = /^(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]{1,128})?)\+(?:[0-9A-Za-z.-]{0,128}\.)?[0-9a-f]{40}$/;
