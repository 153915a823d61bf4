import type { BaseRef, FindingRow, ImageRow, PackageRow } from '@hullcheck/contract';
import { counts, operatingSystem } from '@hullcheck/contract';
import { findingOf } from '@hullcheck/core';
import type { FindingListRow, PackageListRow } from '../../store/image-details.ts';
import type { ImageListRow } from '../../store/image-lists.ts';

export const toInstant = (date: Date | null): string | null => (date === null ? null : date.toISOString());

/** What the store says of the assessment in the words of the contract. */
export function toAssessment(row: ImageListRow): ImageRow['assessment'] {
  const busy = row.activity === 'queued' || row.activity === 'running' || row.activity === 'waiting';
  const activity = row.activity === 'queued' ? 'queued' : busy ? 'running' : 'idle';
  const { layersDone, layersTotal } = row;
  return {
    state: row.state,
    activity,
    // While it is busy the queue's word counts (what it waits for), and after a failure why.
    reason:
      busy || row.activity === 'failed' || row.state === 'none'
        ? (row.activityReason ?? row.resultReason)
        : row.resultReason,
    progress:
      activity === 'running' && layersDone !== null && layersTotal !== null ? { layersDone, layersTotal } : null,
    assessedAt: toInstant(row.assessedAt),
    readBy: row.readBy,
  };
}

export function toImageRow(row: ImageListRow): ImageRow {
  return {
    id: row.id,
    registry: row.registry,
    repository: row.repository,
    tags: [...row.tags],
    digest: row.digest,
    risk: row.risk,
    explanation: row.explanation,
    counts: row.state === 'not-assessable' || row.counts === null ? null : counts.parse(row.counts),
    os: row.os === null ? null : operatingSystem.parse(row.os),
    hosts: row.hosts,
    containers: row.running,
    packages: row.packages,
    size: row.size,
    created: toInstant(row.builtAt),
    platform: row.platform,
    assessment: toAssessment(row),
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
