import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import type { Order, VersionScheme } from '../scheme.ts';
import { compareBuilds, compareSemantic, isBuildMetadata, type SemanticVersion } from '../semantic.ts';

export interface JuliaVersion extends SemanticVersion {
  readonly scheme: 'julia';
  /** Build identifiers; packages of binaries are rebuilt under the same numbers: `3.0.15+1`, `3.0.15+2`. */
  readonly build: readonly string[];
}

/** Julia's VersionNumber: semantic versions whose last numbers may be left out and of which the build counts. */
export const julia: VersionScheme<JuliaVersion> = bounded({
  id: 'julia',
  specification: 'https://docs.julialang.org/en/v1/manual/strings/#man-version-number-literals',
  parse,
  compare,
  satisfies: (version, range) => satisfiesConstraints({ parse, compare }, version, range),
});

/** A stage that begins with a letter needs no hyphen: `1.0.0rc1`. */
const FORM =
  /^v?([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?(?:-([0-9A-Za-z.-]+)|([A-Za-z][0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]+))?$/;

function parse(text: string): JuliaVersion | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '0', patch = '0', hyphened, attached, build] = match;
  const stage = hyphened ?? attached;
  if ([stage, build].some((part) => part !== undefined && !isBuildMetadata(part))) return undefined;
  return {
    scheme: 'julia',
    release: [major, minor, patch],
    prerelease: stage?.split('.') ?? [],
    build: build?.split('.') ?? [],
  };
}

function compare(a: JuliaVersion, b: JuliaVersion): Order {
  return compareSemantic(a, b) || compareBuilds(a.build, b.build);
}
