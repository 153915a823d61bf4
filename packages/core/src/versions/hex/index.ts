import { bounded } from '../bounded.ts';
import type { VersionScheme } from '../scheme.ts';
import {
  compareSemantic,
  hasLeadingZero,
  isBuildMetadata,
  parsePrerelease,
  type SemanticVersion,
} from '../semantic.ts';
import { satisfies } from './requirement.ts';

export interface HexVersion extends SemanticVersion {
  readonly scheme: 'hex';
}

/** Elixir's versions, semantic ones of three numbers, and its requirements. */
export const hex: VersionScheme<HexVersion> = bounded<HexVersion>({
  id: 'hex',
  specification: 'https://hexdocs.pm/elixir/Version.html',
  parse,
  compare: compareSemantic,
  satisfies,
});

function parse(text: string): HexVersion | undefined {
  const match = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', stage, build] = match;
  if ([major, minor, patch].some(hasLeadingZero)) return undefined;
  if (build !== undefined && !isBuildMetadata(build)) return undefined;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  return prerelease && { scheme: 'hex', release: [major, minor, patch], prerelease };
}
