import type { Matcher } from '../matcher.ts';
import { judgeEntries } from '../version-verdict.ts';

/** Arch Linux by package: its groups name every package of a source. It rolls on, so its key has no release. */
export const arch: Matcher = {
  id: 'arch',
  version: 1,
  vendor: true,
  lookups: (pkg) =>
    pkg.type === 'alpm' && pkg.distribution?.id === 'arch' ? [{ ecosystem: 'arch', name: pkg.name }] : [],
  judge(pkg, advisory) {
    const entries = advisory.affected.filter(({ ecosystem, name }) => ecosystem === 'arch' && name === pkg.name);
    return judgeEntries({ rule: 'arch-package', version: pkg.version, via: null }, entries);
  },
};
