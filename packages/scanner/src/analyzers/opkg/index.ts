import type { Analysis, Analyzer, ClaimedFile, LayerContext } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type OpkgPackage, parseControlLicense, parseFileList, parseStatus } from './parse.ts';
import { resolveOpkg } from './resolve.ts';

export type OpkgEvidence =
  | { readonly kind: 'status'; readonly packages: readonly OpkgPackage[] }
  | { readonly kind: 'owned'; readonly package: string; readonly files: readonly string[] }
  | { readonly kind: 'license'; readonly package: string; readonly license: string };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const names = z.array(name).max(limits.needsPerPackageMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('status'),
      packages: z
        .array(
          z.object({
            name,
            version: z.string().min(1).max(limits.versionCharsMax),
            architecture: name.nullable(),
            needs: names,
            provides: names,
            automatic: z.boolean(),
          }),
        )
        .max(limits.packagesPerFileMax),
    }),
    z.object({
      kind: z.literal('owned'),
      package: name,
      files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
    }),
    z.object({ kind: z.literal('license'), package: name, license: z.string().min(1).max(limits.licenseCharsMax) }),
  ]);
});

/** OpenWrt's place, Yocto's place, and Yocto's place of before 2014. */
const FOLDERS = ['usr/lib/opkg/', 'var/lib/opkg/', 'usr/lib/ipkg/'];
const NOTHING: Analysis<OpkgEvidence> = { evidence: null, problems: [] };

/** Packages of OpenWrt and of images that Yocto builds with opkg. */
export const opkg: Analyzer<OpkgEvidence> = {
  id: 'opkg',
  version: 1,
  support: {
    title: 'OpenWrt and Yocto packages (opkg)',
    kind: 'system',
    purlTypes: ['opkg'],
    reads: [
      { file: 'opkg/status, opkg/info/*.control', states: 'installed', licenses: true, direct: true, relations: true },
    ],
  },
  claims: { folders: FOLDERS },
  analyze(file, layer): Analysis<OpkgEvidence> {
    const folder = FOLDERS.find((start) => file.path.startsWith(start)) ?? '';
    const inside = file.path.slice(folder.length);
    if (inside === 'status') return analyzeStatus(file);
    const match = /^info\/([^/]+)\.(list|control)$/.exec(inside);
    const owner = match?.[1];
    if (owner === undefined || owner.length > limits.nameCharsMax) return NOTHING;
    return match?.[2] === 'list' ? analyzeList(file, layer, owner) : analyzeControl(file, owner);
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveOpkg,
};

function analyzeStatus(file: ClaimedFile): Analysis<OpkgEvidence> {
  const { packages, stanzas, faults, outcome } = parseStatus(file);
  const problems = faults.map((fault) => fileProblem('unreadable', file.path, fault));
  if (outcome !== 'whole') {
    const detail = 'the package database is above packageDatabaseBytesMax, packagesPerFileMax or lineBytesMax';
    problems.push(fileProblem('limit-exceeded', file.path, detail));
  }
  // An unreadable database must never look like an image without packages.
  if (stanzas === 0 && file.sizeBytes > 0) {
    const detail = 'the package database holds no package stanza';
    return { evidence: null, problems: [...problems, fileProblem('unreadable', file.path, detail)] };
  }
  return { evidence: { kind: 'status', packages }, problems };
}

function analyzeList(file: ClaimedFile, layer: LayerContext, owner: string): Analysis<OpkgEvidence> {
  const { files, outcome } = parseFileList(file, (path) => mayBeAsked(path, layer));
  const detail = 'the list of files is above textFileBytesMax, ownedPathsPerFileMax or lineBytesMax';
  const problems = outcome === 'whole' ? [] : [fileProblem('limit-exceeded', file.path, detail)];
  return { evidence: { kind: 'owned', package: owner, files }, problems };
}

function analyzeControl(file: ClaimedFile, owner: string): Analysis<OpkgEvidence> {
  const license = parseControlLicense(file);
  return license === null ? NOTHING : { evidence: { kind: 'license', package: owner, license }, problems: [] };
}
