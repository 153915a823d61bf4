import { parseArchiveName } from './archive-name.ts';
import type { JavaPackage } from './evidence.ts';
import { type Identity, identify, toCoordinates } from './identify.ts';
import { manifestLicenses } from './licenses.ts';
import type { Manifest } from './parse-manifest.ts';
import { type MavenArtifact, type MavenFiles, toArtifact } from './parse-maven-files.ts';

/** `rt.jar`, `jrt-fs.jar` and the others of a Java installation are parts of a program and no packages. */
const JAVA_ITSELF = 'Java Runtime Environment';

export interface Description {
  readonly packages: readonly JavaPackage[];
  /** Whether Maven's files say what the archive itself is. */
  readonly identified: boolean;
}

/**
 * The packages of one archive: one for each Maven artifact in it, so that shaded copies count, and the archive itself where none of
 * them is it. What has no version is none.
 */
export function describePackages(
  path: string,
  manifest: Manifest,
  maven: ReadonlyMap<string, MavenFiles>,
): Description {
  if (manifest.get('implementation-title') === JAVA_ITSELF) return { packages: [], identified: true };
  const artifacts = [...maven].flatMap(([folder, files]) => toArtifact(folder, files) ?? []);
  const identity = identify(path, manifest);
  const own = findOwn(artifacts, path, identity);
  const packages = artifacts.flatMap((artifact): readonly JavaPackage[] => {
    const { group, licenses, needs } = artifact;
    const version = artifact.version ?? (artifact === own ? identity?.version : undefined);
    if (version === undefined) return [];
    return [
      {
        group,
        artifact: artifact.artifact,
        version,
        licenses: artifact === own && licenses.length === 0 ? manifestLicenses(manifest) : licenses,
        ...(needs.length === 0 ? {} : { needs }),
        ...(artifact === own ? { own: true } : {}),
      },
    ];
  });
  const itself = own === undefined ? toCoordinates(identity) : undefined;
  if (itself !== undefined) packages.unshift({ ...itself, licenses: manifestLicenses(manifest), own: true });
  return { packages: distinct(packages), identified: own !== undefined };
}

/**
 * The artifact that the archive itself is. By its name first; an only one also where names differ as builds let them
 * (`commons-collections3-3.2.2.jar`, a renamed `app.jar`), unless file name or manifest say plainly that the archive is another.
 */
function findOwn(
  artifacts: readonly MavenArtifact[],
  path: string,
  identity: Identity | undefined,
): MavenArtifact | undefined {
  const file = parseArchiveName(
    path,
    artifacts.flatMap(({ version }) => version ?? []),
  );
  const names = [identity?.artifact, file?.artifact].flatMap((name) => (name === undefined ? [] : [fold(name)]));
  const named = artifacts.filter(({ artifact }) => names.includes(fold(artifact)));
  if (named.length > 0) return named.find(({ version }) => version === identity?.version) ?? named[0];
  const [only] = artifacts;
  if (only === undefined || artifacts.length > 1) return undefined;
  const artifact = fold(only.artifact);
  if (names.some((name) => name.includes(artifact) || artifact.includes(name))) return only;
  return identity?.version === undefined || identity.version === only.version ? only : undefined;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[_.]/g, '-');
}

function distinct(packages: readonly JavaPackage[]): readonly JavaPackage[] {
  const byKey = new Map<string, JavaPackage>();
  for (const found of packages) {
    const key = [found.group ?? '', found.artifact, found.version].join('\u0000');
    if (!byKey.has(key) || found.own === true) byKey.set(key, found);
  }
  return [...byKey.values()];
}
