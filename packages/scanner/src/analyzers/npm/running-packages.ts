import { keyOf } from '../lock-analyzer.ts';
import type { LockedPackage } from '../locked-packages.ts';
import type { Asked } from './manifests.ts';

/**
 * The packages of a lock file that a project runs with. package-lock.json of version 1 and yarn.lock don't say all: what only the names
 * under `devDependencies` lead to is left out, by the manifest beside them, and what nothing leads to stays; and who is direct is told
 * by name, where one version of that name is locked.
 */
export function runningPackages(
  packages: readonly LockedPackage[],
  asked: Asked | undefined,
): readonly LockedPackage[] {
  const running = withoutDevelopment(packages, asked);
  if (asked === undefined || running.every(({ direct }) => direct !== null)) return running;
  const versions = new Map<string, number>();
  for (const { name } of running) versions.set(name, (versions.get(name) ?? 0) + 1);
  return running.map((entry) => {
    if (entry.direct !== null) return entry;
    if (!asked.production.has(entry.name)) return { ...entry, direct: false };
    return versions.get(entry.name) === 1 ? { ...entry, direct: true } : entry;
  });
}

function withoutDevelopment(packages: readonly LockedPackage[], asked: Asked | undefined): readonly LockedPackage[] {
  const stated = packages.filter(({ dev }) => !dev);
  if (asked === undefined || stated.length < packages.length) return stated;
  const byKey = new Map(stated.map((entry) => [keyOf(entry), entry] as const));
  const reach = (isStart: (entry: LockedPackage) => boolean): ReadonlySet<LockedPackage> => {
    const found = new Set(stated.filter(isStart));
    // A set hands over what is added while it is walked.
    for (const entry of found) {
      for (const need of entry.needs ?? []) {
        const next = byKey.get(need);
        if (next !== undefined) found.add(next);
      }
    }
    return found;
  };
  const running = reach(({ name }) => asked.production.has(name));
  const developing = reach(
    ({ name, direct }) => direct !== false && asked.all.has(name) && !asked.production.has(name),
  );
  return stated.filter((entry) => running.has(entry) || !developing.has(entry));
}
