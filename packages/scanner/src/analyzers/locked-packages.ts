import { z } from 'zod';
import { identifierOf } from './foreign-text.ts';
import { limits } from './limits.ts';

export type LockedPackage = {
  readonly name: string;
  readonly version: string;
  /** Wanted for development only. */
  readonly dev: boolean;
  /** Null where the lock file doesn't say. */
  readonly direct: boolean | null;
  /** `name@version` of other packages of the same lock file that this one needs. */
  readonly needs?: readonly string[];
};

/** What an analyzer's border check takes of locked packages that were kept or sent. */
export const lockedPackageSchema = z.object({
  name: z.string().min(1).max(limits.nameCharsMax),
  version: z.string().min(1).max(limits.versionCharsMax),
  dev: z.boolean(),
  direct: z.boolean().nullable(),
  needs: z
    .array(z.string().max(limits.nameCharsMax + limits.versionCharsMax + 1))
    .max(limits.needsPerPackageMax)
    .exactOptional(),
});

export type LockResult =
  | { readonly packages: readonly LockedPackage[]; readonly full: boolean }
  | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

/** Collects the packages of one lock file, each name and version once, up to `packagesPerFileMax`. */
export class LockedPackages {
  readonly #byKey = new Map<string, LockedPackage>();
  readonly #isVersion: (version: string) => boolean;

  constructor(isVersion: (version: string) => boolean = () => true) {
    this.#isVersion = isVersion;
  }

  get full(): boolean {
    return this.#byKey.size >= limits.packagesPerFileMax;
  }

  /** Entries without a version, or with one that `isVersion` refuses (`file:`, git), can't be judged and are left out. */
  add(entry: {
    readonly name: string;
    readonly version: string | undefined;
    readonly dev: boolean;
    readonly direct: boolean | null;
    readonly needs?: readonly string[];
  }): void {
    const name = identifierOf(entry.name, limits.nameCharsMax);
    const version = identifierOf(entry.version, limits.versionCharsMax);
    if (name === undefined || version === undefined || !this.#isVersion(version) || this.full) return;
    const key = `${name}\u0000${version}`;
    const before = this.#byKey.get(key);
    const needs = [...new Set([...(before?.needs ?? []), ...(entry.needs ?? [])])]
      .filter((need) => identifierOf(need, limits.nameCharsMax + limits.versionCharsMax + 1) !== undefined)
      .slice(0, limits.needsPerPackageMax);
    this.#byKey.set(key, {
      name,
      version,
      dev: entry.dev && (before?.dev ?? true),
      direct: before?.direct === true ? true : (entry.direct ?? before?.direct ?? null),
      ...(needs.length === 0 ? {} : { needs }),
    });
  }

  result(): LockResult {
    return { packages: [...this.#byKey.values()], full: this.full };
  }
}
