import { executables, imageAdvice } from '@hullcheck/contract';
import {
  coverageOfEcosystems,
  distinctProblems,
  Fault,
  imageRisk,
  isJudgedByOwner,
  NO_DATABASE,
  problemsOfCoverage,
  problemsOfRelease,
  supportNotes,
  undeterminedProblem,
} from '@hullcheck/core';
import { actorOf } from '../../auth/principal.ts';
import { cancelAssessment } from '../../store/assessment-requests.ts';
import { requestAssessment } from '../../store/assessments.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Database } from '../../store/database.ts';
import { listImageHistory, listVulnerabilityHistory } from '../../store/history.ts';
import {
  findResult,
  listFindings,
  listImageHosts,
  listLayers,
  listPackages,
  listTypedDigests,
  listUndetermined,
  type ResultRow,
} from '../../store/image-details.ts';
import { findImageRow, type ImageListRow, listImages } from '../../store/image-lists.ts';
import { findVisibleImage } from '../../store/images.ts';
import { listBases } from '../../store/lineage.ts';
import { findAffected } from '../../store/overview.ts';
import { PERSON_WAITS } from '../../store/queue-priority.ts';
import { findKeptReading } from '../../store/results.ts';
import type { ScopeView } from '../../store/scope.ts';
import { findSourceless } from '../../store/sourceless-images.ts';
import { refreshSummaries } from '../../store/summaries.ts';
import type { Advisories } from '../../usecases/advisories.ts';
import { adviseContainers } from '../../usecases/container-advice.ts';
import { reportOf } from '../../usecases/judge.ts';
import { findLineage, summarizeLineage } from '../../usecases/lineage.ts';
import type { Handlers } from '../route-table.ts';
import { toEvent } from './history-rows.ts';
import { osOf, type RowContext, rowContext, toFindingRows, toImageRow, toPackageRow } from './image-rows.ts';
import { toBaseRef, toLineage } from './lineage-rows.ts';
import { toPlaces } from './where.ts';

type ImageHandlers = Pick<
  Handlers,
  | 'images.list'
  | 'images.get'
  | 'images.packages'
  | 'images.findings'
  | 'images.advice'
  | 'images.support'
  | 'images.layers'
  | 'images.hosts'
  | 'images.history'
  | 'images.report'
  | 'images.assess'
  | 'images.cancel'
  | 'bases.list'
  | 'vulnerabilities.affected'
  | 'vulnerabilities.history'
>;

export interface ImageContext {
  readonly database: Database;
  readonly advisories: Advisories;
  readonly version: string;
  readonly now: () => number;
  /** For how many days an image without a source is kept; 0: for ever. */
  readonly retentionDays: number;
}

const BASES_SHOWN_MAX = 200;
const DAY_MS = 24 * 60 * 60_000;

/** Nobody has the image any more: a link of before says so, and until when it may come back with its history. */
function leftSince(since: Date, retentionDays: number): Fault {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const sinceMs = since.getTime();
  return new Fault('not-found', `no host, registry or upload has this image any more, since ${day(sinceMs)}`, {
    hint:
      retentionDays === 0
        ? 'It is kept: when one has it again, it is shown with its history.'
        : `When one has it again, it is shown with its history; on ${day(sinceMs + retentionDays * DAY_MS)} it is removed.`,
  });
}

