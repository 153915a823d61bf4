import { Fault, type ImageFacts, type Platform, parsePlatform, toFault } from '@hullcheck/core';
import { chooseNewestTags, type NewestTags, type RegistryClient, toFilter } from '@hullcheck/registry';
import { openRegistryImage } from '@hullcheck/scanner';
import type { Logger } from 'pino';
import type { Envelope } from '../auth/envelope.ts';
import { requestMissing } from '../store/assessment-requests.ts';
import { holdsSync } from '../store/connection-syncs.ts';
import type { ConnectionRecord } from '../store/connections.ts';
import type { Database, Transaction } from '../store/database.ts';
import { holdKnownImages } from '../store/image-hold.ts';
import { resolveImage } from '../store/images.ts';
import { recordLayers } from '../store/lineage.ts';
import { imagesOfRepository, imagesWithoutTag, writeRepository } from '../store/repositories.ts';
import { dropSightings, recordDigestsSeen, recordSighting } from '../store/sightings.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { type KnownTag, knownTags, type TagFields } from '../store/tags.ts';
import { observationOf } from './assess-image.ts';
import { syncLimits } from './limits.ts';
import { spentBudget } from './pull-budget.ts';
import type { RegistryCaller } from './registry-access.ts';

export interface SyncContext extends RegistryCaller {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly log: Logger;
}

interface ReadTag {
  readonly name: string;
  readonly digest: string;
  readonly error: string | null;
  /** One per platform. Undefined: the digest is the one of last time, and so are the images. */
  readonly images: readonly ImageFacts[] | undefined;
  readonly imageIds: readonly string[];
}

/**
 * Reads the tags of one repository: HEAD for each, more only where the digest changed. What was read is written also where a limit of
 * requests ends it, so that the next reading begins behind it. False: another reading has begun meanwhile.
 */
