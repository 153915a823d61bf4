import { type SchemeId, swiftName } from '@hullcheck/core';

/** How the packages of an ecosystem of OSV are kept here. */
export interface OsvPackages {
  /** As the matcher asks for it. */
  readonly ecosystem: string;
  readonly scheme: SchemeId;
  readonly normalize: (name: string) => string;
}

const asWritten = (name: string) => name;
const lowerCase = (name: string) => name.toLowerCase();

/** By OSV's name, where a matcher asks for it. https://ossf.github.io/osv-schema/#defined-ecosystems */
export const OSV_ECOSYSTEMS = {
  CRAN: { ecosystem: 'cran', scheme: 'cran', normalize: asWritten },
  Go: { ecosystem: 'golang', scheme: 'golang', normalize: asWritten },
  Hex: { ecosystem: 'hex', scheme: 'hex', normalize: lowerCase },
  Julia: { ecosystem: 'julia', scheme: 'julia', normalize: asWritten },
  Maven: { ecosystem: 'maven', scheme: 'maven', normalize: asWritten },
  NuGet: { ecosystem: 'nuget', scheme: 'nuget', normalize: lowerCase },
  Packagist: { ecosystem: 'composer', scheme: 'composer', normalize: lowerCase },
  Pub: { ecosystem: 'pub', scheme: 'pub', normalize: lowerCase },
  PyPI: { ecosystem: 'pypi', scheme: 'pep440', normalize: normalizePypiName },
  RubyGems: { ecosystem: 'gem', scheme: 'gem', normalize: asWritten },
  SwiftURL: { ecosystem: 'swift', scheme: 'semver', normalize: swiftName },
  'crates.io': { ecosystem: 'cargo', scheme: 'cargo', normalize: asWritten },
  npm: { ecosystem: 'npm', scheme: 'npm', normalize: asWritten },
} as const satisfies Readonly<Record<string, OsvPackages>>;

export type OsvName = keyof typeof OSV_ECOSYSTEMS;

/** PEP 503: runs of `-`, `_` and `.` are one hyphen, case does not count. */
export function normalizePypiName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
