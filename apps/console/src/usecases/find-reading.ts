import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { agentReading } from '@hullcheck/contract';
import {
  type Digest,
  type ImageFacts,
  type Inventory,
  type Problem,
  parseDigest,
  parsePlatform,
} from '@hullcheck/core';
import { composeInventory, readArchive, readersVersion } from '@hullcheck/scanner';
import { type Attempt, attemptsMax } from '../store/assessments.ts';
import type { Database } from '../store/database.ts';
import { type AgentHolder, findAgentReading, findSources, type ImageSources } from '../store/image-sources.ts';
import { differingLayers, findLayerReport, saveLayerReport } from '../store/layers.ts';
import { differInLayers } from '../store/reading-alarms.ts';
import { findKeptReading } from '../store/results.ts';
import { consoleDomain } from '../store/scope.ts';
import { crashOf, faultOfBytes, type Later, type Refusal, waitFor } from './reading-refusals.ts';
import { areLayersKnown, type Reading, type ReadingContext, tryRegistry } from './registry-reading.ts';

type Readers = { readonly [id: string]: number };

/** An image that was read, with who read each layer of it. */
export interface FoundReading {
  readonly kind: 'read';
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  /** Per layer of the facts: `console`, an agent's id, or null. */
  readonly readBy: readonly (string | null)[];
  /** Their versions; where agents read with others, those. */
  readonly readers: Readers;
  /** `console`, the agent's name where it read any of it, or `attached-sbom` where nobody did. */
  readonly readByAll: string;
  /** The console checked manifest and configuration itself. */
  readonly verified: boolean;
}
export type ReadingOutcome =
  | FoundReading
  | { readonly kind: 'ask'; readonly agent: AgentHolder }
  | Later
  /** Nobody can read it: why, and what to do. */
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Reads the image from the first source that has it: kept layers, an uploaded archive, a connection or public registry, what
 * an agent read, and only then an agent that is asked to. The console's own reading is preferred to an agent's throughout.
 */
