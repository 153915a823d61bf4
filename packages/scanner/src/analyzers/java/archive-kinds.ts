/**
 * Archives of Java by their ending: libraries, applications for servlet containers, application servers and their service archives (sar, par, rar),
 * plugins of Jenkins (hpi, jpi), Liferay (lpkg), NiFi (nar) and Karaf (kar), services of Axis2 and libraries of Android (aar).
 */
const ENDINGS = ['jar', 'war', 'ear', 'rar', 'sar', 'par', 'nar', 'kar', 'hpi', 'jpi', 'lpkg', 'aar'];

/** Endings that mean Java and nothing else; the others are also those of RAR, parity, sysstat … files. */
const JAVA_ONLY = new Set(['jar', 'war', 'ear', 'hpi', 'jpi', 'lpkg']);

/**
 * What the analyzer claims. A zip counts as the outermost file only, for distributions that hold jars: inside of archives zips are data.
 * Names in capitals come from Windows.
 */
export const ARCHIVE_SUFFIXES: readonly string[] = [...ENDINGS, 'zip'].flatMap((ending) => [
  `.${ending}`,
  `.${ending.toUpperCase()}`,
]);

const endings = new Set(ENDINGS);

export type ArchiveKind = 'java' | 'maybe-java' | 'zip';

/** Undefined for names of no archive. */
export function archiveKindOf(name: string): ArchiveKind | undefined {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (ending === 'zip') return 'zip';
  if (!endings.has(ending) || name.length === ending.length) return undefined;
  return JAVA_ONLY.has(ending) ? 'java' : 'maybe-java';
}
