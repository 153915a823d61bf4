import { z } from 'zod';
import { cleanText, identifierOf } from './foreign-text.ts';
import { lazily } from './lazily.ts';
import { limits } from './limits.ts';

export type LockedPackage = {
  readonly name: string;
  readonly version: string;
  /** Wanted for development only. */
  readonly dev: boolean;
  /** Null where the lock file doesn't say. */
  readonly direct: boolean | null;
  /** Keys (`keyOf`) of other packages of the same lock file that this one needs. */
  readonly needs?: readonly string[];
  /** What tells it from another package of the same name and version, as the purl's qualifiers have it. */
  readonly qualifiers?: { readonly [key: string]: string };
  readonly licenses?: readonly string[];
};

/** Identity of a locked package within its file: `name@version`, with qualifiers `name@version?key=value`. */
export function keyOf({ name, version, qualifiers }: Pick<LockedPackage, 'name' | 'version' | 'qualifiers'>): string {
  const pairs = Object.entries(qualifiers ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? `${name}@${version}` : `${name}@${version}?${pairs.sort().join('&')}`;
}

const keyCharsMax = limits.nameCharsMax + limits.versionCharsMax + limits.qualifiersMax * limits.qualifierCharsMax;

/** What an analyzer's border check takes of locked packages that were kept or sent. */
export const lockedPackageSchema = lazily(() => {
  return z.object({
    name: z.string().min(1).max(limits.nameCharsMax),
    version: z.string().min(1).max(limits.versionCharsMax),
    dev: z.boolean(),
    direct: z.boolean().nullable(),
    needs: z.array(z.string().max(keyCharsMax)).max(limits.needsPerPackageMax).exactOptional(),
    qualifiers: z
      .record(z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/), z.string().max(limits.qualifierCharsMax))
      .refine((qualifiers) => Object.keys(qualifiers).length <= limits.qualifiersMax)
      .exactOptional(),
    licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax).exactOptional(),
  });
});

export type LockResult =
  | { readonly packages: readonly LockedPackage[]; readonly full: boolean }
  | { readonly fault: string; readonly code: 'unreadable' | 'unsupported' | 'limit-exceeded' };

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
    readonly qualifiers?: { readonly [key: string]: string | undefined };
    readonly licenses?: readonly string[];
  }): void {
    const name = identifierOf(entry.name, limits.nameCharsMax);
    const version = identifierOf(entry.version, limits.versionCharsMax);
    if (name === undefined || version === undefined || !this.#isVersion(version) || this.full) return;
    const qualifiers = boundedQualifiers(entry.qualifiers ?? {});
    const key = keyOf({ name, version, qualifiers });
    const before = this.#byKey.get(key);
    const needs = [...new Set([...(before?.needs ?? []), ...(entry.needs ?? [])])]
      .filter((need) => identifierOf(need, keyCharsMax) !== undefined)
      .slice(0, limits.needsPerPackageMax);
    const licenses = boundedLicenses([...(before?.licenses ?? []), ...(entry.licenses ?? [])]);
    this.#byKey.set(key, {
      name,
      version,
      dev: entry.dev && (before?.dev ?? true),
      direct: before?.direct === true ? true : (entry.direct ?? before?.direct ?? null),
      ...(needs.length === 0 ? {} : { needs }),
      ...(Object.keys(qualifiers).length === 0 ? {} : { qualifiers }),
      ...(licenses.length === 0 ? {} : { licenses }),
    });
  }

  result(): LockResult {
    return { packages: [...this.#byKey.values()], full: this.full };
  }
}

/** Qualifiers that can stand in a purl, without those whose value is no text that may be kept. */
function boundedQualifiers(qualifiers: { readonly [key: string]: string | undefined }): {
  readonly [key: string]: string;
} {
  const kept = Object.entries(qualifiers).flatMap(([key, value]) => {
    const text = identifierOf(value, limits.qualifierCharsMax);
    return text === undefined ? [] : [[key, text] as const];
  });
  return Object.fromEntries(kept.slice(0, limits.qualifiersMax));
}

function boundedLicenses(licenses: readonly string[]): readonly string[] {
  const texts = licenses.map((text) => cleanText(text.trim(), limits.licenseCharsMax)).filter((text) => text !== '');
  return [...new Set(texts)].slice(0, limits.licensesPerPackageMax);
}
