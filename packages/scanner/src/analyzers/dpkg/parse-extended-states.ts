import { type LinesOutcome, type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/**
 * apt's extended_states: stanzas of Package, Architecture and Auto-Installed, of which `1` means that nobody asked for the
 * package itself. What apt never marked is not in it. https://manpages.debian.org/apt-mark.8
 */
export function parseExtendedStates(file: Readable): {
  readonly packages: readonly string[];
  readonly outcome: LinesOutcome;
} {
  const packages = new Set<string>();
  let name: string | undefined;
  const bounds = { fileBytesMax: limits.packageDatabaseBytesMax, lineBytesMax: limits.lineBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    if (line.startsWith('Package:')) name = identifierOf(line.slice('Package:'.length).trim(), limits.nameCharsMax);
    else if (name !== undefined && /^Auto-Installed:\s*1\s*$/.test(line)) packages.add(name);
    else if (line.trim() === '') name = undefined;
    return packages.size < limits.packagesPerFileMax;
  });
  return { packages: [...packages], outcome };
}
