import type { Analysis, Analyzer, AnalyzerSupport, FileClaim, ImageView, Relation, Resolution } from '@hullcheck/core';
import { z } from 'zod';
import { type Readable, readWhole } from '../formats/text/index.ts';
import { appendAll } from './append-all.ts';
import { fileProblem } from './foreign-text.ts';
import { type FoundPackage, toLanguagePackage } from './language-package.ts';
import { lazily } from './lazily.ts';
import { limits } from './limits.ts';
import { keyOf, type LockedPackage, type LockResult, lockedPackageSchema } from './locked-packages.ts';
import { presentSince } from './presence.ts';

export { keyOf } from './locked-packages.ts';

export type LockEvidence = { readonly packages: readonly LockedPackage[] };

export interface LockAnalyzerOptions {
  readonly id: string;
  readonly version: number;
  readonly support: AnalyzerSupport;
  readonly claims: FileClaim;
  /** Files that are claimed but describe nothing that is installed here: fixtures inside packages. */
  readonly skips?: (path: string) => boolean;
  /** Undefined where the file is something else of the same name. */
  readonly parse: (bytes: Uint8Array, path: string) => LockResult | undefined;
  /** The package of one entry; undefined for entries that no registry published. */
  readonly toFound: (locked: LockedPackage, path: string) => FoundPackage | undefined;
}

const schema = lazily(() => {
  return z.object({ packages: z.array(lockedPackageSchema()).max(limits.packagesPerFileMax) });
});

/**
 * An ecosystem whose only witness is a lock file: production packages with layer, directness and relations. Where
 * installed packages leave traces of their own, write the analyzer out, because what is installed goes before what is locked.
 */
export function lockAnalyzer(options: LockAnalyzerOptions): Analyzer<LockEvidence> {
  const { id, version, support, claims } = options;
  return {
    id,
    version,
    support,
    claims,
    analyze: (file) =>
      options.skips?.(file.path) === true ? { evidence: null, problems: [] } : analyzeLock(file, options.parse),
    parseEvidence: (value) => schema().safeParse(value).data,
    resolve: (view) => resolveLocked(view, options),
  };
}

/** Evidence of one lock file, whole or up to `packagesPerFileMax`; a problem where it can't be read. */
export function analyzeLock(
  file: Readable & { readonly path: string },
  parse: (bytes: Uint8Array, path: string) => LockResult | undefined,
): Analysis<LockEvidence> {
  const bytes = readWhole(file, limits.lockFileBytesMax);
  const result =
    bytes === undefined
      ? ({ fault: `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`, code: 'limit-exceeded' } as const)
      : parse(bytes, file.path);
  if (result === undefined) return { evidence: null, problems: [] };
  if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
  const problems = result.full
    ? [fileProblem('limit-exceeded', file.path, 'the lock file holds more packages than packagesPerFileMax')]
    : [];
  return { evidence: { packages: result.packages }, problems };
}

function resolveLocked(
  view: ImageView<LockEvidence>,
  { id, toFound }: Pick<LockAnalyzerOptions, 'id' | 'toFound'>,
): Resolution {
  const packages: Resolution['packages'][number][] = [];
  const relations: Relation[] = [];
  for (const file of view.files) {
    const since = presentSince(file, (evidence) => evidence.packages.map(keyOf));
    const purls = new Map<string, string>();
    for (const locked of file.evidence.packages) {
      const found = locked.dev ? undefined : toFound(locked, file.path);
      if (found === undefined) continue;
      const pkg = toLanguagePackage(
        { direct: locked.direct, ...statedBy(locked), ...found },
        { view, file, layer: since.get(keyOf(locked)), analyzer: id },
      );
      purls.set(keyOf(locked), pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(file.evidence.packages, purls));
  }
  return { packages, problems: [], relations };
}

/** The relations that a lock file states, between those of its packages that have a purl (by `keyOf`). */
export function relationsOf(
  packages: readonly LockedPackage[],
  purls: ReadonlyMap<string, string>,
): readonly Relation[] {
  return packages.flatMap((locked) => {
    const from = purls.get(keyOf(locked));
    if (from === undefined) return [];
    return (locked.needs ?? []).flatMap((need) => {
      const to = purls.get(need);
      return to === undefined ? [] : [{ from, to }];
    });
  });
}

/** What the file says of the package besides its name and version. */
export function statedBy({ qualifiers, licenses }: LockedPackage): Pick<FoundPackage, 'qualifiers' | 'licenses'> {
  return { ...(qualifiers === undefined ? {} : { qualifiers }), ...(licenses === undefined ? {} : { licenses }) };
}
