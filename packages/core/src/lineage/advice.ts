/** What is known of one image's findings that a fix exists for, by who could bring the fix. */
export interface FixableFindings {
  /** In layers of a base, and not brought again by the image's own. */
  readonly inherited: number;
  /** In operating system packages of the image's own layers: a rebuild installs newer ones. */
  readonly system: number;
  /** In the application's own dependencies: they stay what its lock files say until somebody changes those. */
  readonly application: number;
}

/** Whether the tag that a container was started by still means the image that it runs. */
export type TagState = 'current' | 'moved' | 'unknown';

/**
 * `redeploy`: its tag names another image by now, so starting it anew brings that one. `rebuild`: the image is what its tag
 * names, but built again it would have fixed packages. `change-code`: only a change of the application's own dependencies
 * helps. `wait`: it has findings, and nobody released a fix. `none`: nothing is to be done. Null: it was not assessed.
 */
export type Advice = 'redeploy' | 'rebuild' | 'change-code' | 'wait' | 'none';

/** @param findings Of the image, fixable or not; null where it was not assessed. */
export function adviseContainer(
  tag: TagState,
  findings: number | null,
  fixable: FixableFindings,
  baseUpdate: boolean,
): Advice | null {
  if (tag === 'moved') return 'redeploy';
  if (findings === null) return null;
  if (fixable.inherited > 0 || fixable.system > 0 || (baseUpdate && findings > 0)) return 'rebuild';
  if (fixable.application > 0) return 'change-code';
  return findings > 0 ? 'wait' : 'none';
}

/** purl types of packages that a rebuild takes anew from a distribution, without a change of any file of the application. */
export const SYSTEM_PACKAGE_TYPES: readonly string[] = ['alpm', 'apk', 'deb', 'rpm', 'portage'];
