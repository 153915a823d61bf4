import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { lockedPackageSchema } from '../locked-packages.ts';
import { type GemSpecification, parseGemspec } from './parse.ts';
import { type GemfileLock, parseGemfileLock } from './parse-gemfile-lock.ts';
import { gemPlace, isInsideGem } from './paths.ts';
import { resolveRuby } from './resolve.ts';

export type RubyEvidence =
  | { readonly kind: 'gem'; readonly gem: GemSpecification }
  | ({ readonly kind: 'lock' } & GemfileLock);

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const version = z.string().min(1).max(limits.versionCharsMax);
  return z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('gem'),
      gem: z.object({
        name: name.nullable(),
        version: version.nullable(),
        platform: version.nullable(),
        licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
        needs: z
          .array(z.object({ name, requirement: z.array(version).max(limits.requirementPartsMax) }))
          .max(limits.needsPerPackageMax),
      }),
    }),
    z.object({
      kind: z.literal('lock'),
      packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax),
      git: z.array(z.object({ name, version, revision: z.string().max(64) })).max(limits.packagesPerFileMax),
    }),
  ]);
});

/** Ruby gems: installed ones of RubyGems and Bundler, or the locked ones of a project that has none installed. */
export const ruby: Analyzer<RubyEvidence> = {
  id: 'ruby',
  version: 1,
  support: {
    title: 'Ruby',
    kind: 'language',
    purlTypes: ['gem'],
    reads: [
      {
        file: 'specifications/*.gemspec, specifications/default/*.gemspec',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
      { file: 'bundler/gems/*/*.gemspec (gems from git)', states: 'installed', licenses: true, relations: true },
      { file: 'Gemfile.lock, gems.locked', states: 'locked', direct: true, relations: true },
    ],
  },
  claims: { suffixes: ['.gemspec'], names: ['Gemfile.lock', 'gems.locked'] },
  analyze(file): Analysis<RubyEvidence> {
    if (!file.path.endsWith('.gemspec')) return analyzeLock(file);
    if (gemPlace(file.path) === undefined) return { evidence: null, problems: [] };
    const result = parseGemspec(file);
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    return { evidence: { kind: 'gem', gem: result.specification }, problems: [] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveRuby,
};

function analyzeLock(file: Parameters<typeof ruby.analyze>[0]): Analysis<RubyEvidence> {
  if (isInsideGem(file.path)) return { evidence: null, problems: [] };
  const result = parseGemfileLock(file);
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  const { packages, git, full } = result;
  const detail = 'the lock file holds more than packagesPerFileMax packages or needsPerFileMax dependencies';
  return {
    evidence: { kind: 'lock', packages, git },
    problems: full ? [fileProblem('limit-exceeded', file.path, detail)] : [],
  };
}
