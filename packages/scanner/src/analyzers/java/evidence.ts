import { z } from 'zod';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { type LockedPackage, lockedPackageSchema } from '../locked-packages.ts';
import type { Coordinates } from './coordinates.ts';
import { javaLimits } from './limits.ts';

/** One library as an archive states it. */
export type JavaPackage = Coordinates & {
  readonly licenses: readonly string[];
  /** `group:artifact` of what it needs to run, by its pom.xml. */
  readonly needs?: readonly string[];
  /** The archive is this package; the others were copied into it (shaded). */
  readonly own?: true;
};

export type JavaArchive = {
  /** Place inside the file: empty for the file itself, else `WEB-INF/lib/a.jar`, `WEB-INF/lib/a.jar!/lib/b.jar`. */
  readonly path: string;
  /**
   * Hex, of archives that no pom describes: what a list of published archives, such as Maven Central's, can be asked for. Nothing is asked
   * today; the evidence is kept so that a list that comes later needs no image to be read again.
   */
  readonly sha1?: string;
  readonly packages: readonly JavaPackage[];
};

export type JavaEvidence =
  | { readonly kind: 'archives'; readonly archives: readonly JavaArchive[] }
  /** META-INF/maven/…/pom.properties of an application that lies there unpacked. */
  | { readonly kind: 'unpacked'; readonly package: JavaPackage }
  /** A build file of a project; names are `group:artifact`. */
  | { readonly kind: 'build'; readonly packages: readonly LockedPackage[] };

export const javaEvidence = lazily(() => {
  const name = z.string().min(1).max(javaLimits.idCharsMax);
  const javaPackage = z.object({
    group: name.nullable(),
    artifact: name,
    version: z.string().min(1).max(limits.versionCharsMax),
    licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    needs: z
      .array(z.string().max(2 * javaLimits.idCharsMax + 1))
      .max(javaLimits.dependenciesPerPomMax)
      .exactOptional(),
    own: z.literal(true).exactOptional(),
  });

  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('archives'),
      archives: z
        .array(
          z.object({
            path: z.string().max(javaLimits.innerPathCharsMax),
            sha1: z
              .string()
              .regex(/^[0-9a-f]{40}$/)
              .exactOptional(),
            packages: z.array(javaPackage).max(limits.packagesPerFileMax),
          }),
        )
        .max(javaLimits.archivesPerFileMax),
    }),
    z.object({ kind: z.literal('unpacked'), package: javaPackage }),
    z.object({ kind: z.literal('build'), packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax) }),
  ]);
});
