import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareLists } from '../order.ts';
import type { VersionScheme } from '../scheme.ts';

export interface CranVersion {
  readonly scheme: 'cran';
  readonly numbers: readonly string[];
}

/** R's package versions: numbers parted by `.` or `-`, which mean the same; missing ones count as zero. */
export const cran: VersionScheme<CranVersion> = bounded({
  id: 'cran',
  specification: 'https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file',
  parse: (text) => (/^[0-9]+(?:[.-][0-9]+)*$/.test(text) ? { scheme: 'cran', numbers: text.split(/[.-]/) } : undefined),
  compare: (a, b) => compareLists(a.numbers, b.numbers, (x = '', y = '') => compareDigits(x, y)),
  satisfies: (version, range) => satisfiesConstraints(cran, version, range),
});
