import type { AffectedPackage } from '../../advisory.ts';
import { languageMatcher } from '../language-matcher.ts';
import type { Matcher } from '../matcher.ts';

const byName = languageMatcher('bitnami', 3, (pkg) => (pkg.type === 'bitnami' ? pkg.name.toLowerCase() : null));

/**
 * Bitnami's components by name. Behind their releases stand numbers: last the revision of the packaging (`1.25.3-4`), before it
 * the build of Java (`11.0.15-1-0` is Java 11.0.15.1). Few advisories speak of them, mostly of flaws in the packaging itself
 * (fixed in `4.6.0-1`): there they are compared, as what comes after the release (https://github.com/bitnami/go-version).
 * Everywhere else the release counts alone, and every revision is of it.
 */
export const bitnami: Matcher = {
  ...byName,
  judge(pkg, advisory) {
    const named = JAVA.has(pkg.name.toLowerCase()) ? javaOf : withoutZeros;
    const version = split(named(pkg.version));
    const entries = advisory.affected.map((entry) => withBounds(entry, named, named));
    const depth = Math.max(0, ...entries.flatMap(boundsOf).map((bound) => split(bound).numbers.length));
    if (depth === 0) return byName.judge({ ...pkg, version: version.release }, { ...advisory, affected: entries });
    const compared = numbered({ ...version, numbers: version.numbers.slice(0, depth) });
    const lowest = (bound: string) => numbered(split(bound));
    // The plain release is above all of its numbers, as the last affected one has to be.
    const affected = entries.map((entry) => withBounds(entry, lowest, (last) => withDots(split(last))));
    return byName.judge({ ...pkg, version: compared }, { ...advisory, affected });
  },
};

const JAVA: ReadonlySet<string> = new Set(['java', 'java-min', 'jre']);

/**
 * Java 8's update 391 is `1.8.391` in Bitnami's packages, `8.0.391` in its advisories (which leave `1.8.0` to `1.9.0` out), and in
 * one of them `1.8.0-391`.
 */
function javaOf(version: string): string {
  return version.replace(/^1\.([78])\.(?:0-)?([1-9]\d{1,2})(?=-|$)/, '$1.0.$2');
}

/** MinIO's releases are days, `2023.3.20` in its packages and `2023.03.20` in advisories. */
function withoutZeros(version: string): string {
  return version.replace(/^(\d+)\.0*(\d+)\.0*(\d+)/, '$1.$2.$3');
}

interface Split {
  readonly release: string;
  readonly numbers: readonly string[];
}

function split(version: string): Split {
  const [, release = version, numbers = ''] = /^(.+?)((?:-\d{1,6})*)$/.exec(version) ?? [];
  return { release, numbers: numbers.split('-').slice(1) };
}

/**
 * In words of semantic versions, whose numeric pre-releases stand in the order of revisions. Where none is stated it may be the
 * first. A pre-release has a place of its own.
 */
function numbered({ release, numbers }: Split): string {
  return withDots({ release, numbers: numbers.length > 0 ? numbers : ['0'] });
}

function withDots({ release, numbers }: Split): string {
  return release.includes('-') || numbers.length === 0 ? release : `${release}-${numbers.join('.')}`;
}

function boundsOf({ ranges, versions }: AffectedPackage): readonly string[] {
  const bounds = ranges.flatMap(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected]);
  return [...versions, ...bounds.filter((bound) => bound !== null)];
}

/** The entry with other bounds; `0`, which stands for the first version, stays. */
function withBounds(
  entry: AffectedPackage,
  change: (bound: string) => string,
  changeLast: (bound: string) => string,
): AffectedPackage {
  const changed = (bound: string | null) => (bound === null || bound === '0' ? bound : change(bound));
  return {
    ...entry,
    ranges: entry.ranges.map(({ introduced, fixed, lastAffected }) => ({
      introduced: changed(introduced),
      fixed: changed(fixed),
      lastAffected: lastAffected === null ? null : changeLast(lastAffected),
    })),
    versions: entry.versions.map(change),
  };
}
