/** Every version order that Hullcheck knows by name. */
export type SchemeId =
  | 'deb'
  | 'rpm'
  | 'apk'
  | 'semver'
  | 'npm'
  | 'pep440'
  | 'maven'
  | 'gem'
  | 'golang'
  | 'nuget'
  | 'composer'
  | 'cargo'
  | 'alpm'
  | 'conan'
  | 'cpan'
  | 'cran'
  | 'ebuild'
  | 'hex'
  | 'julia'
  | 'pub'
  | 'pvp'
  | 'generic';

export type Order = -1 | 0 | 1;

/** One version order. Parsing stands apart from comparing, so that an unparsable version is undetermined, never older or newer. */
export interface VersionScheme<V> {
  readonly id: SchemeId;
  /** URL of the normative text. */
  readonly specification: string;
  parse(text: string): V | undefined;
  /** A total order over parsed versions. */
  compare(a: V, b: V): Order;
  /** Whether the version lies in a range written in the scheme's own words; undefined when the range can't be parsed. */
  satisfies(version: V, range: string): boolean | undefined;
}
