import { type Fault, type FaultCode, type ImageFacts, type Inventory, parsePlatform, toFault } from '@hullcheck/core';
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
import { assessLimits } from './limits.ts';
import { openConnection, type PublicRegistries, type RegistryCaller } from './registry-access.ts';
import { statedReading } from './stated-reading.ts';

export interface ReadingContext extends RegistryCaller {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly publicRegistries: PublicRegistries;
  readonly uploadsFolder: string;
  readonly log: Logger;
}

/** What the console read itself, or what an SBOM states in its place. */
export interface Reading {
  readonly facts: ImageFacts;
  readonly reports: readonly unknown[];
  readonly inventory: Inventory;
  readonly isStated?: boolean;
}

type ReadingOptions = { readonly signal: AbortSignal } & Omit<Parameters<typeof readImage>[0], 'image' | 'signal'>;

/** Faults of the bytes themselves: another source of the same image would hold the same bytes. */
const FINAL: ReadonlySet<FaultCode> = new Set([
  'not-an-image',
  'truncated',
  'digest-mismatch',
  'size-mismatch',
  'limit-exceeded',
  'unsupported',
]);

/** Whether the console read each of these layers, by its present readers. */
export async function areLayersKnown(database: Database, diffIds: readonly string[]): Promise<boolean> {
  const known = await knownLayers(database, consoleDomain, diffIds, readersVersion());
  return known.length === new Set(diffIds).size;
}

/** The image as the registry has it; undefined where nobody could read it there, with the reasons added. */
export async function tryRegistry(
  context: ReadingContext,
  imageId: string,
  sources: ImageSources,
  reference: RegistryReference,
  options: ReadingOptions,
  reasons: string[],
): Promise<Reading | undefined> {
  const place = `${reference.registry}/${reference.repository}`;
  const connections = await connectionsFor(context.database, reference.registry, imageId);
  const openers: {
    readonly name: string;
    readonly open: () => RegistryClient | undefined;
    readonly openMs: number;
    readonly isPublic: boolean;
    readonly takesSboms: boolean;
  }[] = connections.map((connection) => ({
    name: connection.name,
    open: () => openConnection(connection, context.envelope, context),
    openMs: assessLimits.openMs,
    isPublic: false,
    takesSboms: connection.attachedSboms,
  }));
  if (openers.length === 0) {
    openers.push({
      name: reference.registry,
      open: () => context.publicRegistries.open(reference.registry),
      openMs: assessLimits.openPublicMs,
      isPublic: true,
      takesSboms: false,
    });
  }
  for (const opener of openers) {
    let client: RegistryClient | undefined;
    try {
      client = opener.open();
      if (client === undefined) continue;
      const platform = sources.platform === null ? undefined : parsePlatform(sources.platform);
      const image = await openRegistryImage(client, {
        repository: reference.repository,
        reference: reference.reference,
        ...(platform === undefined ? {} : { platform }),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(opener.openMs)]),
      });
      if (!(await isSameImage(context.database, imageId, sources, image.facts))) {
        reasons.push(`${place}:${reference.reference} now names another image.`);
        continue;
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
    } catch (error) {
      const fault = toFault(error);
      if (
        options.signal.aborted ||
        FINAL.has(fault.code) ||
        fault.code === 'reader-crashed' ||
        fault.code === 'internal'
      )
        throw error;
      if (
        opener.isPublic &&
        (fault.code === 'unreachable' ||
          fault.code === 'timed-out' ||
          fault.code === 'ssl-handshake' ||
          fault.code === 'address-refused')
      ) {
        context.publicRegistries.markUnreachable(reference.registry);
      }
      context.log.debug({ err: fault, registry: reference.registry }, 'registry reading failed');
      reasons.push(`${opener.name}: ${fault.message}${fault.hint === undefined ? '' : ` (${fault.hint})`}.`);
    } finally {
      await client?.close();
    }
  }
  return undefined;
}

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

/** Whether trying again could help: the bytes are what they are, but networks and processes recover. */
export function isFinal(fault: Fault): boolean {
  return FINAL.has(fault.code);
}
