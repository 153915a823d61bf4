import type { Finding } from '../finding.ts';
import type { Package } from '../package.ts';
import { parsePurl } from '../purl/index.ts';
import type { VexStatus } from '../vex/index.ts';
import { isPurlOfPackage } from '../vex/packages-named.ts';
import { matchesGlob, matchesWildcards } from './glob.ts';

/** One rule of an ignore file or a decision. It applies where everything it names fits. */
export interface IgnoreRule {
  /** Any name of the vulnerability: its id, an alias, an advisory; compared without regard to case. Null: every one. */
  readonly id: string | null;
  /** Package name, or a purl with or without version and qualifiers. Null: every package. */
  readonly package: string | null;
  readonly reason: string;
  /** Where it stands, as the reader sees it: `.trivyignore:12`. */
  readonly source: string;
  /** RFC 3339 or `YYYY-MM-DD`, from which moment on it no longer applies; null: never. One that can't be read has passed. */
  readonly expiresAt: string | null;
  /** What else it asks for; absent: nothing. */
  readonly scope?: IgnoreScope;
}

/** Further conditions, all of which must hold; of a list any one. */
export interface IgnoreScope {
  readonly purls?: readonly string[];
  /** A name in which `*` stands for any characters and `?` for one. */
  readonly name?: string;
  /** Name of the source package, the same way. */
  readonly sourceName?: string;
  readonly version?: string;
  /** purl types. */
  readonly types?: readonly string[];
  /** Globs of paths inside the image. A package that lies at another place too is not meant. */
  readonly paths?: readonly string[];
  readonly fixState?: FixState;
  readonly vexStatus?: VexStatus;
  readonly vexJustification?: string;
}

export const FIX_STATES = ['fixed', 'not-fixed', 'wont-fix', 'unknown'] as const;
export type FixState = (typeof FIX_STATES)[number];

export type PackagesByPurl = ReadonlyMap<string, readonly Package[]>;

/** A rule that names nothing would ignore everything, most likely by a slip: it applies to nothing. */
export function namesSomething({ id, package: name, scope }: IgnoreRule): boolean {
  return id !== null || name !== null || Object.values(scope ?? {}).some((condition) => condition !== undefined);
}

export function hasExpired({ expiresAt }: IgnoreRule, nowMs: number): boolean {
  return expiresAt !== null && !(Date.parse(expiresAt) > nowMs);
}

/** Whether everything that the rule names fits, whether or not its time has passed. */
export function fits(rule: IgnoreRule, finding: Finding, packages: PackagesByPurl): boolean {
  return (
    (rule.id === null || names(finding).has(rule.id.toUpperCase())) &&
    (rule.package === null || isPackage(rule.package, finding.package)) &&
    (rule.scope === undefined || isInScope(rule.scope, finding, packages.get(finding.package.purl) ?? []))
  );
}

function names(finding: Finding): ReadonlySet<string> {
  const advisories = finding.evidence.advisories.map((advisory) => advisory.id);
  return new Set([finding.id, ...finding.aliases, ...advisories].map((name) => name.toUpperCase()));
}

/** A purl fits when it says the same or less: up to the version, up to the qualifiers, or all of it. */
function isPackage(wanted: string, { purl, name }: Finding['package']): boolean {
  if (!wanted.startsWith('pkg:')) return wanted === name;
  return wanted === purl || ((purl.startsWith(`${wanted}@`) || purl.startsWith(`${wanted}?`)) && !/[?#]/.test(wanted));
}

function isInScope(scope: IgnoreScope, finding: Finding, places: readonly Package[]): boolean {
  const { purl, name, version } = finding.package;
  const { purls, types, paths } = scope;
  const vex = finding.evidence.vex;
  const isVersion = (text: string) => text === version || places.some((place) => place.version === text);
  return (
    (purls === undefined || isAnyPurl(purls, purl, places)) &&
    (scope.name === undefined || matchesWildcards(scope.name, name)) &&
    (scope.sourceName === undefined || isSource(scope.sourceName, places)) &&
    (scope.version === undefined || isVersion(scope.version)) &&
    (types === undefined || types.includes(parsePurl(purl)?.type ?? '')) &&
    (paths === undefined || isOnlyAt(paths, places)) &&
    (scope.fixState === undefined || isFixState(scope.fixState, finding)) &&
    (scope.vexStatus === undefined || vex?.status === scope.vexStatus) &&
    (scope.vexJustification === undefined || vex?.justification === scope.vexJustification)
  );
}

function isAnyPurl(wanted: readonly string[], purl: string, places: readonly Package[]): boolean {
  const actual = parsePurl(purl);
  return wanted.some((text) => {
    if (text === purl) return true;
    const parts = parsePurl(text);
    return parts !== undefined && places.some((place) => isPurlOfPackage(parts, place, actual));
  });
}

const isSource = (pattern: string, places: readonly Package[]): boolean =>
  places.some(({ source }) => source !== null && matchesWildcards(pattern, source.name));

/** One finding stands for all places of a package: a rule for one of them must not hide the others. */
function isOnlyAt(globs: readonly string[], places: readonly Package[]): boolean {
  const paths = places.flatMap((place) => place.paths);
  return paths.length > 0 && paths.every((path) => globs.some((glob) => matchesGlob(glob, path)));
}

/** Sources that say nothing of fixes and sources that say there is none can't be told apart: either word means both. */
function isFixState(state: FixState, { fixedIn, status }: Finding): boolean {
  if (fixedIn.length > 0) return state === 'fixed';
  if (status === 'will-not-fix') return state === 'wont-fix';
  return state === 'not-fixed' || state === 'unknown';
}
