import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type PacmanPackage, parseDesc, parseFiles } from './parse.ts';
import { resolvePacman } from './resolve.ts';

export type PacmanEvidence =
  | { readonly kind: 'package'; readonly package: PacmanPackage }
  | { readonly kind: 'files'; readonly files: readonly string[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const names = z.array(name).max(limits.needsPerPackageMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('package'),
      package: z.object({
        name,
        version: z.string().min(1).max(limits.versionCharsMax),
        architecture: name.nullable(),
        base: name.nullable(),
        licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
        needs: names,
        provides: names,
        explicit: z.boolean(),
      }),
    }),
    z.object({
      kind: z.literal('files'),
      files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
    }),
  ]);
});

const FOLDER = 'var/lib/pacman/local/';

/** Packages of Arch Linux and its derivatives (Manjaro, EndeavourOS, MSYS2). */
export const pacman: Analyzer<PacmanEvidence> = {
  id: 'pacman',
  version: 1,
  support: {
    title: 'Arch packages (pacman)',
    kind: 'system',
    purlTypes: ['alpm'],
    reads: [
      {
        file: 'var/lib/pacman/local/*/desc, files',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
    ],
  },
  claims: { folders: [FOLDER] },
  analyze(file, layer): Analysis<PacmanEvidence> {
    const [, base, ...deeper] = file.path.slice(FOLDER.length).split('/');
    if (deeper.length > 0) return { evidence: null, problems: [] };
    if (base === 'files') {
      const { files, outcome } = parseFiles(file, (path) => mayBeAsked(path, layer));
      const detail = 'the list of files is above textFileBytesMax, ownedPathsPerFileMax or pathCharsMax';
      const problems = outcome === 'whole' ? [] : [fileProblem('limit-exceeded', file.path, detail)];
      return { evidence: { kind: 'files', files }, problems };
    }
    if (base !== 'desc') return { evidence: null, problems: [] };
    const result = parseDesc(file);
    return 'package' in result
      ? { evidence: { kind: 'package', package: result.package }, problems: [] }
      : { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolvePacman,
};
