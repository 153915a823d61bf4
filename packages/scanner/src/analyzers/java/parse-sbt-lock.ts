import { fieldOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { idOf, mavenName, versionOf } from './coordinates.ts';

/** build.sbt.lock of the plugin sbt-dependency-lock, version 1. https://github.com/stringbean/sbt-dependency-lock */
export function parseSbtLock(bytes: Uint8Array): LockResult {
  const lock = parseJsonObject(bytes);
  const dependencies = lock === undefined ? undefined : fieldOf(lock, 'dependencies');
  if (lock === undefined || !Array.isArray(dependencies))
    return { fault: 'the lock file is no JSON object with dependencies', code: 'unreadable' };
  if (fieldOf(lock, 'lockVersion') !== 1) return { fault: 'the lock file is not of version 1', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const value of dependencies) {
    const entry = toObject(value);
    if (entry === undefined || locked.full) continue;
    const [group, artifact] = [idOf(stringOf(entry, 'org')), idOf(stringOf(entry, 'name'))];
    if (group === undefined || artifact === undefined) continue;
    const configurations = fieldOf(entry, 'configurations');
    const used =
      !Array.isArray(configurations) ||
      configurations.some((name) => ['compile', 'runtime', 'default'].includes(String(name)));
    locked.add({
      name: mavenName({ group, artifact }),
      version: versionOf(stringOf(entry, 'version')),
      dev: !used,
      direct: null,
    });
  }
  return locked.result();
}
