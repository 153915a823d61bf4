import type { Analysis, Analyzer, Problem } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type ApkPackage, parseInstalled, parseWorld } from './parse.ts';
import { resolveApk } from './resolve.ts';

export type ApkEvidence =
  | { readonly packages: readonly ApkPackage[] }
  /** What was asked for by name. */
  | { readonly world: readonly string[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const names = z.array(name).max(limits.needsPerPackageMax).exactOptional();
  const installedSchema = z.object({
    packages: z
      .array(
        z.object({
          name,
          version: z.string().min(1).max(limits.versionCharsMax),
          architecture: name.nullable(),
          origin: name.nullable(),
          license: z.string().max(limits.licenseCharsMax).nullable(),
          files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
          needs: names,
          provides: names,
        }),
      )
      .max(limits.packagesPerFileMax),
  });
  return z.union([installedSchema, z.object({ world: z.array(name).max(limits.packagesPerFileMax) })]);
});

const WORLD = 'etc/apk/world';

/** Packages of Alpine and of other distributions that use apk (Wolfi, Chainguard). */
export const apk: Analyzer<ApkEvidence> = {
  id: 'apk',
  version: 3,
  support: {
    title: 'Alpine packages (apk)',
    kind: 'system',
    purlTypes: ['apk'],
    reads: [
      {
        file: 'lib/apk/db/installed, etc/apk/world',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
    ],
  },
  claims: { paths: ['lib/apk/db/installed', 'usr/lib/apk/db/installed', WORLD] },
  analyze(file, layer): Analysis<ApkEvidence> {
    if (file.path === WORLD) return { evidence: { world: parseWorld(file) }, problems: [] };
    const { packages, faults, outcome } = parseInstalled(file, (path) => mayBeAsked(path, layer));
    const problems: Problem[] = faults.map((fault) => fileProblem('unreadable', file.path, fault));
    if (outcome !== 'whole') {
      const detail = 'the package database is above packageDatabaseBytesMax, packagesPerFileMax or lineBytesMax';
      problems.push(fileProblem('limit-exceeded', file.path, detail));
    }
    // `apk del` of everything leaves an empty file; anything else without a package is not a database.
    if (packages.length === 0 && file.sizeBytes > 0) {
      const detail = 'the package database holds no package';
      return { evidence: null, problems: [...problems, fileProblem('unreadable', file.path, detail)] };
    }
    return { evidence: { packages }, problems };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveApk,
};
