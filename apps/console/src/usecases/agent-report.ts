import type { AgentImage, AgentReport, AgentReportAnswer } from '@hullcheck/contract';
import { Fault, parseDigest } from '@hullcheck/core';
import { parseReference } from '@hullcheck/registry';
import { requestMissing } from '../store/assessment-requests.ts';
import { countMoved, hasTaken, holdClusters, leaveToNodes, takeFromClusters } from '../store/cluster-containers.ts';
import type { Database, Transaction } from '../store/database.ts';
import {
  countHolding,
  dropHostImages,
  findReporter,
  type Holding,
  holdsNothing,
  imagesLeft,
  isCluster,
  lockHost,
  type ReportingHost,
  touchHost,
  writeContainers,
  writeHost,
  writeHostCounts,
  writeHostImages,
} from '../store/host-reports.ts';
import { recountHostRisk } from '../store/host-risks.ts';
import { findSettledImages, lockIdentities, type Observation, resolveImage } from '../store/images.ts';
import { lookForHolders } from '../store/reading-checks.ts';
import {
  type DigestSeen,
  dropSightings,
  type ImageNameSeen,
  recordDigestsSeen,
  recordSightings,
} from '../store/sightings.ts';
import { refreshSummaries, type SummaryStep, stepSummaries } from '../store/summaries.ts';
import { askAgent } from './ask-agent.ts';
import { agentReportLimits } from './limits.ts';

/**
 * Takes a report, once: a repeated or late one changes nothing, a change against a base that the console does not have is
 * answered with `resync`. Of a host that has ended nothing is newer than a full report, whatever its number: a machine that was set back
 * to an earlier state counts from there. Everything that it says is written in one transaction, with the assessments that it asks for.
 */
export async function takeReport(
  database: Database,
  agent: { readonly id: string; readonly scopeId: string },
  report: AgentReport,
): Promise<AgentReportAnswer> {
  checkUnique(report);
  checkCluster(report);
  const observed = report.images.map((image) => ({ key: image.key, ...observationOf(image) }));
  const take = (isPrepared: boolean) =>
    database.prepared.write(async (transaction) => {
      const holds = isCluster(report) && (await holdForCluster(transaction, agent, report));
      const host = await lockHost(transaction, agent, report.host);
      // Nothing else changes a number meanwhile but a new key of the agent: then it tells all of it once more.
      const unheld = isCluster(report) && !holds ? { sequence: host.sequence, resync: true } : undefined;
      const untaken = answerUntaken(report, host) ?? unheld;
      if (untaken !== undefined) {
        await touchHost(transaction, host.id, agent.id);
        return untaken;
      }
      const settled = await findSettledImages(transaction, observed);
      if (!isPrepared && settled.size < observed.length) throw new UnknownImages(settled);
      await writeHost(transaction, host.id, agent.id, report);
      const images = new Map(settled);
      for (const claim of observed) {
        if (!images.has(claim.key)) images.set(claim.key, await resolveImage(transaction, claim));
      }
      await writeInventory(transaction, { ...host, name: report.host.name }, report, images);
      return { sequence: report.sequence, resync: false };
    });
  const taken = await take(false).catch(async (error: unknown) => {
    if (!(error instanceof UnknownImages)) throw error;
    await makeImages(
      database,
      observed.filter(({ key }) => !error.settled.has(key)),
    );
    return take(true);
  });
  return { ...taken, ...(await askAgent(database.prepared, agent.id, report.agent.mode)) };
}

/** The answer to a report that changes nothing. Whoever is a cluster from now on, or no longer, begins with all that it has. */
function answerUntaken(
  report: AgentReport,
  host: Pick<ReportingHost, 'sequence' | 'isInactive' | 'isCluster'>,
): Pick<AgentReportAnswer, 'sequence' | 'resync'> | undefined {
  if (report.sequence <= host.sequence && !host.isInactive) return { sequence: host.sequence, resync: false };
  const isOnBase = report.baseSequence === host.sequence && !host.isInactive && isCluster(report) === host.isCluster;
  return report.full || isOnBase ? undefined : { sequence: host.sequence, resync: true };
}

/**
 * Holds the nodes' reports for that of a cluster; false for one that changes nothing, which could keep the whole scope waiting by
 * being repeated.
 */
async function holdForCluster(
  transaction: Transaction,
  agent: { readonly id: string; readonly scopeId: string },
  report: AgentReport,
): Promise<boolean> {
  const reporter = await findReporter(transaction, agent.id);
  if (reporter.node !== null)
    throw new Fault('forbidden', 'the agent of a node does not report a cluster', { place: 'body: agent.mode' });
  if (reporter.host !== undefined && answerUntaken(report, reporter.host) !== undefined) return false;
  await holdClusters(transaction, agent.scopeId, 'cluster');
  return true;
}