export async function findReading(
  context: ReadingContext,
  attempt: Attempt,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<ReadingOutcome> {
  const { database } = context;
  const { imageId } = attempt;
  const kept = await fromKeptLayers(database, imageId);
  if (kept !== undefined) return kept;
  const sources = await findSources(database, imageId);
  const readers = readersVersion();
  const options = {
    known: (diffId: Digest) => findLayerReport(database, consoleDomain, diffId, readers),
    save: (report: Parameters<typeof saveLayerReport>[2]) =>
      database.write((transaction) => saveLayerReport(transaction, consoleDomain, report)),
    signal,
    onProgress: (progress: { layersDone: number; layersTotal: number }) =>
      onProgress(progress.layersDone, progress.layersTotal),
  };
  for (const upload of sources.uploads) {
    // A broken archive is the answer to whoever sent it: no other source hides it.
    const reading = await readArchive(join(context.uploadsFolder, upload.file), { ...options, index: upload.position });
    return await toFound(database, imageId, reading);
  }
  const refusals: Refusal[] = [];
  for (const reference of sources.references) {
    const outcome = await tryRegistry(context, imageId, sources, reference, options, refusals);
    if (outcome !== undefined) return toFound(database, imageId, outcome);
  }
  const { best, older } = await fromAgents(context, imageId, sources.agents);
  if (best !== undefined) return best;
  // A reader that ended may end no more; the console's own reading is the better one.
  const crash = attempt.attempts < attemptsMax ? crashOf(refusals) : undefined;
  if (crash !== undefined) throw crash;
  const soon = waitFor(refusals, attempt, context.now(), 'before-agents');
  if (soon !== undefined) return soon;
  // An agent that read it before may be of the same version as the console by now.
  const holder = sources.agents.find(
    (agent) => agent.canRead && !agent.stale && !attempt.agentsTried.includes(agent.agentId),
  );
  if (holder !== undefined) return { kind: 'ask', agent: holder };
  if (older !== undefined) return older;
  const later = waitFor(refusals, attempt, context.now(), 'after-agents');
  if (later !== undefined) return later;
  const fault = faultOfBytes(refusals);
  if (fault !== undefined) throw fault;
  return { kind: 'none', reason: explainUnreadable(sources, refusals, attempt.agentsTold) };
}

/** What agents have read of it already: the best of their readings, and one of other readers where there is one. */
async function fromAgents(
  context: ReadingContext,
  imageId: string,
  agents: readonly AgentHolder[],
): Promise<{ readonly best: FoundReading | undefined; readonly older: FoundReading | undefined }> {
  const readers = readersVersion();
  let older: FoundReading | undefined;
  let best: FoundReading | undefined;
  for (const agent of agents.filter(({ hasReading }) => hasReading)) {
    const reading = await fromAgent(context, imageId, agent);
    if (reading === undefined) continue;
    if (!isDeepStrictEqual(reading.readers, readers)) older ??= reading;
    // Where they differ, the one that says most: whoever hides a package gains nothing by it.
    else if (best === undefined || reading.inventory.packages.length > best.inventory.packages.length) best = reading;
    if (best !== undefined && !isDisputed(best)) break;
  }
  return { best, older };
}

async function fromKeptLayers(database: Database, imageId: string): Promise<FoundReading | undefined> {
  const kept = await findKeptReading(database, imageId);
  if (kept === undefined) return undefined;
  const readers = readersVersion();
  const diffIds = kept.facts.layers.flatMap(({ diffId }) => diffId ?? []);
  if (diffIds.length === 0 || !(await areLayersKnown(database, diffIds))) return undefined;
  const layers: { diffId: Digest; report: NonNullable<Awaited<ReturnType<typeof findLayerReport>>> }[] = [];
  for (const diffId of diffIds) {
    const report = await findLayerReport(database, consoleDomain, diffId, readers);
    if (report === undefined) return undefined;
    layers.push({ diffId, report });
  }
  const reading = {
    facts: kept.facts,
    reports: layers.map(({ report }) => report),
    inventory: composeInventory(layers),
  };
  // Verified then: nothing new is claimed of its digests now.
  return { ...(await toFound(database, imageId, reading)), verified: false };
}

async function toFound(database: Database, imageId: string, reading: Reading): Promise<FoundReading> {
  const reports = reading.reports.values();
  const readBy = reading.facts.layers.map((layer) =>
    layer.diffId === null ? null : reports.next().value == null ? null : 'console',
  );
  const inventory = await withAlarms(database, reading.inventory, reading.facts, imageId);
  return {
    kind: 'read',
    facts: reading.facts,
    inventory,
    readBy,
    readers: readersVersion(),
    readByAll: reading.isStated === true ? 'attached-sbom' : 'console',
    verified: true,
  };
}

function isDisputed({ inventory }: FoundReading): boolean {
  return inventory.problems.some(({ code }) => code === 'differs-between-readers');
}

/** Two readings of one layer that differ are an alarm, whichever of them is used; so are two lists of an image's layers. */
async function withAlarms(
  database: Database,
  inventory: Inventory,
  facts: ImageFacts,
  imageId: string,
): Promise<Inventory> {
  const differing = await differingLayers(
    database,
    facts.layers.flatMap((layer) => layer.diffId ?? []),
  );
  const problems = differing.map(
    (layer): Problem => ({
      code: 'differs-between-readers',
      path: null,
      layer,
      detail: 'Two readers of this layer report different content; one of the hosts may be compromised.',
    }),
  );
  if (await differInLayers(database, imageId)) {
    problems.unshift({
      code: 'differs-between-readers',
      path: null,
      layer: null,
      detail: 'Two agents name different layers of this image; one of the hosts may be compromised.',
    });
  }
  return problems.length === 0 ? inventory : { ...inventory, problems: [...problems, ...inventory.problems] };
}

async function fromAgent(
  context: ReadingContext,
  imageId: string,
  agent: AgentHolder,
): Promise<FoundReading | undefined> {
  const { database } = context;
  const parsed = agentReading.safeParse(await findAgentReading(database, imageId, agent.agentId));
  if (!parsed.success) return undefined;
  const reading = parsed.data;
  const readers = readersVersion();
  const layers: { diffId: Digest; report: Awaited<ReturnType<typeof findLayerReport>> | null }[] = [];
  const readBy: (string | null)[] = [];
  let byAgent = false;
  let others: Readers | undefined;
  for (const layer of reading.layers) {
    if (layer.empty || layer.diffId === null) {
      readBy.push(null);
      continue;
    }
    const own = await findLayerReport(database, consoleDomain, layer.diffId, readers);
    // An agent of another version reads with other analyzers: better than nothing, and replaced when it is asked again.
    const report = own ?? (await findLayerReport(database, agent.agentId, layer.diffId));
    if (report === undefined) return undefined;
    if (!isDeepStrictEqual(report.readers, readers)) others = report.readers;
    layers.push({ diffId: layer.diffId, report });
    readBy.push(own === undefined ? agent.agentId : 'console');
    byAgent ||= own === undefined;
  }
  const id = parseDigest(reading.configDigest);
  if (id === undefined) return undefined;
  const facts: ImageFacts = {
    name: reading.imageKey,
    id,
    source: 'agent',
    digests: [{ kind: 'config', digest: id, repository: null }],
    tags: [],
    platform: reading.platform === null ? null : (parsePlatform(reading.platform) ?? null),
    created: reading.created,
    size: reading.layers.every((layer) => layer.size !== null || layer.empty)
      ? reading.layers.reduce((sum, layer) => sum + (layer.size ?? 0), 0)
      : null,
    layers: reading.layers,
  };
  const composed = composeInventory(layers.map(({ diffId, report }) => ({ diffId, report: report ?? null })));
  const told = reading.problems.filter((problem) => problem.code === 'layer-missing') as readonly Problem[];
  const inventory = await withAlarms(
    database,
    { ...composed, problems: [...composed.problems, ...told] },
    facts,
    imageId,
  );
  return {
    kind: 'read',
    facts,
    inventory,
    readBy,
    readers: others ?? readers,
    readByAll: byAgent ? readerName(agent.name) : 'console',
    verified: false,
  };
}

/** Agents choose their names: one that is called as the console is must not pass for it. */
export function readerName(agent: string): string {
  return agent === 'console' || agent === 'attached-sbom' ? `agent ${agent}` : agent;
}

function explainUnreadable(sources: ImageSources, refusals: readonly Refusal[], agentsTold: readonly string[]): string {
  const tried = [...new Set(refusals.map(({ sentence }) => sentence))].slice(0, 2).join(' ');
  const registries = [...new Set(sources.references.map(({ registry }) => registry))];
  const connect =
    registries.length === 0
      ? 'it is in no registry that is known'
      : `no connection can read it from ${registries.slice(0, 3).join(', ')}`;
  const holders =
    sources.agents.length === 0
      ? ''
      : sources.agents.some(({ canRead }) => canRead)
        ? ` ${agentsTold.length === 0 ? 'Its host was asked and could not read it.' : agentsTold.slice(-2).join(' ')}`
        : ' Its agent only lists images and does not read them.';
  return `Not readable: ${connect}.${tried === '' ? '' : ` ${tried}`}${holders} Connect its registry, or upload the image.`;
}
