import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import type { Order, VersionScheme } from '../scheme.ts';
import {
  compareSemantic,
  hasLeadingZero,
  isBuildMetadata,
  parsePrerelease,
  type SemanticVersion,
} from '../semantic.ts';

export interface GolangVersion extends SemanticVersion {
  readonly scheme: 'golang';
}

/**
 * Go modules' order (golang.org/x/mod/semver: `v1` and `v1.2` are short for `.0`, `+incompatible` does not count), with
 * toolchain versions (`go1.21.3`, `1.21rc2`) read as govulncheck and the Go vulnerability database write them: 1.21.0-rc.2.
 */
export const golang: VersionScheme<GolangVersion> = bounded({
  id: 'golang',
  specification: 'https://go.dev/ref/mod#versions',
  parse,
  compare,
  satisfies: (version, range) => satisfiesConstraints({ parse, compare }, version, range),
});

function parse(text: string): GolangVersion | undefined {
  return parseToolchain(text) ?? parseModule(text);
}

function compare(a: GolangVersion, b: GolangVersion): Order {
  return compareSemantic(a, b);
}

/** What follows `-` or a space is a vendor's mark or build settings (`go1.22.5-fips`, `go1.21.3 X:boringcrypto`). */
function parseToolchain(text: string): GolangVersion | undefined {
  const match =
    /^go([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)|(alpha|beta|rc)([0-9]+))?)?(?:[- ][ -~]*)?$/.exec(text) ??
    /^([0-9]+)\.([0-9]+)()(alpha|beta|rc)([0-9]+)$/.exec(text);
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', stage, number = '0'] = match;
  if ([major, minor, patch, number].some(hasLeadingZero)) return undefined;
  return {
    scheme: 'golang',
    release: [major, minor, patch || '0'],
    prerelease: stage === undefined ? [] : [stage, number],
  };
}

function parseModule(text: string): GolangVersion | undefined {
  const match = /^v?([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', stage, build] = match;
  if ([major, minor, patch].some(hasLeadingZero)) return undefined;
  if (build !== undefined && !isBuildMetadata(build)) return undefined;
  const prerelease = stage === undefined ? [] : parsePrerelease(stage);
  return prerelease && { scheme: 'golang', release: [major, minor, patch], prerelease };
}
