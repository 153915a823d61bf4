import type { AssessmentState, Coverage } from '../assessment.ts';
import { ecosystemOf, isJudgedByOwner } from '../matching/catalogue.ts';
import type { Inventory, Package } from '../package.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { printable } from '../reports/printable.ts';

/** Where operating systems keep what is installed; a trailing slash means everything below. */
const PACKAGE_DATABASES: readonly string[] = [
  'var/lib/dpkg/status',
  'var/lib/dpkg/status.d/',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'var/lib/rpm/',
  'var/lib/rpmmanifest/',
  'usr/lib/sysimage/rpm/',
  'usr/share/rpm/',
  'var/lib/pacman/local/',
];

/** Purl types of operating systems' packages. */
const SYSTEM_TYPES: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm', 'alpm']);

/** Not a gap by itself: an image of one static program has no operating system and can be judged. */
const HARMLESS: ReadonlySet<ProblemCode> = new Set(['no-operating-system']);

/** What the inventory as a whole lacks, where its readers have not said so themselves. */
export function problemsOfInventory(inventory: Inventory): readonly Problem[] {
  const { operatingSystem: system, problems } = inventory;
  if (inventory.packages.length === 0 && system === null) {
    if (problems.some((problem) => problem.code === 'no-operating-system')) return [];
    return [
      gap(
        'no-operating-system',
        'Neither an operating system nor a package was found; nothing can be said about this image.',
      ),
    ];
  }
  if (system !== null && !inventory.packages.some(isSystemPackage) && !problems.some(isOfPackageDatabase)) {
    const name = printable(system.name);
    return [
      gap(
        'unreadable',
        `${name} is installed, but no package of it was found: its package database is missing or could not be read.`,
      ),
    ];
  }
  return [];
}

/**
 * `not-assessable` where nothing can be said at all: no database, no package that an advisory source answers for, or a
 * package database that yielded nothing. Being unable to report differs from having nothing to report. `partial` where
 * something is missing, so that counts mean "at least".
 */
export function stateOf(
  inventory: Inventory,
  coverage: readonly Coverage[],
  problems: readonly Problem[],
  hasDatabase: boolean,
): AssessmentState {
  const covered = new Set(coverage.filter((line) => line.extent !== 'none').map((line) => line.ecosystem));
  const judged = inventory.packages.some((pkg) => !isJudgedByOwner(pkg) && covered.has(ecosystemOf(pkg)));
  if (!hasDatabase || !judged || hasBlindSystem(inventory)) return 'not-assessable';
  return problems.every((problem) => HARMLESS.has(problem.code)) ? 'complete' : 'partial';
}

/** A package database was there and gave nothing: most of the image is in the dark, whatever else was found. */
function hasBlindSystem(inventory: Inventory): boolean {
  if (inventory.packages.some(isSystemPackage)) return false;
  return inventory.problems.some(isOfPackageDatabase);
}

function isOfPackageDatabase({ path }: Problem): boolean {
  if (path === null) return false;
  const relative = path.replace(/^\.?\/+/, '');
  return PACKAGE_DATABASES.some((place) => (place.endsWith('/') ? relative.startsWith(place) : relative === place));
}

function isSystemPackage(pkg: Package): boolean {
  return pkg.distribution !== null || SYSTEM_TYPES.has(pkg.type);
}

function gap(code: ProblemCode, detail: string): Problem {
  return { code, path: null, layer: null, detail };
}
