import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/** `20.1.0` from node_version.h, undefined when it doesn't define the three numbers. */
export function parseNodeVersion(header: string): string | undefined {
  const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`^#define NODE_${part}_VERSION (\\d{1,6})\\s*$`, 'm').exec(header)?.[1],
  );
  return numbers.includes(undefined) ? undefined : identifierOf(numbers.join('.'), limits.versionCharsMax);
}
