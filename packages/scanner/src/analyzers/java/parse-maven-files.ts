import { type Coordinates, idOf, mavenName, versionOf } from './coordinates.ts';
import { toLicenses } from './licenses.ts';
import { interpolate, isNeededAtRunTime, type Pom } from './parse-pom.ts';

/** What Maven leaves of one artifact in META-INF/maven/<group>/<artifact>/. */
export interface MavenFiles {
  readonly properties?: ReadonlyMap<string, string>;
  /** Undefined where the file is no pom.xml. */
  readonly pom?: Pom | undefined;
}

export interface MavenArtifact extends Omit<Coordinates, 'version'> {
  readonly group: string;
  /** Undefined where it lies in a parent's pom.xml. */
  readonly version: string | undefined;
  readonly licenses: readonly string[];
  readonly needs: readonly string[];
}

const PLACE = 'META-INF/maven/';

/**
 * Folder and kind of a Maven file in an archive; undefined for every other name. No regular expression: names are as long and as many as
 * an archive wants, and this is asked of each.
 */
export function mavenFileAt(
  name: string,
): { readonly folder: string; readonly kind: 'properties' | 'xml' } | undefined {
  const kind = name.endsWith('/pom.properties') ? 'properties' : name.endsWith('/pom.xml') ? 'xml' : undefined;
  if (kind === undefined) return undefined;
  const at = name.lastIndexOf(PLACE);
  const folder = name.slice(0, name.lastIndexOf('/'));
  return (at === 0 || name[at - 1] === '/') && at + PLACE.length < folder.length ? { folder, kind } : undefined;
}

/** The artifact: pom.properties first, then pom.xml, then the folder's name. Undefined where they give no group and artifact. */
export function toArtifact(folder: string, { properties, pom }: MavenFiles): MavenArtifact | undefined {
  if (properties === undefined && pom === undefined) return undefined;
  const [placeGroup, placeArtifact] = folder.slice(folder.lastIndexOf(PLACE) + PLACE.length).split('/');
  const group = idOf(properties?.get('groupId')) ?? pomId(pom, pom?.group ?? pom?.parent.group) ?? idOf(placeGroup);
  const artifact = idOf(properties?.get('artifactId')) ?? pomId(pom, pom?.artifact) ?? idOf(placeArtifact);
  if (group === undefined || artifact === undefined) return undefined;
  return {
    group,
    artifact,
    version: versionOf(properties?.get('version')) ?? pomVersion(pom),
    licenses: toLicenses(pom?.licenses ?? []),
    needs: pom === undefined ? [] : neededBy(pom),
  };
}

function pomId(pom: Pom | undefined, value: string | undefined): string | undefined {
  return pom === undefined ? undefined : idOf(interpolate(pom, value));
}

function pomVersion(pom: Pom | undefined): string | undefined {
  return pom === undefined ? undefined : versionOf(interpolate(pom, pom.version ?? pom.parent.version));
}

/** `group:artifact` of what is needed at run time. */
function neededBy(pom: Pom): readonly string[] {
  const names = pom.dependencies.flatMap((dependency) => {
    const [group, artifact] = [pomId(pom, dependency.group), pomId(pom, dependency.artifact)];
    const known = group !== undefined && artifact !== undefined && isNeededAtRunTime(pom, dependency);
    return known ? [mavenName({ group, artifact })] : [];
  });
  return [...new Set(names)];
}