/** The report names images that are not known with all that it says of them. Rolls back: they are made first. */
class UnknownImages extends Error {
  readonly settled: ReadonlyMap<string, string>;
  constructor(settled: ReadonlyMap<string, string>) {
    super('the report names images that are not known yet');
    this.settled = settled;
  }
}

/**
 * Makes images before the report that names them is written. Whoever makes one keeps everybody else from doing so until its
 * transaction ends: within the report's own, all hosts of a new estate would wait for each other, in no order. Nobody sees an
 * image that no source has.
 */
async function makeImages(database: Database, claims: readonly Observation[]): Promise<void> {
  for (let start = 0; start < claims.length; start += agentReportLimits.imagesMadeAtOnce) {
    await database.write(async (transaction) => {
      await lockIdentities(transaction);
      for (const claim of claims.slice(start, start + agentReportLimits.imagesMadeAtOnce))
        await resolveImage(transaction, claim);
    });
  }
}

async function writeInventory(
  transaction: Transaction,
  host: ReportingHost,
  report: AgentReport,
  images: ReadonlyMap<string, string>,
): Promise<void> {
  const source = { kind: 'host', scopeId: host.scopeId, sourceId: host.id, name: host.name } as const;
  const held = host.isNew ? holdsNothing : await countHolding(transaction, host);
  // One that has ended is no host of its images.
  const before = host.isInactive ? { ...held, images: holdsNothing.images, imagesAll: holdsNothing.imagesAll } : held;
  const resolved: { key: string; imageId: string }[] = [];
  const reported: { image: AgentImage; imageId: string }[] = [];
  const digests: (DigestSeen & { readonly imageId: string })[] = [];
  for (const image of report.images) {
    const imageId = images.get(image.key);
    if (imageId === undefined) continue;
    resolved.push({ key: image.key, imageId });
    digests.push(...digestsSeen(image).map((one) => ({ ...one, imageId })));
    reported.push({ image, imageId });
  }
  const names = namesByImage(reported);
  const moved = await writeHostImages(transaction, host.id, resolved);
  const dropped = await dropHostImages(
    transaction,
    host.id,
    report.full ? { allBut: report.images.map(({ key }) => key) } : { gone: report.gone.images },
  );
  await writeContainers(transaction, host, report.containers, toldOf(report, host));
  if (isCluster(report))
    await leaveToNodes(transaction, host, report.full ? 'all' : report.containers.map(({ id }) => id));
  const after = await countHolding(transaction, { id: host.id, isCluster: isCluster(report) });
  const hasPods = !isCluster(report) && (held.hasPods || after.hasPods);
  const passed =
    (report.full || changesContainers(report)) && (hasPods || (await hasTaken(transaction, host.id)))
      ? await takeFromClusters(transaction, host)
      : [];
  await writeHostCounts(transaction, host.id, after);
  // Last what hosts share: it is locked until the transaction ends, and others wait for it.
  await recordDigestsSeen(transaction, digests);
  const renamed = await recordSightings(transaction, source, names);
  const left = await imagesLeft(transaction, host.id, [...new Set([...moved, ...dropped])]);
  await dropSightings(transaction, host.id, left);
  const own = changesOf(before, after);
  const ran = own.flatMap(({ imageId, running }) => (running === 0 ? [] : [imageId]));
  // Its next report that names them may be tomorrow's.
  const come = [...after.imagesAll].filter((id) => !before.imagesAll.has(id));
  const asked = await requestMissing(
    transaction,
    [...new Set([...names.keys(), ...ran])],
    host.id,
    canRead.has(report.agent.mode) ? come : [],
  );
  await lookForHolders(transaction, [...names.keys()]);
  const anew = new Set([...renamed, ...left, ...asked]);
  const changes = [...own, ...(await countMoved(transaction, passed))];
  const unlisted = await stepSummaries(
    transaction,
    host.scopeId,
    changes.filter(({ imageId }) => !anew.has(imageId)),
    come.filter((imageId) => !anew.has(imageId)),
  );
  await refreshSummaries(transaction, [...anew, ...unlisted]);
  if (report.full || come.length > 0 || [...before.imagesAll].some((id) => !after.imagesAll.has(id)))
    await recountHostRisk(transaction, host.id);
}

const canRead: ReadonlySet<AgentReport['agent']['mode']> = new Set(['inventory+read', 'collector']);

