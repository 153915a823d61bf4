import { rangeCharactersMax, versionCharactersMax } from './limits.ts';
import type { VersionScheme } from './scheme.ts';

/**
 * The scheme with the limits of limits.ts in front of it. Every scheme is exported through here, so that no parser sees
 * foreign text of unbounded length: what is too long is unparsable, hence undetermined.
 */
export function bounded<V>(scheme: VersionScheme<V>): VersionScheme<V> {
  return {
    id: scheme.id,
    specification: scheme.specification,
    parse: (text) => (text.length > versionCharactersMax ? undefined : scheme.parse(text)),
    compare: (a, b) => scheme.compare(a, b),
    satisfies: (version, range) => (range.length > rangeCharactersMax ? undefined : scheme.satisfies(version, range)),
  };
}
