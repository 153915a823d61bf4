import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { type Ebuild, parseAtoms, parseContents, parseLicense, parsePackageFolder } from './parse.ts';
import { resolvePortage } from './resolve.ts';

export type PortageEvidence =
  | { readonly kind: 'package'; readonly package: Ebuild; readonly files: readonly string[] }
  | { readonly kind: 'license'; readonly licenses: readonly string[] }
  | { readonly kind: 'needs'; readonly atoms: readonly string[] }
  | { readonly kind: 'world'; readonly atoms: readonly string[] };

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const atoms = z.array(name).max(limits.needsPerPackageMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('package'),
      package: z.object({ category: name, name, version: z.string().min(1).max(limits.versionCharsMax) }),
      files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
    }),
    z.object({
      kind: z.literal('license'),
      licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    }),
    z.object({ kind: z.literal('needs'), atoms }),
    z.object({ kind: z.literal('world'), atoms }),
  ]);
});

const FOLDER = 'var/db/pkg/';
const WORLD = 'var/lib/portage/world';
const NOTHING: Analysis<PortageEvidence> = { evidence: null, problems: [] };

/** Packages of Gentoo and its derivatives. */
export const portage: Analyzer<PortageEvidence> = {
  id: 'portage',
  version: 1,
  support: {
    title: 'Gentoo packages (Portage)',
    kind: 'system',
    purlTypes: ['ebuild'],
    reads: [
      {
        file: 'var/db/pkg/*/*/CONTENTS, LICENSE, RDEPEND; var/lib/portage/world',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
    ],
  },
  claims: { folders: [FOLDER], paths: [WORLD] },
  analyze(file, layer): Analysis<PortageEvidence> {
    if (file.path === WORLD) return { evidence: { kind: 'world', atoms: parseAtoms(file) }, problems: [] };
    const [category = '', folder = '', base, ...deeper] = file.path.slice(FOLDER.length).split('/');
    if (deeper.length > 0) return NOTHING;
    if (base === 'LICENSE') return { evidence: { kind: 'license', licenses: parseLicense(file) }, problems: [] };
    if (base === 'RDEPEND') return { evidence: { kind: 'needs', atoms: parseAtoms(file) }, problems: [] };
    if (base !== 'CONTENTS') return NOTHING;
    const found = parsePackageFolder(category, folder);
    if (found === undefined) {
      const detail = 'the folder is not named category/name-version';
      return { evidence: null, problems: [fileProblem('unreadable', file.path, detail)] };
    }
    const { files, outcome } = parseContents(file, (path) => mayBeAsked(path, layer));
    const detail = 'the list of files is above textFileBytesMax, ownedPathsPerFileMax or lineBytesMax';
    const problems = outcome === 'whole' ? [] : [fileProblem('limit-exceeded', file.path, detail)];
    return { evidence: { kind: 'package', package: found, files }, problems };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolvePortage,
};
