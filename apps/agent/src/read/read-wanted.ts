import type { AgentReading } from '@hullcheck/contract';
import { type Digest, Fault, formatPlatform, type LayerReport, parseDigest, toFault } from '@hullcheck/core';
import { engineNameOf } from '@hullcheck/runtimes';
import type { ImageReading } from '@hullcheck/scanner';
import { readingTimeoutMs } from '../limits.ts';
import type { AgentApi } from '../report/console.ts';
import type { RuntimeClient } from '../report/inventory.ts';
import { whenFree } from '../report/next-try.ts';
import { withoutBuildValues } from './build-step.ts';

export interface Wanted {
  readonly imageKey: string;
  /** Names this try of the console's; answers carry it, so a late one changes nothing. */
  readonly attempt: string;
}

/** An image of a runtime of this host. */
export interface HeldImage {
  readonly client: RuntimeClient;
  readonly id: string;
  readonly kind: string;
}

export interface ReadingOptions {
  readonly api: AgentApi;
  /** The engine and the image's id there; undefined: the image is gone. */
  readonly find: (imageKey: string) => HeldImage | undefined;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads an image on this host and sends what its layers hold: never the image. Layers are read in a process of their own,
 * one by one as the engine exports them, and nothing is written to disk.
 */
export async function readWanted(wanted: Wanted, options: ReadingOptions): Promise<void> {
  const { find, log } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(readingTimeoutMs)]);
  const api: AgentApi = { call: (id, input) => whenFree(() => options.api.call(id, input), signal) };
  try {
    const image = find(wanted.imageKey);
    if (image === undefined) throw new Fault('not-found', 'the image is not on this host any more');
    await api.call('agent.reading', { body: await readHeld(image, wanted, api, signal) });
    log(`read ${wanted.imageKey} for the console`);
  } catch (error) {
    if (options.signal.aborted) return;
    const fault = toFault(error, 'the image could not be read');
    // The console can't be told that it can't be reached; it asks again.
    if (fault.code === 'unreachable' || fault.code === 'unavailable') throw fault;
    log(`could not read ${wanted.imageKey}: ${fault.message}`);
    const detail = [fault.message, fault.hint]
      .filter((part) => part !== undefined)
      .join('. ')
      .replaceAll('\0', '');
    await options.api.call('agent.readingFailed', {
      body: { ...wanted, code: fault.code, detail: detail.slice(0, 2000) },
    });
  }
}

async function readHeld(image: HeldImage, wanted: Wanted, api: AgentApi, signal: AbortSignal): Promise<AgentReading> {
  const { reading, known } = await readLayersOf(image, wanted, api, signal);
  const { facts } = reading;
  if (facts.id === null) throw new Fault('not-an-image', 'the export has no configuration');
  const { manifest } = engineNameOf(image.id);
  const read = facts.digests.filter(({ kind }) => kind === 'manifest');
  // Another platform's would answer for this one.
  if (manifest !== null && read.length > 0 && !read.some(({ digest }) => digest === manifest))
    throw new Fault('digest-mismatch', 'the engine exported another platform of the image than it was asked for');
  return {
    imageKey: wanted.imageKey,
    attempt: wanted.attempt,
    configDigest: facts.id,
    created: toInstant(facts.created),
    platform: facts.platform === null ? null : formatPlatform(facts.platform),
    layers: facts.layers.map((layer) => ({
      diffId: layer.diffId,
      digest: layer.digest,
      size: layer.size,
      createdBy: layer.createdBy === null ? null : toBuildStep(layer.createdBy),
      empty: layer.empty,
    })),
    // Problems of the composed image belong to whoever composes it; a layer that is missing is known only here.
    problems: reading.inventory.problems
      .filter(({ code, layer }) => code === 'layer-missing' && (layer === null || !known.has(layer)))
      .map((problem) => ({ ...problem })),
  };
}

async function readLayersOf(
  { client, id, kind }: HeldImage,
  { imageKey }: Wanted,
  api: AgentApi,
  signal: AbortSignal,
): Promise<{ readonly reading: Pick<ImageReading, 'facts' | 'inventory'>; readonly known: ReadonlySet<string> }> {
  // Only now: most agents are never asked to read, and the analyzers take as much memory as the inventory of a big host.
  const { openContentImage, readArchiveStream, readersVersion, readImage } = await import('@hullcheck/scanner');
  const { toLayerBody } = await import('./layer-body.ts');
  const knownOf = async (diffIds: readonly Digest[]) => {
    const body = { diffIds: [...diffIds], readers: readersVersion() };
    const { known } = await api.call('agent.layersKnown', { body });
    return new Set(known.flatMap((text) => parseDigest(text) ?? []));
  };
  const save = async (report: LayerReport) => {
    await api.call('agent.layer', { body: toLayerBody(report) });
  };
  switch (client.imagesBy) {
    case 'export': {
      const { diffIds } = await client.inspectImage(id, signal);
      const known = await knownOf(diffIds);
      // An older engine names layers by ids of its own: those are read all the same, and not sent.
      const saveUnknown = async (report: LayerReport) => {
        if (!known.has(report.diffId)) await save(report);
      };
      const options = { place: imageKey, source: kind, signal, save: saveUnknown, elsewhere: known };
      return { reading: await readArchiveStream(await client.exportImage(id, signal), options), known };
    }
    case 'content': {
      const target = parseDigest(id);
      if (target === undefined) throw new Fault('not-found', 'the image has no digest', { place: imageKey });
      const image = await openContentImage(client.content, { target, name: imageKey, tags: [], source: kind, signal });
      const known = await knownOf(image.layers.map(({ diffId }) => diffId));
      return { reading: await readImage({ image, signal, save, concurrency: 1, elsewhere: known }), known };
    }
    case 'registry': {
      const image = await client.open(id, signal);
      const known = await knownOf(image.layers.map(({ diffId }) => diffId));
      return { reading: await readImage({ image, signal, save, concurrency: 1, elsewhere: known }), known };
    }
    case 'none':
      throw new Fault('unsupported', 'this runtime has no way to hand out the layers of an image', {
        place: imageKey,
        hint: 'Kubernetes’ interface only names images; connect the registry that the image comes from',
      });
  }
}

function toBuildStep(text: string): string {
  return withoutBuildValues(text.replaceAll('\0', '')).slice(0, 20_000);
}

function toInstant(text: string | null): string | null {
  if (text === null || Number.isNaN(Date.parse(text))) return null;
  return new Date(text).toISOString();
}
