import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/**
 * Short names of the licences in a machine-readable copyright file, sorted; none where the file is free text.
 * https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 */
export function parseCopyright(file: Readable): readonly string[] {
  const licenses = new Set<string>();
  let lines = 0;
  const bounds = { fileBytesMax: limits.copyrightBytesMax, lineBytesMax: limits.lineBytesMax };
  readLines(file, bounds, (line) => {
    lines += 1;
    if (lines === 1 && !/^Format(?:-Specification)?:.*(?:copyright-format|dep5)/i.test(line)) return false;
    if (!/^license:/i.test(line)) return true;
    for (const name of line.slice('license:'.length).split(/,?\s+(?:and|or)\s+|,/)) {
      const license = identifierOf(name.trim(), limits.licenseCharsMax);
      if (license !== undefined) licenses.add(license);
    }
    return licenses.size < limits.licensesPerPackageMax;
  });
  return [...licenses].sort().slice(0, limits.licensesPerPackageMax);
}
