import type { ImageView, Problem, ViewFile } from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import { composeTable } from './compose-table.ts';
import type { RpmEvidence, RpmPackage } from './evidence.ts';
import { DATABASE_NAMES, folderOf, nameOf } from './paths.ts';

type Kind = RpmEvidence['kind'];
type Evidence<K extends Kind> = Extract<RpmEvidence, { readonly kind: K }>;
type File<K extends Kind> = ViewFile<Evidence<K>>;

/** A source of packages with its history, as `presentSince` wants it. */
export type PackageFile = ViewFile<{ readonly packages: readonly RpmPackage[] }>;

export interface Databases {
  readonly files: readonly PackageFile[];
  readonly problems: readonly Problem[];
}

/**
 * The databases that count. Each folder has one: an image that was moved to a newer backend may keep the older file, which
 * nothing updates any more. Folders add up, because a root that was installed into by another system's tools may have two.
 * Manifests count where there is no database: they say what an image was made with.
 */
export function findDatabases(view: ImageView<RpmEvidence>): Databases {
  const problems: Problem[] = [];
  const folders = new Map<string, PackageFile[]>();
  const logs = new Map(ofKind(view, 'log').map((file) => [file.path, file]));
  for (const file of ofKind(view, 'database')) {
    const log = nameOf(file.path) === DATABASE_NAMES.sqlite ? logs.get(`${file.path}-wal`) : undefined;
    const { composed, fault } = withLog(file, log);
    if (fault !== null) problems.push(fileProblem('unreadable', log?.path ?? file.path, fault));
    const folder = folderOf(file.path);
    folders.set(folder, [...(folders.get(folder) ?? []), composed]);
    logs.delete(`${file.path}-wal`);
  }
  for (const path of logs.keys()) {
    problems.push(fileProblem('unreadable', path, 'there is no readable database to this write-ahead log'));
  }
  const chosen = [...folders.values()].flatMap((files) => chooseFile(files, problems));
  const manifests = ofKind(view, 'manifest').toSorted((a, b) => (a.path > b.path ? -1 : 1));
  const files = chosen.length > 0 ? chosen : manifests.slice(0, 1);
  const empty = [...folders.values()].flat()[0];
  if (files.length === 0 && empty !== undefined) {
    // An empty database must never look like an image that was found to be clean.
    problems.push(fileProblem('unreadable', empty.path, 'the package database holds no package'));
  }
  return { files, problems };
}

function ofKind<K extends Kind>(view: ImageView<RpmEvidence>, kind: K): readonly File<K>[] {
  const isKind = (evidence: RpmEvidence): evidence is Evidence<K> => evidence.kind === kind;
  return view.files.flatMap((file) => {
    if (!isKind(file.evidence)) return [];
    const history = file.history.map(({ layer, evidence }) => ({
      layer,
      evidence: evidence !== null && isKind(evidence) ? evidence : null,
    }));
    return [{ path: file.path, layer: file.layer, evidence: file.evidence, history }];
  });
}

/** The database as SQLite would read it with its log, for each layer that wrote one of the two. */
function withLog(
  file: File<'database'>,
  log: File<'log'> | undefined,
): { readonly composed: PackageFile; readonly fault: string | null } {
  if (log === undefined) return { composed: file, fault: null };
  const layers = [...new Set([...file.history, ...log.history].map(({ layer }) => layer))].sort((a, b) => a - b);
  const history = layers.map((layer) => {
    const database = lastUntil(file.history, layer);
    return { layer, evidence: database === null ? null : composeTable(database, lastUntil(log.history, layer)) };
  });
  const evidence = composeTable(file.evidence, log.evidence);
  const composed = { path: file.path, layer: Math.max(file.layer, log.layer), evidence, history };
  return { composed, fault: evidence.fault };
}

function lastUntil<E>(history: ViewFile<E>['history'], layer: number): E | null {
  return history.findLast((entry) => entry.layer <= layer)?.evidence ?? null;
}

/** Newest backend first. */
const ORDER: readonly string[] = [DATABASE_NAMES.sqlite, DATABASE_NAMES.ndb, DATABASE_NAMES.berkeleyDb];

/** The one that the highest layer wrote, of those that hold packages. */
function chooseFile(files: readonly PackageFile[], problems: Problem[]): readonly PackageFile[] {
  const rank = (file: PackageFile): number => ORDER.indexOf(nameOf(file.path));
  const [chosen, ...others] = files
    .filter(({ evidence }) => evidence.packages.length > 0)
    .toSorted((a, b) => b.layer - a.layer || rank(a) - rank(b));
  if (chosen === undefined) return [];
  for (const other of others) {
    if (other.layer !== chosen.layer || sameNames(other, chosen)) continue;
    const detail = `the database differs from ${nameOf(chosen.path)} beside it, which was taken: the same layer has both`;
    problems.push(fileProblem('unreadable', other.path, detail));
  }
  return [chosen];
}

function sameNames(a: PackageFile, b: PackageFile): boolean {
  const keys = (file: PackageFile): string =>
    JSON.stringify([...new Set(file.evidence.packages.map(packageKey))].sort());
  return keys(a) === keys(b);
}

/** One text per package that rpm tells apart. */
export function packageKey({ name, architecture, epoch, version }: RpmPackage): string {
  return `${name}\u0000${architecture}\u0000${epoch}\u0000${version}`;
}
