import type { Analysis, Analyzer, Problem } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type ApkPackage, parseInstalled } from './parse.ts';
import { resolveApk } from './resolve.ts';

export type ApkEvidence = { readonly packages: readonly ApkPackage[] };

const name = z.string().min(1).max(limits.nameCharsMax);
const schema = z.object({
  packages: z
    .array(
      z.object({
        name,
        version: z.string().min(1).max(limits.versionCharsMax),
        architecture: name.nullable(),
        origin: name.nullable(),
        license: z.string().max(limits.licenseCharsMax).nullable(),
        files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
      }),
    )
    .max(limits.packagesPerFileMax),
});

/** Packages of Alpine and of other distributions that use apk (Wolfi, Chainguard). */
export const apk: Analyzer<ApkEvidence> = {
  id: 'apk',
  version: 1,
  support: {
    title: 'Alpine packages',
    kind: 'system',
    purlTypes: ['apk'],
    reads: [{ file: 'lib/apk/db/installed', states: 'installed', licenses: true }],
  },
  claims: { paths: ['lib/apk/db/installed', 'usr/lib/apk/db/installed'] },
  analyze(file, layer): Analysis<ApkEvidence> {
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
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolveApk,
};
