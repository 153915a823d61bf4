import type { BaseRef, FindingRow, ImageRow, PackageRow } from '@hullcheck/contract';
import { counts, operatingSystem } from '@hullcheck/contract';
import {
  coverageOfEcosystems,
  type DatabaseSource,
  findingOf,
  NO_DATABASE,
  problemsOfCoverage,
  problemsOfRelease,
} from '@hullcheck/core';
import type { Queryable } from '../../store/database.ts';
import { findActiveRevision } from '../../store/feeds.ts';
import type { FindingListRow, PackageListRow } from '../../store/image-details.ts';
import type { ImageListRow } from '../../store/image-lists.ts';

export const toInstant = (date: Date | null): string | null => (date === null ? null : date.toISOString());

/** What the words of a row depend on beside the row: the sources age, and images don't change with them. */
export interface RowContext {
  /** Null where there is no database. */
  readonly sources: readonly DatabaseSource[] | null;
  readonly nowMs: number;
}

export async function rowContext(database: Queryable, now: () => number): Promise<RowContext> {
  return { sources: (await findActiveRevision(database))?.sources ?? null, nowMs: now() };
}

/** What the store says of the assessment in the words of the contract. */
function toAssessment(row: ImageListRow, context: RowContext): ImageRow['assessment'] {
  const busy = row.activity === 'queued' || row.activity === 'running' || row.activity === 'waiting';
  const activity = row.activity === 'queued' ? 'queued' : busy ? 'running' : 'idle';
  const { layersDone, layersTotal } = row;
  const own = reasonOf(row, context);
  return {
    state: row.state,
    activity,
    // While it is busy the queue's word counts (what it waits for), and after a failure why.
    reason: busy || row.activity === 'failed' || row.state === 'none' ? (row.activityReason ?? own) : own,
    progress:
      activity === 'running' && layersDone !== null && layersTotal !== null ? { layersDone, layersTotal } : null,
    assessedAt: toInstant(row.assessedAt),
    readBy: row.readBy,
  };
}

export const osOf = ({ os }: Pick<ImageListRow, 'os'>): ImageRow['os'] =>
  os === null ? null : operatingSystem.parse(os);

/** The first of what it lacks, and how much more: of the image, then of its sources, then what can't be compared. */
function reasonOf(row: ImageListRow, { sources, nowMs }: RowContext): string | null {
  if (row.ecosystems === null || row.state === 'complete') return null;
  const lacking =
    sources === null
      ? [NO_DATABASE.detail]
      : problemsOfCoverage(coverageOfEcosystems(row.ecosystems, sources), nowMs).map(({ detail }) => detail);
  const undetermined = row.undetermined ?? 0;
  const compared =
    undetermined === 0
      ? []
      : [`Versions can't be read: of ${undetermined} findings nobody can say whether they apply.`];
  const own = row.ownProblem === null ? [] : [row.ownProblem];
  const ended = problemsOfRelease(osOf(row), nowMs).map(({ detail }) => detail);
  const [first] = [...own, ...ended, ...lacking, ...compared];
  if (first === undefined) return null;
  const more = Math.max(row.ownProblems ?? 0, own.length) + ended.length + lacking.length + compared.length - 1;
  return more === 0 ? first : `${first} (and ${more} more)`;
}

function explain(row: ImageListRow): string | null {
  if (row.risk === null) return null;
  if (row.worstId === null) {
    return row.state === 'complete'
      ? 'Nothing known is wrong with it.'
      : 'Nothing is known to be wrong, but not everything could be judged.';
  }
  const others = (row.vulnerabilities ?? 1) - 1;
  const rest = others === 0 ? '.' : `; ${others} more add to it.`;
  return `${row.worstId} in ${row.worstName} ${row.worstVersion}: ${row.worstWords?.replace(/\.$/, '')}${rest}`;
}

export function toImageRow(row: ImageListRow, context: RowContext): ImageRow {
  return {
    id: row.id,
    registry: row.registry,
    repository: row.repository,
    tags: [...row.tags],
    digest: row.digest,
    risk: row.risk,
    explanation: explain(row),
    counts: row.state === 'not-assessable' || row.counts === null ? null : counts.parse(row.counts),
    os: osOf(row),
    hosts: row.hosts,
    containers: row.running,
    packages: row.packages,
    size: row.size,
    created: toInstant(row.builtAt),
    platform: row.platform,
    assessment: toAssessment(row, context),
    sources: [...row.sources],
    base: row.baseName === null ? null : { image: row.basePresent === true ? row.baseImage : null, name: row.baseName },
  };
}

export function toPackageRow(
  { package: pkg, findings, risk }: PackageListRow,
  inherited: (layer: string | null) => BaseRef | null,
): PackageRow {
  const { purl, type, name, version, source, licenses, layer, paths, direct } = pkg;
  return {
    purl,
    type,
    name,
    version,
    source,
    licenses: [...licenses],
    layer,
    paths: [...paths],
    direct,
    findings,
    risk,
    inherited: inherited(layer),
  };
}

/** A finding is derived: the verdict on the subject, where the package lies. */
export function toFindingRows(
  { judgement, package: pkg }: FindingListRow,
  inherited: (layer: string | null) => BaseRef | null,
): FindingRow[] {
  const finding = findingOf(judgement, pkg);
  if (finding === undefined) return [];
  const { aliases, categories, references, fixedIn, evidence } = finding;
  const { disagreeing, ...withoutDisagreeing } = evidence;
  return [
    {
      ...finding,
      aliases: [...aliases],
      categories: [...categories],
      references: [...references],
      fixedIn: [...fixedIn],
      evidence: {
        ...withoutDisagreeing,
        advisories: [...evidence.advisories],
        ...(disagreeing === undefined ? {} : { disagreeing: [...disagreeing] }),
      },
      inherited: inherited(finding.layer),
    },
  ];
}
