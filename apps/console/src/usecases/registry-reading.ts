import { type Fault, type ImageFacts, type Inventory, parsePlatform, toFault } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import { openRegistryImage, readersVersion, readImage } from '@hullcheck/scanner';
import type { Logger } from 'pino';
import type { Envelope } from '../auth/envelope.ts';
import { connectionsFor } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import type { ImageSources, RegistryReference } from '../store/image-sources.ts';
import { listDigests } from '../store/images.ts';
import { knownLayers } from '../store/layers.ts';
import { consoleDomain } from '../store/scope.ts';
import { assessLimits, syncLimits } from './limits.ts';
import { spentBudget } from './pull-budget.ts';
import type { Refusal } from './reading-refusals.ts';
import { openConnection, type PublicRegistries, type RegistryCaller } from './registry-access.ts';
import type { RegistryRests } from './registry-rests.ts';
import { statedReading } from './stated-reading.ts';

export interface ReadingContext extends RegistryCaller {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly publicRegistries: PublicRegistries;
  readonly rests: RegistryRests;
  readonly uploadsFolder: string;
  readonly log: Logger;
  readonly now: () => number;
}

/** What the console read itself, or what an SBOM states in its place. */
export interface Reading {
  readonly facts: ImageFacts;
  readonly reports: readonly unknown[];
  readonly inventory: Inventory;
  readonly isStated?: boolean;
}

type ReadingOptions = { readonly signal: AbortSignal } & Omit<Parameters<typeof readImage>[0], 'image' | 'signal'>;

/** Whether the console read each of these layers, by its present readers. */
export async function areLayersKnown(database: Database, diffIds: readonly string[]): Promise<boolean> {
  const known = await knownLayers(database, consoleDomain, diffIds, readersVersion());
  return known.length === new Set(diffIds).size;
}

/** Whom a reference is read from: each connection to its registry, or the registry itself without credentials. */
interface Opener {
  /** By which it rests (registry-rests.ts). */
  readonly key: string;
  readonly name: string;
  readonly open: () => RegistryClient | undefined;
  readonly openMs: number;
  readonly isPublic: boolean;
  readonly takesSboms: boolean;
}

async function openersOf(context: ReadingContext, imageId: string, registry: string): Promise<readonly Opener[]> {
  const connections = await connectionsFor(context.database, registry, imageId);
  if (connections.length > 0) {
    return connections.map((connection) => ({
      // Saved anew it may sign in as somebody else, whom no limit was told.
      key: `${connection.id} ${connection.changedAt.getTime()}`,
      name: connection.name,
      open: () => openConnection(connection, context.envelope, context),
      openMs: assessLimits.openMs,
      isPublic: false,
      takesSboms: connection.attachedSboms,
    }));
  }
  const open = () => context.publicRegistries.open(registry);
  return [
    { key: registry, name: registry, open, openMs: assessLimits.openPublicMs, isPublic: true, takesSboms: false },
  ];
}

/** The image as the registry has it; undefined where nobody could read it there, with why added to the refusals. */
export async function tryRegistry(
  context: ReadingContext,
  imageId: string,
  sources: ImageSources,
  reference: RegistryReference,
  options: ReadingOptions,
  refusals: Refusal[],
): Promise<Reading | undefined> {
  const { rests, now } = context;
  for (const opener of await openersOf(context, imageId, reference.registry)) {
    const { key, isPublic } = opener;
    const rest = rests.find(key);
    if (rest !== undefined) {
      refusals.push({ sentence: sentenceOf(opener, rest.fault), fault: rest.fault, retryAtMs: rest.untilMs, isPublic });
      continue;
    }
    let client: RegistryClient | undefined;
    try {
      client = opener.open();
      if (client === undefined) continue;
      const reading = await readFrom(context, client, opener, { imageId, sources, reference }, options, refusals);
      const spent = spentBudget(client);
      if (spent?.retryAtMs !== undefined) rests.begin(key, spent, spent.retryAtMs);
      if (reading !== undefined) return reading;
    } catch (error) {
      const fault = toFault(error);
      // What broke here, or was stopped, says nothing of the registry.
      if (options.signal.aborted || HERE.has(fault.code)) throw error;
      const untilMs = restOf(fault, isPublic, now());
      if (untilMs !== undefined) rests.begin(key, fault, untilMs);
      context.log.debug({ err: fault, registry: reference.registry }, 'registry reading failed');
      const retryAtMs = untilMs ?? fault.retryAtMs;
      refusals.push({ sentence: sentenceOf(opener, fault), fault, retryAtMs, isPublic });
    } finally {
      await client?.close();
    }
  }
  return undefined;
}

const HERE: ReadonlySet<Fault['code']> = new Set(['internal', 'unavailable', 'storage-full']);

async function readFrom(
  context: ReadingContext,
  client: RegistryClient,
  opener: Opener,
  wanted: { readonly imageId: string; readonly sources: ImageSources; readonly reference: RegistryReference },
  options: ReadingOptions,
  refusals: Refusal[],
): Promise<Reading | undefined> {
  const { imageId, sources, reference } = wanted;
  const platform = sources.platform === null ? undefined : parsePlatform(sources.platform);
  const image = await openRegistryImage(client, {
    repository: reference.repository,
    reference: reference.reference,
    ...(platform === undefined ? {} : { platform }),
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(opener.openMs)]),
  });
  if (!(await isSameImage(context.database, imageId, sources, image.facts))) {
    const place = `${reference.registry}/${reference.repository}`;
    refusals.push({ sentence: `${place}:${reference.reference} now names another image.` });
    return undefined;
  }
  const stated = opener.takesSboms
    ? await statedReading({
        client,
        image,
        repository: reference.repository,
        areLayersKnown: (diffIds) => areLayersKnown(context.database, diffIds),
        log: context.log,
        signal: options.signal,
      })
    : undefined;
  return stated ?? (await readImage({ ...options, image }));
}

/** Until when the registry is not asked for other images either. */
function restOf(fault: Fault, isPublic: boolean, nowMs: number): number | undefined {
  switch (fault.code) {
    case 'rate-limited':
      return fault.retryAtMs ?? nowMs + syncLimits.limitedMs;
    case 'unreachable':
    case 'timed-out':
    case 'ssl-handshake':
    case 'address-refused':
      return isPublic ? nowMs + assessLimits.unreachableMs : undefined;
    default:
      return undefined;
  }
}

const sentenceOf = ({ name }: Opener, { message, hint }: Fault): string =>
  `${name}: ${message}${hint === undefined ? '' : ` (${hint})`}.`;

/** A tag moves: what it names now is read for this row only if some digest says that it is this image. */
async function isSameImage(
  database: Database,
  imageId: string,
  sources: ImageSources,
  facts: ImageFacts,
): Promise<boolean> {
  if (sources.configDigest !== null) return facts.id === sources.configDigest;
  const own = new Set((await listDigests(database, imageId)).map(({ digest }) => digest));
  return facts.digests.some(({ digest }) => own.has(digest));
}
