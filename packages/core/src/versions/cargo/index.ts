import { bounded } from '../bounded.ts';
import type { Order, VersionScheme } from '../scheme.ts';
import {
  compareSemantic,
  hasLeadingZero,
  isBuildMetadata,
  parsePrerelease,
  type SemanticVersion,
} from '../semantic.ts';
import { satisfies } from './requirement.ts';

export interface CargoVersion extends SemanticVersion {
  readonly scheme: 'cargo';
}

/** Cargo's versions and requirements, as the semver crate has them; build metadata has no precedence. */
export const cargo: VersionScheme<CargoVersion> = bounded<CargoVersion>({
  id: 'cargo',
  specification: 'https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html',
  parse,
  compare: (a, b): Order => compareSemantic(a, b),
  satisfies,
});

function parse(text: string): CargoVersion | undefined {
  const match = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', stage, build] = match;
  if ([major, minor, patch].some(hasLeadingZero)) return undefined;
  if (build !== undefined && !isBuildMetadata(build)) return undefined;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  return prerelease && { scheme: 'cargo', release: [major, minor, patch], prerelease };
}
