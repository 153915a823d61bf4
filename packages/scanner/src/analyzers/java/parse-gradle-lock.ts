import { type Readable, readLines } from '../../formats/text/index.ts';
import { limits } from '../limits.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { idOf, mavenName, versionOf } from './coordinates.ts';

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

/**
 * gradle.lockfile of Gradle 7 (`group:artifact:version=configuration,…`) and the files of gradle/dependency-locks/ before it, one for
 * each configuration and without the last part. https://docs.gradle.org/current/userguide/dependency_locking.html
 */
export function parseGradleLock(file: Readable & { readonly path: string }): LockResult {
  const old = /(?:^|\/)gradle\/dependency-locks\/([^/]+)\.lockfile$/.exec(file.path)?.[1];
  const entries: { readonly name: string; readonly version: string; readonly configurations: readonly string[] }[] = [];
  let lines = 0;
  const outcome = readLines(file, BOUNDS, (line) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return true;
    lines++;
    const [coordinates = '', stated] = text.split('=', 2);
    const [group, artifact, version, ...more] = coordinates.split(':');
    const [of, id, value] = [idOf(group), idOf(artifact), versionOf(version)];
    if (of !== undefined && id !== undefined && value !== undefined && more.length === 0) {
      const configurations = old === undefined ? (stated ?? '').split(',') : [old];
      entries.push({ name: mavenName({ group: of, artifact: id }), version: value, configurations });
    } else if (coordinates === 'empty') lines--;
    return entries.length < limits.packagesPerFileMax;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  if (lines > 0 && entries.length === 0)
    return { fault: 'no line of the lock file is group:artifact:version', code: 'unreadable' };
  const locked = new LockedPackages();
  // Without any runtime configuration nothing tells libraries from what only the compiler sees.
  const runtimeKnown = entries.some(({ configurations }) => configurations.some(isRuntime));
  for (const { name, version, configurations } of entries) {
    const used = runtimeKnown ? configurations.some(isRuntime) : configurations.some((name) => !isTooling(name));
    locked.add({ name, version, dev: !used, direct: null });
  }
  return locked.result();
}

/** `runtimeClasspath`, `releaseRuntimeClasspath`, `jvmRuntimeClasspath`; not `testRuntimeClasspath`. */
function isRuntime(configuration: string): boolean {
  return /(?:runtimeClasspath|^runtime|^default)$/i.test(configuration) && !isTooling(configuration);
}

/** Tests, and tools that run while it is built. */
function isTooling(configuration: string): boolean {
  return /test|^(?:annotationProcessor|kapt|ksp|checkstyle|pmd|spotbugs|jacoco|errorprone|detekt|ktlint|classpath$)/i.test(
    configuration,
  );
}
