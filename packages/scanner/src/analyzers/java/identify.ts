import { type ArchiveName, parseArchiveName } from './archive-name.ts';
import { type Coordinates, idOf, versionOf } from './coordinates.ts';
import { findKnownGroup } from './known-groups.ts';
import type { Manifest } from './parse-manifest.ts';

/** What the archive itself is, without a pom: version undefined where nothing tells it. */
export interface Identity {
  readonly group: string | null;
  readonly artifact: string;
  readonly version: string | undefined;
}

/**
 * Coordinates that the manifest and the file name give. The order: what a build tool wrote as coordinates (Jenkins, NiFi, Nebula); for the
 * rest the file name, which Maven and Gradle make of artifact and version, before Implementation-Version, because manifests state
 * `1.6.21-release-334(1.6.21)` and OSGi's spelling of a version. Undefined where not even a name can be told.
 */
export function identify(path: string, manifest: Manifest): Identity | undefined {
  const stated = statedCoordinates(manifest);
  if (stated !== undefined) return stated;
  const versions = ['implementation-version', 'bundle-version', 'specification-version']
    .map((attribute) => versionOf(manifest.get(attribute)))
    .filter((version) => version !== undefined);
  const name = parseArchiveName(path, versions);
  const titled = idOf(manifest.get('implementation-title'));
  const tomcat = tomcatModule(manifest);
  const artifact = tomcat ?? (name?.version === undefined ? (titled ?? name?.artifact) : name.artifact);
  if (artifact === undefined) return undefined;
  const own: ArchiveName = { artifact, version: name?.version ?? versions[0] };
  const vendor = vendorGroup(manifest);
  // sbt-native-packager puts the group before the name: `com.typesafe.akka.akka-actor_2.13-2.6.21.jar`.
  const prefixed = vendor !== undefined && artifact.startsWith(`${vendor}.`);
  return {
    group: vendor ?? findKnownGroup(own) ?? groupOfBundle(manifest, artifact) ?? null,
    artifact: prefixed ? artifact.slice(vendor.length + 1) : artifact,
    version: own.version,
  };
}

/** The identity where it has a version: what can be judged. */
export function toCoordinates(identity: Identity | undefined): Coordinates | undefined {
  const { group, artifact, version } = identity ?? {};
  return artifact === undefined || version === undefined ? undefined : { group: group ?? null, artifact, version };
}

/** Coordinates that a packaging tool wrote into the manifest as such. */
function statedCoordinates(manifest: Manifest): Identity | undefined {
  // The Nebula plugins' `group#artifact;version`.
  const nebula = /^([^#;\s]+)#([^#;\s]+);([^#;\s]+)$/.exec(manifest.get('implementation-title') ?? '');
  const [group, artifact] = [
    nebula?.[1] ?? manifest.get('nar-group') ?? manifest.get('group-id'),
    nebula?.[2] ?? manifest.get('nar-id') ?? manifest.get('short-name') ?? manifest.get('extension-name'),
  ].map(idOf);
  // Jenkins plugins that somebody built: `1.0-SNAPSHOT (private-5c21b3f1-user)`.
  const [version] = (nebula?.[3] ?? manifest.get('nar-version') ?? manifest.get('plugin-version') ?? '').split(' ', 1);
  const coordinate = versionOf(version);
  return group === undefined || artifact === undefined || coordinate === undefined
    ? undefined
    : { group, artifact, version: coordinate };
}

/** Tomcat's own archives: `catalina.jar` is published as tomcat-catalina, the name that its bundle and advisories have. */
function tomcatModule(manifest: Manifest): string | undefined {
  return /^org\.apache\.(tomcat-[a-z-]+)$/.exec(symbolicName(manifest) ?? '')?.[1];
}

/** Vendors' ids that are no group of anything published. */
const VENDORS = new Set([
  'org.apache',
  'com.sun',
  'com.oracle',
  'com.ibm',
  'com.google',
  'org.eclipse',
  'net.java',
  'com.microsoft',
]);

/** Implementation-Vendor-Id: the group, as Maven's archiver and sbt write it. */
function vendorGroup(manifest: Manifest): string | undefined {
  const id = idOf(manifest.get('implementation-vendor-id'));
  return id === undefined || !/^[a-z][\w-]*(?:\.[\w-]+)+$/.test(id) || VENDORS.has(id) ? undefined : id;
}

/** Without directives: `org.eclipse.osgi; singleton:=true`. */
function symbolicName(manifest: Manifest): string | undefined {
  return idOf(manifest.get('bundle-symbolicname')?.split(';', 1)[0]);
}

/**
 * The group that makes the bundle's name of this artifact, by the rules with which the Maven bundle plugin makes the name of both:
 * `com.example.core-api` is com.example + core-api, `com.example.core.api` is com.example.core + core-api. A module name is made by
 * hand, so that only the second, longer agreement counts. https://felix.apache.org/documentation/subprojects/apache-felix-maven-bundle-plugin-bnd.html
 */
function groupOfBundle(manifest: Manifest, artifact: string): string | undefined {
  const bundle = symbolicName(manifest);
  const group = splitGroup(bundle, artifact) ?? splitGroup(idOf(manifest.get('automatic-module-name')), artifact);
  if (group !== undefined || bundle === undefined || !bundle.endsWith(`.${artifact}`)) return group;
  return dotted(bundle.slice(0, -artifact.length - 1));
}

function splitGroup(name: string | undefined, artifact: string): string | undefined {
  for (let hyphen = artifact.indexOf('-'); hyphen !== -1; hyphen = artifact.indexOf('-', hyphen + 1)) {
    const ending = `.${artifact.slice(0, hyphen)}.${artifact.slice(hyphen + 1)}`;
    const folded = ending.replaceAll('-', '.');
    if (name === undefined) return undefined;
    for (const form of [ending, folded]) {
      if (name.endsWith(form)) return dotted(name.slice(0, name.length - form.length + hyphen + 1));
    }
  }
  return undefined;
}

function dotted(group: string): string | undefined {
  return /^[a-z][\w-]*(?:\.[\w-]+)+$/.test(group) && !VENDORS.has(group) ? group : undefined;
}
