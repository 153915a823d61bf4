import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { javaLimits } from './limits.ts';

/** What Maven calls a coordinate; the group is null where nothing tells it. */
export type Coordinates = {
  readonly group: string | null;
  readonly artifact: string;
  readonly version: string;
};

/** A group or artifact id as Maven takes it, or undefined: `${project.groupId}`, `Apache Tika` and the empty text are none. */
export function idOf(text: string | undefined): string | undefined {
  const id = identifierOf(text?.trim(), javaLimits.idCharsMax);
  return id !== undefined && /^[A-Za-z0-9_.-]+$/.test(id) && /[A-Za-z0-9]/.test(id) ? id : undefined;
}

/** A version to judge, or undefined: `${project.version}`, `unspecified` and `1.0 (build 7)` are none. */
export function versionOf(text: string | undefined): string | undefined {
  const version = identifierOf(text?.trim(), limits.versionCharsMax);
  return version !== undefined && /^[A-Za-z0-9][\w.+~-]*$/.test(version) && /\d/.test(version) ? version : undefined;
}

/** `org.slf4j:slf4j-api`, as Maven and its advisories write it; without a group only the artifact. */
export function mavenName({ group, artifact }: Pick<Coordinates, 'group' | 'artifact'>): string {
  return group === null ? artifact : `${group}:${artifact}`;
}