export function imageHandlers({ database, advisories, version, now, retentionDays }: ImageContext): ImageHandlers {
  const loadId = async (view: ScopeView, id: string): Promise<string> => {
    const found = await findVisibleImage(database, view.scopes, id);
    if (found !== undefined) return found;
    const since = await findSourceless(database, view.scopes, id);
    throw since === undefined
      ? new Fault('not-found', 'there is no image with this id')
      : leftSince(since, retentionDays);
  };
  const loadRow = async (view: ScopeView, id: string): Promise<ImageListRow> => {
    const row = await findImageRow(database, view, await loadId(view, id));
    if (row === undefined) throw new Fault('not-found', 'there is no image with this id');
    return row;
  };
  /** The image, with what says of a layer which base brings it. */
  const loadParts = async (view: ScopeView, id: string, wanted?: 'true' | 'false') => {
    const imageId = await loadId(view, id);
    const { originOf, inheritedLayers } = await findLineage(database, view, imageId);
    return {
      id: imageId,
      inherited: (layer: string | null) => toBaseRef(originOf(layer)),
      among: wanted === undefined ? undefined : { layers: inheritedLayers, inside: wanted === 'true' },
    };
  };
  /** Everything that the assessment lacks, in the order of a report. */
  const lacksOf = async (
    { id, os }: Pick<ImageListRow, 'id' | 'os'>,
    result: ResultRow | undefined,
    context: RowContext,
  ) => {
    const { sources, nowMs } = context;
    if (result === undefined) return { problems: [], coverage: [] };
    const coverage = coverageOfEcosystems(result.ecosystems, sources ?? []);
    const undetermined = (await listUndetermined(database, id)).filter((one) => !isJudgedByOwner(one.package));
    const problems = distinctProblems([
      ...result.problems,
      ...problemsOfRelease(osOf({ os }), nowMs),
      ...(sources === null ? [NO_DATABASE] : problemsOfCoverage(coverage, nowMs)),
      ...undetermined.flatMap((one) => undeterminedProblem(one.package, one.judgements)),
    ]);
    return { problems, coverage };
  };
  return {
    'bases.list': async ({ view }) => {
      const rows = await listBases(database, view, BASES_SHOWN_MAX);
      return { items: rows.map(({ imageId, ...row }) => ({ ...row, image: imageId })) };
    },
    'images.list': async ({ view, query }) => {
      const running = query.running === undefined ? undefined : query.running === 'true';
      const page = await listImages(database, view, { ...query, running });
      const context = await rowContext(database, now);
      return { ...page, items: page.items.map((row) => toImageRow(row, context)) };
    },
    'images.get': async ({ view, params }) => {
      const row = await loadRow(view, params.id);
      const result = await findResult(database, row.id);
      const lineage = await findLineage(database, view, row.id);
      const context = await rowContext(database, now);
      const { problems, coverage } = await lacksOf(row, result, context);
      return {
        ...toImageRow(row, context),
        digests: [...(await listTypedDigests(database, row.id))],
        names: [...row.names],
        problems: [...problems],
        coverage: [...coverage],
        database:
          result?.revision == null || result.builtAt === null
            ? null
            : { revision: result.revision, builtAt: result.builtAt },
        riskTotal: result?.riskTotal ?? null,
        riskModel: result?.riskModel ?? null,
        executables: result?.executables == null ? null : executables.parse(result.executables),
        lineage: toLineage(lineage, await summarizeLineage(database, view, row.id, lineage)),
      };
    },
    'images.packages': async ({ view, params, query }) => {
      const { id, among, inherited } = await loadParts(view, params.id, query.inherited);
      const page = await listPackages(database, id, { ...query, among });
      return { ...page, items: page.items.map((row) => toPackageRow(row, inherited)) };
    },
    'images.findings': async ({ view, params, query }) => {
      const { id, among, inherited } = await loadParts(view, params.id, query.inherited);
      const page = await listFindings(database, id, { ...query, among });
      return { ...page, items: page.items.flatMap((row) => toFindingRows(row, inherited)) };
    },
    'images.advice': async ({ view, params }) => {
      const id = await loadId(view, params.id);
      const reading = await findKeptReading(database, id);
      if (reading === undefined) throw new Fault('not-found', 'this image was not assessed yet');
      const active = await advisories.active(database);
      return imageAdvice.parse(reportOf(reading, active?.database ?? null, { nowMs: now(), version }).advice);
    },
    // Asked of the active database as it is shown: a day that comes changes it, and no package is judged again for that.
    'images.support': async ({ view, params }) => {
      const reading = await findKeptReading(database, await loadId(view, params.id));
      const active = await advisories.active(database);
      const packages = reading?.inventory.packages ?? [];
      return { items: [...supportNotes(packages, active?.database ?? null, now())] };
    },
    'images.layers': async ({ view, params }) => {
      const id = await loadId(view, params.id);
      const { originAt } = await findLineage(database, view, id);
      const layers = await listLayers(database, view, id);
      let filledBelow = 0;
      return {
        items: layers.map(({ risks, ...layer }) => ({
          ...layer,
          // What only sets a command or a variable belongs to the layers that follow it.
          inherited: toBaseRef(originAt(layer.empty ? filledBelow : filledBelow++)),
          risk: layer.readBy === null ? null : imageRisk([...risks]),
        })),
      };
    },
    'images.hosts': async ({ view, params, query }) => {
      const id = await loadId(view, params.id);
      const page = await listImageHosts(database, view, id, query);
      // One image, so one answer for each reference that its containers were started by.
      const references = [
        ...new Set(page.items.flatMap(({ containers }) => containers.map(({ reference }) => reference))),
      ];
      const advice = await adviseContainers(
        database,
        view,
        references.map((imageReference) => ({ imageId: id, imageReference })),
      );
      const actions = new Map(references.map((reference, index) => [reference, advice[index]?.action ?? null]));
      return {
        ...page,
        items: page.items.map(({ seenAt, containers, ...host }) => ({
          ...host,
          lastSeen: seenAt.toISOString(),
          stale: host.state !== 'reporting',
          containers: containers.map(({ reference, ...container }) => ({
            ...container,
            action: actions.get(reference) ?? null,
          })),
        })),
      };
    },
    'images.history': async ({ view, params, query }) => {
      const page = await listImageHistory(database, await loadId(view, params.id), query);
      return {
        ...page,
        items: page.items.map((row) => ({
          ...toEvent(row),
          vulnerability: row.vulnerability,
          package: { purl: row.purl, name: row.name, version: row.version },
        })),
      };
    },
    'images.report': async ({ view, params }) => {
      const id = await loadId(view, params.id);
      const reading = await findKeptReading(database, id);
      if (reading === undefined) throw new Fault('not-found', 'this image was not assessed yet');
      const active = await advisories.active(database);
      return { ...reportOf(reading, active?.database ?? null, { nowMs: now(), version }) };
    },
    'images.assess': async ({ view, params, principal, address }) => {
      const id = await loadId(view, params.id);
      await database.write(async (transaction) => {
        await requestAssessment(transaction, id, { priority: PERSON_WAITS });
        await refreshSummaries(transaction, [id]);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'images.assess',
          target: id,
          outcome: 'ok',
          address,
        });
      });
      return { id, assessment: toImageRow(await loadRow(view, id), await rowContext(database, now)).assessment };
    },
    'images.cancel': async ({ view, params, principal, address }) => {
      const id = await loadId(view, params.id);
      await database.write(async (transaction) => {
        if (!(await cancelAssessment(transaction, id, actorOf(principal))))
          throw new Fault('conflict', 'this image is not being assessed', { hint: 'It may have ended a moment ago.' });
        await refreshSummaries(transaction, [id]);
        await recordAudit(transaction, {
          actor: actorOf(principal),
          action: 'images.cancel',
          target: id,
          outcome: 'ok',
          address,
        });
      });
      return { id, assessment: toImageRow(await loadRow(view, id), await rowContext(database, now)).assessment };
    },
    'vulnerabilities.affected': async ({ view, params, query }) => {
      const found = await findAffected(database, view, params.id, query.limit);
      if (found === undefined)
        throw new Fault('not-found', 'no image here ever had this vulnerability', { place: params.id });
      const { images, ...places } = toPlaces(found);
      return {
        ...places,
        id: found.id,
        images: images.map(({ through, ...image }) => ({ ...image, packages: through })),
      };
    },
    'vulnerabilities.history': async ({ view, params }) => {
      const rows = await listVulnerabilityHistory(database, view, params.id);
      if (rows === undefined)
        throw new Fault('not-found', 'no image here ever had this vulnerability', { place: params.id });
      return { items: rows.map((row) => ({ ...toEvent(row), packages: [...row.packages], subjects: row.subjects })) };
    },
  };
}
