import { idOf, versionOf } from './coordinates.ts';
import { javaLimits } from './limits.ts';

export interface ArchiveName {
  /** File name without its ending where no version can be told apart. */
  readonly artifact: string;
  readonly version: string | undefined;
}

/** Words of a version that come after a hyphen: `1.0-alpha-2`, `27.1-jre`, `3.0-incubating`. */
const QUALIFIER =
  /^(?:alpha|beta|a|b|m|milestone|rc|cr|snapshot|ga|final|release|sp|pre|preview|ea|dev|build|incubating|jre\d*|android|jdk\d+|redhat|fuse|hadoop\d*|spark\d*|scala\w*)[\d.]*$/i;

/** Timestamp of a deployed snapshot: `1.0-20240131.235959-7`. */
const TIMESTAMP = /^\d{8}\.\d{6}$/;

/**
 * Artifact and version from a file name in Maven's form, `artifact-version[-classifier].jar`. Versions that the manifest states settle
 * what a name leaves open: `log4j-1.2-api-2.19.0`, `netty-4.1.0.Final-linux-x86_64`. Else the version begins at the last part that starts
 * with a digit. OSGi's form `name_1.2.3.qualifier` has three numbers: Scala's `akka-actor_2.13` is a name.
 */
export function parseArchiveName(path: string, statedVersions: readonly string[] = []): ArchiveName | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const base = file.slice(0, Math.max(0, file.lastIndexOf('.')));
  if (base.length > javaLimits.fileNameCharsMax) return undefined;
  for (const version of statedVersions) {
    const at = base.indexOf(`-${version}`);
    const after = base[at + version.length + 1];
    const artifact = idOf(base.slice(0, Math.max(0, at)));
    if (
      artifact !== undefined &&
      (after === undefined || after === '-') &&
      !isVersionGoingOn(base.slice(at + version.length + 2))
    )
      return { artifact, version };
  }
  const osgi = /^(.+)_(\d+\.\d+\.\d+(?:\.[\w-]+)?)$/.exec(base);
  const [name, version] = [idOf(osgi?.[1]), versionOf(osgi?.[2])];
  if (name !== undefined && version !== undefined) return { artifact: name, version };
  const parts = base.split('-');
  const at = versionStart(parts);
  if (at !== undefined) {
    const artifact = idOf(parts.slice(0, at).join('-'));
    const version = versionOf(withoutClassifier(parts.slice(at)).join('-'));
    if (artifact !== undefined && version !== undefined) return { artifact, version };
  }
  const artifact = idOf(base);
  return artifact === undefined ? undefined : { artifact, version: undefined };
}

/** Whether what follows a stated version still belongs to the version of the file: `1.2` of `foo-1.2-beta-3`. */
function isVersionGoingOn(rest: string): boolean {
  const [first = ''] = rest.split('-', 1);
  return first !== '' && (QUALIFIER.test(first) || /^\d/.test(first));
}

/** Index of the part with which the version begins; never 0. */
function versionStart(parts: readonly string[]): number | undefined {
  let at = parts.findLastIndex((part) => /^v?\d/.test(part));
  if (at <= 0) return undefined;
  for (;;) {
    const [part = '', before = '', earlier = ''] = [parts[at], parts[at - 1], parts[at - 2]];
    if (at >= 3 && /^\d+$/.test(part) && QUALIFIER.test(before) && /^\d/.test(earlier)) at -= 2;
    else if (at >= 2 && /^\d/.test(before) && (/^\d+$/.test(part) || TIMESTAMP.test(part))) at -= 1;
    else return at;
  }
}

/** Drops what names a variant of the file and not the version: `linux-x86_64`, `sources`, `jar-with-dependencies`. */
function withoutClassifier(parts: readonly string[]): readonly string[] {
  const end = parts.findIndex((part, index) => index > 0 && !/^\d/.test(part) && !QUALIFIER.test(part));
  return end === -1 ? parts : parts.slice(0, end);
}