/** What another kind of reporter told before is gone, of which the first of several parts would name a part alone. */
function toldOf(report: AgentReport, host: ReportingHost): Parameters<typeof writeContainers>[3] {
  if (report.full && isCluster(report) !== host.isCluster) return { full: true };
  return report.part ?? (report.full ? { full: true } : { gone: report.gone.containers });
}

const changesContainers = ({ containers, gone }: AgentReport): boolean =>
  containers.length > 0 || gone.containers.length > 0;

/** What the host adds to the counts of its images, by what it held before and holds now. */
export function changesOf(before: Holding, after: Holding): readonly SummaryStep[] {
  const ids = new Set([...before.images, ...after.images, ...before.running.keys(), ...after.running.keys()]);
  return [...ids].map((imageId) => ({
    imageId,
    hosts: Number(after.images.has(imageId)) - Number(before.images.has(imageId)),
    running: (after.running.get(imageId) ?? 0) - (before.running.get(imageId) ?? 0),
  }));
}

/** Of two that share a key nobody could say which is meant. */
function checkUnique({ images, containers }: AgentReport): void {
  const keys = {
    images: images.map(({ key }) => key),
    containers: containers.map(({ runtime, id }) => `${runtime}/${id}`),
  };
  for (const [place, values] of Object.entries(keys)) {
    if (new Set(values).size < values.length)
      throw new Fault('invalid-input', 'two of them have the same key', { place: `body: ${place}` });
  }
}

/** A cluster's containers never count as a node's: they would hide those that they are taken for. */
function checkCluster(report: AgentReport): void {
  if (isCluster(report) && report.containers.some(({ runtime, pod }) => pod !== null && runtime !== 'kubernetes'))
    throw new Fault('invalid-input', "a cluster's pods are of the runtime kubernetes", { place: 'body: containers' });
}

function observationOf(image: AgentImage) {
  // Agents of before name the manifests of all platforms of an index; which is meant, the platform tells.
  const manifestDigests = image.manifestDigests.length === 1 ? image.manifestDigests : [];
  const repositoryDigests = namedDigests(image);
  const isKnown =
    image.configDigest !== null ||
    manifestDigests.length > 0 ||
    image.indexDigests.length > 0 ||
    (repositoryDigests.length > 0 && image.platform !== null);
  return {
    by: 'agent' as const,
    configDigest: image.configDigest,
    manifestDigests,
    indexDigests: image.indexDigests,
    repositoryDigests,
    platform: image.platform,
    builtAt: image.created,
    size: image.size,
    fallbackName: isKnown ? null : image.key,
  };
}

/** Digests under which a registry has it, of which the runtime does not say what they hash. */
function namedDigests({ repoDigests, manifestDigests, indexDigests }: AgentImage): readonly string[] {
  const typed = new Set<string>([...manifestDigests, ...indexDigests]);
  const named = repoDigests.flatMap((text) => parseDigest(text.slice(text.lastIndexOf('@') + 1)) ?? []);
  return [...new Set(named)].filter((digest) => !typed.has(digest)).slice(0, agentReportLimits.repositoryDigestsMax);
}

/** `repo@digest` as the runtime keeps it. One whose kind it does not say is asked for like an index: a registry takes both. */
function digestsSeen(image: AgentImage) {
  return image.repoDigests.flatMap((text) => {
    const reference = parseQuietly(text);
    if (reference === undefined || reference.digest === null) return [];
    const { registry, repository, digest } = reference;
    const kind = image.manifestDigests.includes(digest) ? ('manifest' as const) : ('index' as const);
    return [{ digest, kind, registry, repository }];
  });
}

/**
 * What the host calls each image. Each list is made once and grows: a report may give one image under 50,000 keys, and copying
 * what was there for each of them took a console an hour.
 */
export function namesByImage(
  held: readonly { readonly image: Pick<AgentImage, 'repoTags' | 'repoDigests'>; readonly imageId: string }[],
): ReadonlyMap<string, readonly ImageNameSeen[]> {
  const names = new Map<string, ImageNameSeen[]>();
  for (const { image, imageId } of held) {
    const known = names.get(imageId) ?? [];
    names.set(imageId, known);
    for (const name of namesOf(image)) known.push(name);
  }
  return names;
}

function namesOf(image: Pick<AgentImage, 'repoTags' | 'repoDigests'>): ImageNameSeen[] {
  const tagged = image.repoTags.flatMap((text) => parseQuietly(text) ?? []);
  const named = tagged.length > 0 ? tagged : image.repoDigests.flatMap((text) => parseQuietly(text) ?? []);
  return named.map(({ registry, repository, tag }) => ({ registry, repository, tag: tagged.length > 0 ? tag : null }));
}

/** Runtimes also print `<none>:<none>` and names that no registry would take; such an image is known by its digests. */
function parseQuietly(text: string) {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
