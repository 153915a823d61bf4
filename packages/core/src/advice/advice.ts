import type { Finding, FindingStatus } from '../finding.ts';
import { SYSTEM_PACKAGE_TYPES } from '../lineage/advice.ts';

/** Who makes an update: the distribution's package manager, a build with other dependencies or another Go, or whoever put the program in. */
export type UpdateBy = 'package-manager' | 'dependency' | 'toolchain' | 'program';

/** One update and what it ends. */
export interface Update {
  /** What to update: the source package of a distribution, else the package. */
  readonly name: string;
  readonly type: string;
  readonly by: UpdateBy;
  /** Names of the installed packages that come of it, in code-unit order. */
  readonly packages: readonly string[];
  /** Their purls, in code-unit order. */
  readonly purls: readonly string[];
  readonly from: string;
  /** Smallest version at which none of them has a finding that a version fixes, or as few as any version leaves. */
  readonly to: string;
  /** How many findings have a fix here, and the highest risk among them. */
  readonly findings: number;
  readonly worst: number;
  /** How many findings with a fix are left at `to`, new ones included; 0 but where no published version ends all. */
  readonly leaves: number;
}

/** What can be done about one finding. */
export type Remedy = 'package-manager' | 'update' | 'new-base' | 'no-fix' | 'unclear';

/** What to do about an image, by what it takes. */
export interface ImageAdvice {
  /** The one that takes away the highest risk first, then the one that ends more. */
  readonly updates: readonly Update[];
  /** Findings by what can be done about them; together they are all findings. */
  readonly remedies: {
    /** An update of the distribution's packages in the same release ends them. */
    readonly packageManager: number;
    /** Another version of a dependency, toolchain or program ends them. */
    readonly update: number;
    /** This release won't get a fix: its vendor said so, or its support has ended. */
    readonly newBase: number;
    readonly noFix: number;
    /** Undetermined, or still being looked into. */
    readonly unclear: number;
  };
  /** Day on which the release got its last security updates (`YYYY-MM-DD`), where it has passed; else null. */
  readonly releaseEnded: string | null;
}

const SYSTEM_TYPES: ReadonlySet<string> = new Set(SYSTEM_PACKAGE_TYPES);

export function updaterOf(type: string, name: string): UpdateBy {
  if (SYSTEM_TYPES.has(type)) return 'package-manager';
  if (type === 'golang' && TOOLCHAIN.has(name)) return 'toolchain';
  return type === 'generic' || type === 'bitnami' || type === 'k8s' ? 'program' : 'dependency';
}

/** Nobody upgrades these by themselves: they come with the compiler. */
const TOOLCHAIN: ReadonlySet<string> = new Set(['stdlib', 'std', 'toolchain', 'cmd']);

/** What can be done about a finding in an image whose release gets updates, or does not any more. */
export function remedyOf(
  { status, package: { purl } }: { readonly status: FindingStatus; readonly package: Pick<Finding['package'], 'purl'> },
  releaseEnded: boolean,
): Remedy {
  const ofSystem = SYSTEM_TYPES.has(typeOf(purl));
  switch (status) {
    case 'fixed-available':
      return ofSystem ? 'package-manager' : 'update';
    case 'will-not-fix':
      return ofSystem ? 'new-base' : 'no-fix';
    case 'affected':
      return ofSystem && releaseEnded ? 'new-base' : 'no-fix';
    case 'not-affected':
    case 'under-investigation':
    case 'undetermined':
      return 'unclear';
  }
}

function typeOf(purl: string): string {
  return /^pkg:([^/]+)\//.exec(purl)?.[1] ?? 'generic';
}
