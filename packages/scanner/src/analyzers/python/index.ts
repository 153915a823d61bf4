import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type PythonDistribution, parseMetadata } from './parse.ts';
import { resolvePython } from './resolve.ts';

export type PythonEvidence =
  | { readonly kind: 'distribution'; readonly distribution: PythonDistribution }
  /** The user asked for the package beside it by name (PEP 376). */
  | { readonly kind: 'requested' };

const schema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('distribution'),
    distribution: z.object({
      name: z.string().min(1).max(limits.nameCharsMax),
      version: z.string().min(1).max(limits.versionCharsMax),
      licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
    }),
  }),
  z.object({ kind: z.literal('requested') }),
]);

/** Installed Python distributions: wheels, eggs and what distributions' own packages install. */
export const python: Analyzer<PythonEvidence> = {
  id: 'python',
  version: 1,
  support: {
    title: 'Python',
    kind: 'language',
    purlTypes: ['pypi'],
    reads: [{ file: '*.dist-info/METADATA, *.egg-info', states: 'installed', licenses: true, direct: true }],
  },
  claims: {
    suffixes: ['.dist-info/METADATA', '.dist-info/REQUESTED', '.egg-info/PKG-INFO', '.egg-info', 'EGG-INFO/PKG-INFO'],
  },
  analyze(file): Analysis<PythonEvidence> {
    if (file.path.endsWith('/REQUESTED')) return { evidence: { kind: 'requested' }, problems: [] };
    const result = parseMetadata(file);
    return result.kind === 'distribution'
      ? { evidence: result, problems: [] }
      : { evidence: null, problems: [fileProblem(result.code, file.path, result.reason)] };
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolvePython,
};
