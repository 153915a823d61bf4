import { bounded } from '../bounded.ts';
import type { Order, VersionScheme } from '../scheme.ts';
import { compareBuilds, compareSemantic, isBuildMetadata, type SemanticVersion } from '../semantic.ts';
import { satisfies } from './constraint.ts';

export interface PubVersion extends SemanticVersion {
  readonly scheme: 'pub';
  /** Build identifiers; they count in Dart's order. */
  readonly build: readonly string[];
}

/** Dart's versions: semantic ones, of which the build counts as well (`1.2.3` < `1.2.3+1`). */
export const pub: VersionScheme<PubVersion> = bounded({
  id: 'pub',
  specification: 'https://dart.dev/tools/pub/versioning',
  parse,
  compare,
  satisfies: (version, range) => satisfies({ parse, compare }, version, range),
});

function parse(text: string): PubVersion | undefined {
  const match = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', stage, build] = match;
  if ([stage, build].some((part) => part !== undefined && !isBuildMetadata(part))) return undefined;
  return {
    scheme: 'pub',
    release: [major, minor, patch],
    prerelease: stage?.split('.') ?? [],
    build: build?.split('.') ?? [],
  };
}

function compare(a: PubVersion, b: PubVersion): Order {
  return compareSemantic(a, b) || compareBuilds(a.build, b.build);
}
