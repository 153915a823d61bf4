import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type LockedPackage = {
  readonly name: string;
  readonly version: string;
  /** Wanted for development only. */
  readonly dev: boolean;
  /** Null where the lock file doesn't say. */
  readonly direct: boolean | null;
};

export type LockResult =
  | { readonly packages: readonly LockedPackage[]; readonly full: boolean }
  | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

/** Collects the packages of one lock file, each name and version once, up to `packagesPerFileMax`. */
export class LockedPackages {
  readonly #byKey = new Map<string, LockedPackage>();

  get full(): boolean {
    return this.#byKey.size >= limits.packagesPerFileMax;
  }

  /** Entries without a version that a registry could have published (`file:`, git) can't be judged and are left out. */
  add(entry: { name: string; version: string | undefined; dev: boolean; direct: boolean | null }): void {
    const name = identifierOf(entry.name, limits.nameCharsMax);
    const version = identifierOf(entry.version, limits.versionCharsMax);
    if (name === undefined || version === undefined || !/^v?\d/.test(version) || this.full) return;
    const key = `${name}\u0000${version}`;
    const before = this.#byKey.get(key);
    this.#byKey.set(key, {
      name,
      version,
      dev: entry.dev && (before?.dev ?? true),
      direct: before?.direct === true ? true : (entry.direct ?? before?.direct ?? null),
    });
  }

  result(): LockResult {
    return { packages: [...this.#byKey.values()], full: this.full };
  }
}