export async function readRepository(
  context: SyncContext,
  connection: ConnectionRecord,
  client: RegistryClient,
  repository: { readonly name: string; readonly description: string | undefined },
  token: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = repository;
  const inRegistry: string[] = [];
  for await (const tag of client.listTags(name, signal)) inRegistry.push(tag);
  const passes = toFilter({ include: connection.tagsInclude, exclude: connection.tagsExclude });
  const platforms = connection.platforms.join(' ');
  const known = await knownTags(context.database, connection.id, name, platforms);
  const wanted = inRegistry.filter(passes);
  const newest = await chooseNewestTags(client, name, wanted, connection.tagsMax, [...known.keys()], signal);
  const read: ReadTag[] = [];
  const queue = [...newest.tags];
  let failure: unknown;
  const lane = async () => {
    for (let tag = queue.shift(); tag !== undefined && failure === undefined; tag = queue.shift()) {
      try {
        read.push(await readTag(client, name, tag, connection.platforms, known.get(tag), signal));
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: syncLimits.tagsAtOnce }, lane));
  if (failure !== undefined && toFault(failure).code !== 'rate-limited') throw failure;
  const written = await context.database.write(async (transaction) => {
    if (!(await holdsSync(transaction, connection.id, token))) return false;
    const now = await holdKnownImages(
      transaction,
      [...known.values()].flatMap(({ imageIds }) => imageIds),
    );
    const isThere = ({ images, imageIds }: ReadTag) => images !== undefined || imageIds.every((id) => now.has(id));
    if (!read.every(isThere)) return 'again';
    const current = (imageIds: readonly string[]) => [...new Set(imageIds.flatMap((id) => now.get(id) ?? []))];
    const tags = read
      .map((tag) => ({ ...tag, imageIds: current(tag.imageIds) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    await writeTags(transaction, connection, repository, tags, {
      platforms,
      newest,
      complete: failure === undefined ? { inRegistry } : null,
      unread: new Map(
        [...known]
          .filter(([tag]) => !read.some(({ name: own }) => own === tag))
          .map(([tag, { digest, imageIds }]) => [tag, { digest, imageIds: current(imageIds) }]),
      ),
    });
    return true;
  });
  // A tag came back whose image was removed in this moment: its digest says nothing any more.
  if (written === 'again') return readRepository(context, connection, client, repository, token, signal);
  if (failure !== undefined) throw failure;
  return written;
}

async function readTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  platforms: readonly string[],
  before: KnownTag | undefined,
  signal: AbortSignal,
): Promise<ReadTag> {
  const { digest } = await client.headManifest(repository, tag, signal);
  if (before?.digest === digest)
    return { name: tag, digest, error: null, images: undefined, imageIds: before.imageIds };
  const spent = spentBudget(client);
  if (spent !== undefined) throw spent;
  try {
    const images = await openImages(client, repository, digest, platforms, signal);
    return { name: tag, digest, error: null, images, imageIds: [] };
  } catch (error) {
    const fault = toFault(error);
    // A tag may name something that is no image (a chart, a signature): said at the tag, and no reason to stop.
    if (
      signal.aborted ||
      !['not-an-image', 'unsupported', 'not-found', 'limit-exceeded', 'digest-mismatch'].includes(fault.code)
    )
      throw error;
    return { name: tag, digest, error: fault.message, images: [], imageIds: [] };
  }
}

/** The images of the wanted platforms; without any wanted the one that the reader chooses. */
async function openImages(
  client: RegistryClient,
  repository: string,
  reference: string,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<readonly ImageFacts[]> {
  const remembering = rememberManifests(client);
  if (platforms.length === 0) return [(await openRegistryImage(remembering, { repository, reference, signal })).facts];
  const images: ImageFacts[] = [];
  for (const platform of platforms.map(parsePlatform).filter((it): it is Platform => it !== undefined)) {
    try {
      images.push((await openRegistryImage(remembering, { repository, reference, platform, signal })).facts);
    } catch (error) {
      if (toFault(error).code !== 'not-found') throw error;
    }
  }
  if (images.length > 0) return images;
  throw new Fault('not-found', 'the tag has no image for a wanted platform', { place: `${repository}@${reference}` });
}

/** A GET of a manifest counts as a pull on Docker Hub, and each platform of a tag begins at the same index. */
function rememberManifests(client: RegistryClient): Pick<RegistryClient, 'origin' | 'getManifest' | 'openBlob'> {
  const known = new Map<string, ReturnType<RegistryClient['getManifest']>>();
  return {
    origin: client.origin,
    getManifest: (repository, reference, signal) => {
      const asked = known.get(reference) ?? client.getManifest(repository, reference, signal);
      known.set(reference, asked);
      return asked;
    },
    openBlob: (repository, digest, options) => client.openBlob(repository, digest, options),
  };
}

async function writeTags(
  transaction: Transaction,
  connection: ConnectionRecord,
  repository: { readonly name: string; readonly description: string | undefined },
  tags: readonly ReadTag[],
  read: {
    readonly platforms: string;
    readonly newest: NewestTags;
    readonly complete: { readonly inRegistry: readonly string[] } | null;
    /** Of last time, where this reading did not come to them. */
    readonly unread: ReadonlyMap<string, KnownTag>;
  },
): Promise<void> {
  const rows: TagFields[] = [];
  const names = new Map<string, string[]>();
  for (const { name, digest, error, images, imageIds: known } of tags) {
    const imageIds =
      images === undefined ? known : await resolveImages(transaction, connection, repository.name, images);
    for (const imageId of imageIds) names.set(imageId, [...(names.get(imageId) ?? []), name]);
    rows.push({ name, digest, imageIds, error });
  }
  const before = await imagesOfRepository(transaction, connection.id, repository.name);
  await writeRepository(
    transaction,
    connection,
    repository.name,
    {
      description: repository.description,
      error: null,
      newest: read.newest,
      contents: { tags: rows, platforms: read.platforms, complete: read.complete },
    },
    syncLimits.goneTagsMax,
  );
  // An image that was read keeps the names under which it was known and to which this reading did not come.
  if (read.complete === null)
    for (const [tag, { imageIds }] of read.unread) for (const imageId of imageIds) names.get(imageId)?.push(tag);
  for (const [imageId, own] of names) {
    await recordSighting(
      transaction,
      imageId,
      { kind: 'connection', scopeId: connection.scopeId, sourceId: connection.id, name: connection.name },
      { repository: { registry: connection.registry, name: repository.name }, tags: own },
    );
  }
  const ids = [...names.keys()];
  const left = read.complete === null ? [] : await imagesWithoutTag(transaction, connection.id, before);
  await dropSightings(transaction, connection.id, left);
  await requestMissing(transaction, ids, connection.id);
  await refreshSummaries(transaction, [...ids, ...left]);
}

async function resolveImages(
  transaction: Transaction,
  connection: ConnectionRecord,
  repository: string,
  images: readonly ImageFacts[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const facts of images) {
    const imageId = await resolveImage(transaction, observationOf(facts));
    const seen = facts.digests
      .filter(({ kind }) => kind !== 'config')
      .map(({ kind, digest }) => ({ imageId, kind, digest, registry: connection.registry, repository }));
    await recordDigestsSeen(transaction, seen);
    await recordLayers(transaction, imageId, facts.layers);
    if (!ids.includes(imageId)) ids.push(imageId);
  }
  return ids;
}
