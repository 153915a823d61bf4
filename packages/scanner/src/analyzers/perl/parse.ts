import { fieldOf, type JsonObject, listOf, objectOf, parseJsonObject, stringOf } from '../../formats/json/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type Distribution, parseDistribution } from './distribution.ts';

export type PerlResult<T> = T | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

export type InstalledDistribution = Distribution & {
  /** Names of its modules. */
  readonly provides: readonly string[];
};

/**
 * install.json, which cpanm writes below `.meta/` for each distribution that it installs. Its `version` is a JSON number or text as
 * Perl happened to hold it, so 1.10 may read 1.1: the name of the distribution tells. https://metacpan.org/pod/App::cpanminus
 */
export function parseInstall(bytes: Uint8Array): PerlResult<InstalledDistribution> {
  const document = parseJsonObject(bytes);
  const dist = document === undefined ? undefined : stringOf(document, 'dist');
  const distribution =
    document === undefined ? undefined : parseDistribution(dist ?? '', stringOf(document, 'pathname'));
  if (document === undefined || distribution === undefined || !isIdentified(distribution))
    return { fault: 'the file names no distribution with a version, as cpanm writes it', code: 'unreadable' };
  return { ...distribution, provides: moduleNames(objectOf(document, 'provides')) };
}

export function isIdentified({ name, version }: Distribution): boolean {
  return (
    identifierOf(name, limits.nameCharsMax) !== undefined && identifierOf(version, limits.versionCharsMax) !== undefined
  );
}

export type DistributionMeta = {
  readonly licenses: readonly string[];
  /** Modules needed at run time. */
  readonly requires: readonly string[];
};

/** MYMETA.json: what the distribution says of itself, as configured. https://metacpan.org/pod/CPAN::Meta::Spec */
export function parseMeta(bytes: Uint8Array): PerlResult<DistributionMeta> {
  const document = parseJsonObject(bytes);
  if (document === undefined || stringOf(document, 'name') === undefined)
    return { fault: 'the file is no JSON that names a distribution', code: 'unreadable' };
  const runtime = objectOf(objectOf(document, 'prereqs') ?? {}, 'runtime') ?? {};
  return {
    licenses: listOf(document, 'license')
      .filter((license) => typeof license === 'string')
      .filter((license) => license !== '' && license !== 'unknown')
      .map((license) => cleanText(license, limits.licenseCharsMax))
      .slice(0, limits.licensesPerPackageMax),
    requires: moduleNames(objectOf(runtime, 'requires')),
  };
}

function moduleNames(modules: JsonObject | undefined): readonly string[] {
  return Object.keys(modules ?? {})
    .filter(
      (name) => fieldOf(modules ?? {}, name) !== undefined && identifierOf(name, limits.nameCharsMax) !== undefined,
    )
    .slice(0, limits.needsPerPackageMax);
}
