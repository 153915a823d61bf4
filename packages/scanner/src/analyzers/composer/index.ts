import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import {
  type ComposerManifest,
  type ComposerPackage,
  type PackagesResult,
  parseComposerLock,
  parseInstalled,
  parseManifest,
} from './parse.ts';
import { isInsideVendor, resolveComposer } from './resolve.ts';

export type ComposerEvidence =
  | { readonly kind: 'installed' | 'lock'; readonly packages: readonly ComposerPackage[] }
  | ({ readonly kind: 'manifest' } & ComposerManifest);

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const names = z.array(name).max(limits.needsPerPackageMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.enum(['installed', 'lock']),
      packages: z
        .array(
          z.object({
            name,
            version: z.string().min(1).max(limits.versionCharsMax),
            dev: z.boolean(),
            licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
            needs: names,
            replaces: names,
          }),
        )
        .max(limits.packagesPerFileMax),
    }),
    z.object({
      kind: z.literal('manifest'),
      requires: z.array(name).max(2 * limits.needsPerPackageMax),
      vendorFolder: z.string().min(1).max(limits.pathCharsMax),
    }),
  ]);
});

const NOTHING: Analysis<ComposerEvidence> = { evidence: null, problems: [] };

/** PHP packages of Composer: installed ones, or the locked ones of a project that has none installed. */
export const composer: Analyzer<ComposerEvidence> = {
  id: 'composer',
  version: 1,
  support: {
    title: 'PHP',
    kind: 'language',
    purlTypes: ['composer'],
    reads: [
      {
        file: 'vendor/composer/installed.json (Composer 1 and 2)',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
      { file: 'composer.lock', states: 'locked', licenses: true, direct: true, relations: true },
    ],
  },
  claims: { suffixes: ['/composer/installed.json'], names: ['composer.json', 'composer.lock'] },
  analyze(file): Analysis<ComposerEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (base === 'installed.json') return analyzePackages('installed', file, parseInstalled);
    if (isInsideVendor(file.path)) return NOTHING;
    if (base === 'composer.lock') return analyzePackages('lock', file, parseComposerLock);
    const bytes = readWhole(file, limits.textFileBytesMax);
    // Without it packages are listed all the same; only which are direct is not known then.
    const manifest = bytes === undefined ? undefined : parseManifest(bytes);
    return manifest === undefined ? NOTHING : { evidence: { kind: 'manifest', ...manifest }, problems: [] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveComposer,
};

function analyzePackages(
  kind: 'installed' | 'lock',
  file: ClaimedFile,
  parse: (bytes: Uint8Array) => PackagesResult,
): Analysis<ComposerEvidence> {
  const bytes = readWhole(file, limits.lockFileBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  const result = parse(bytes);
  if ('fault' in result) return { evidence: null, problems: [fileProblem('unreadable', file.path, result.fault)] };
  const { packages, full, unnamed } = result;
  const problems = [
    ...(full ? [fileProblem('limit-exceeded', file.path, 'the file holds more packages than packagesPerFileMax')] : []),
    ...(unnamed > 0
      ? [fileProblem('unreadable', file.path, `${unnamed} packages have no readable name or version`)]
      : []),
  ];
  return { evidence: { kind, packages }, problems };
}
