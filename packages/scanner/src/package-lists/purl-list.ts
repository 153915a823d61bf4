import { Fault, type Inventory, type Package, type Problem } from '@hullcheck/core';
import { packageListLimits } from './limits.ts';
import { packageOfPurl } from './package-of-purl.ts';
import { finish } from './sbom.ts';

/** One purl a line; empty lines and lines that start with `#` are passed over; a line that is none is a problem with its number. */
export function parsePurlList(text: string, place: string): Inventory {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const lines = text.split('\n');
  if (lines.length > packageListLimits.componentsMax)
    throw new Fault('limit-exceeded', `${place} has more than ${packageListLimits.componentsMax} lines`, { place });
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const found = line.length > packageListLimits.lineCharactersMax ? undefined : packageOfPurl(line, 'purl');
    if (found === undefined)
      problems.push({
        code: 'unreadable',
        path: `${place}:${index + 1}`,
        layer: null,
        detail: 'the line is not a purl with a version',
      });
    else packages.push(found);
  }
  return finish(null, packages, problems);
}
