import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { idOf, mavenName, versionOf } from './coordinates.ts';
import { interpolate, isNeededAtRunTime, managementOf, parsePom } from './parse-pom.ts';

/**
 * The dependencies that a project's pom.xml pins for run time. A version that lies in a parent, in an imported list or in a profile is
 * not made up: the dependency is left out.
 */
export function parseProject(bytes: Uint8Array): LockResult {
  const pom = parsePom(bytes);
  if (pom === undefined) return { fault: 'the pom.xml is no Maven project', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const dependency of pom.dependencies) {
    const [group, artifact] = [dependency.group, dependency.artifact].map((id) => idOf(interpolate(pom, id)));
    if (group === undefined || artifact === undefined || !isNeededAtRunTime(pom, dependency)) continue;
    const stated = interpolate(pom, dependency.version ?? managementOf(pom, dependency)?.version);
    locked.add({ name: mavenName({ group, artifact }), version: pinned(stated), dev: false, direct: true });
  }
  return locked.result();
}

/** `1.0` and `[1.0]`; ranges, LATEST and RELEASE name no version. */
function pinned(version: string | undefined): string | undefined {
  return versionOf(/^\[([^,[\]]+)\]$/.exec(version?.trim() ?? '')?.[1] ?? version);
}
