/** What is read of `hullcheck scan -f json`. */
export interface OurReport {
  readonly packages: readonly OurPackage[];
  readonly findings: readonly OurFinding[];
  readonly ignored: readonly { readonly finding: OurFinding; readonly reason: string; readonly source: string }[];
}

interface OurPackage {
  readonly purl: string;
  readonly ownedBy: string | null;
}

export interface OurFinding {
  readonly id: string;
  readonly package: { readonly purl: string };
  readonly evidence: {
    readonly rule: string;
    readonly range: string | null;
    readonly compared: string;
    readonly confidence?: { readonly level: string; readonly reason: string };
  };
}

/** What is read of `grype -o json`. */
export interface GrypeReport {
  readonly matches: readonly GrypeMatch[];
  readonly ignoredMatches?: readonly (GrypeMatch & { readonly appliedIgnoreRules: readonly GrypeRule[] })[];
}

export interface GrypeMatch {
  readonly vulnerability: { readonly id: string };
  readonly artifact: { readonly purl: string; readonly name: string };
}

interface GrypeRule {
  readonly reason?: string;
  readonly namespace?: string;
  readonly package?: { readonly name?: string; readonly 'upstream-name'?: string };
}

/** https://wiki.alpinelinux.org/wiki/Package_policies: what `apk version --check` accepts. */
const APK = /^\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(?:-r\d+)?$/;

/** Findings of one of the two only, by cause. */
export type Causes = ReadonlyMap<string, readonly string[]>;

export interface Known {
  readonly canonical: (id: string) => string;
  readonly packageKey: (purl: string) => string;
  /** npm’s names as advisories write them, each with the id: `jQuery CVE-2019-11358`. */
  readonly npmNames: ReadonlySet<string>;
  /** The keys of all packages that Grype lists. */
  readonly listed: ReadonlySet<string>;
}

/** Why we don't report what Grype does. */
export function causeOfMissing(match: GrypeMatch, our: OurReport, { canonical, packageKey, npmNames }: Known): string {
  const key = packageKey(match.artifact.purl);
  const id = canonical(match.vulnerability.id);
  const ignored = our.ignored.find(
    ({ finding }) => packageKey(finding.package.purl) === key && canonical(finding.id) === id,
  );
  if (ignored !== undefined) return `listed apart, ${ignored.source.replace(/^hullcheck /, '')} (${ignored.reason})`;
  const packages = our.packages.filter(({ purl }) => packageKey(purl) === key);
  if (packages.length === 0) return 'a package that only Grype lists';
  if (packages.every(({ ownedBy }) => ownedBy !== null))
    return 'a language package that the distribution’s package owns';
  if (key.startsWith('npm ') && !npmNames.has(`${match.artifact.name} ${id}`)) {
    return 'an npm name that the advisory writes in another case, which may be another package: Grype ignores case';
  }
  return 'unexplained';
}

/** Why Grype doesn't report what we do. */
export function causeOfMore(finding: OurFinding, their: GrypeReport, { canonical, packageKey, listed }: Known): string {
  const key = packageKey(finding.package.purl);
  const id = canonical(finding.id);
  const ignored = their.ignoredMatches?.find(
    ({ vulnerability, artifact }) => packageKey(artifact.purl) === key && canonical(vulnerability.id) === id,
  );
  if (ignored !== undefined) {
    const [rule] = ignored.appliedIgnoreRules;
    return `ignored by Grype’s rule ${rule?.reason ?? JSON.stringify(rule)}`;
  }
  if (!listed.has(key)) return 'a package that only Hullcheck lists';
  const { rule, range, compared, confidence } = finding.evidence;
  if (range === `= ${compared}`)
    return 'a version that the advisory lists by name beside its range: Grype’s rows hold ranges';
  if (confidence?.level === 'low') return `reported with low confidence: ${confidence.reason}; Grype drops the pair`;
  const versions = [compared, ...(range ?? '').split(/[<>=,\s]+/)].filter((text) => /^\d/.test(text));
  if (rule.startsWith('alpine') && !versions.every((text) => APK.test(text))) {
    return 'a version of no plain form: Grype drops the pair, Hullcheck orders what apk orders and leaves the rest undetermined';
  }
  return 'unexplained';
}
