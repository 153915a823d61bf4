import { Fault, toFault } from '@hullcheck/core';
import { probeConnection, type RegistryClient } from '@hullcheck/registry';
import { openRegistryImage } from '@hullcheck/scanner';
import type { Logger } from 'pino';
import type { Envelope } from '../auth/envelope.ts';
import { requestMissing } from '../store/assessments.ts';
import {
  beginSync,
  type ConnectionRecord,
  dropRepositories,
  endSync,
  findConnectionById,
  holdsSync,
  imagesWithoutTag,
  knownTags,
  writeRepository,
  writeStatus,
} from '../store/connections.ts';
import type { Database, Transaction } from '../store/database.ts';
import { dropSightings, recordDigestSeen, recordSighting, resolveImage } from '../store/images.ts';
import { recordLayers } from '../store/lineage.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { observationOf } from './assess-image.ts';
import { syncLimits } from './limits.ts';
import { openConnection, type RegistryCaller } from './registry-access.ts';

export interface SyncContext extends RegistryCaller {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly log: Logger;
}

/** Reads what a registry has now: repositories, their newest tags, the image of each. New images are assessed. */
export async function syncConnection(context: SyncContext, connectionId: string, signal: AbortSignal): Promise<void> {
  const { database } = context;
  const connection = await findConnectionById(database, connectionId);
  if (connection === undefined) return;
  const token = await beginSync(database, connectionId);
  if (token === undefined) return;
  let failure: string | null = null;
  let client: RegistryClient | undefined;
  try {
    client = openConnection(connection, context.envelope, context);
    const stop = AbortSignal.any([signal, AbortSignal.timeout(syncLimits.runMs)]);
    const named = connection.repositories.filter((name) => !name.includes('*'));
    const report = await probeConnection(client, { repositories: named }, stop);
    await writeStatus(database, connectionId, {
      status: report.status,
      partial: report.partial ?? null,
      detail: report.detail,
    });
    if (report.status === 'connected') failure = await readRepositories(context, connection, client, token, stop);
    else failure = report.detail;
  } catch (error) {
    const fault = toFault(error, 'reading the registry broke');
    failure = fault.message;
    if (fault.code === 'internal') context.log.error({ err: error, connection: connectionId }, 'synchronisation broke');
    if (signal.aborted) throw fault;
  } finally {
    await client?.close();
    await database.write((transaction) => endSync(transaction, connectionId, token, failure));
  }
  if (failure !== null) throw new Fault('unreachable', failure);
}

async function readRepositories(
  context: SyncContext,
  connection: ConnectionRecord,
  client: RegistryClient,
  token: string,
  signal: AbortSignal,
): Promise<string | null> {
  const names = await listNames(connection, client, signal);
  const failures: string[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    try {
      if (!(await readRepository(context, connection, client, name, token, signal))) return null;
    } catch (error) {
      const fault = toFault(error);
      if (signal.aborted || fault.code === 'internal' || fault.code === 'unavailable') throw error;
      failures.push(`${name}: ${fault.message}`);
      await context.database.write(async (transaction) => {
        if (await holdsSync(transaction, connection.id, token))
          await writeRepository(transaction, connection, name, [], fault.message);
      });
    }
  }
  await context.database.write(async (transaction) => {
    if (!(await holdsSync(transaction, connection.id, token))) return;
    await dropRepositories(transaction, connection.id, names);
    const left = await imagesWithoutTag(transaction, connection.id);
    await dropSightings(transaction, connection.id, left);
    await refreshSummaries(transaction, left);
  });
  const [first] = failures;
  if (first === undefined) return null;
  return failures.length === 1 ? first : `${first} (and ${failures.length - 1} more repositories)`;
}

/** What the connection names, with patterns matched against what the registry lists. */
async function listNames(
  connection: ConnectionRecord,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wanted = connection.repositories;
  if (wanted.length > 0 && wanted.every((name) => !name.includes('*'))) return [...new Set(wanted)].sort();
  const tests = wanted.map(toTest);
  const names = new Set(wanted.filter((name) => !name.includes('*')));
  for await (const { name } of client.listRepositories(signal)) {
    if (tests.length === 0 || tests.some((test) => test(name))) names.add(name);
    if (names.size >= syncLimits.repositoriesMax) break;
  }
  return [...names].sort();
}

/** `team/*` without a regular expression: the pattern is a person's text, and backtracking over it is nobody's wish. */
function toTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (name) => name === pattern;
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const at = name.indexOf(part, from);
      if (at === -1 || at + part.length > name.length - last.length) return false;
      from = at + part.length;
    }
    return true;
  };
}

interface ReadTag {
  readonly name: string;
  readonly digest: string;
  readonly error: string | null;
  /** Undefined: the digest is the one of last time, and so is the image. */
  readonly image: Awaited<ReturnType<typeof openRegistryImage>>['facts'] | undefined;
  readonly imageId: string | null;
}

async function readRepository(
  context: SyncContext,
  connection: ConnectionRecord,
  client: RegistryClient,
  name: string,
  token: string,
  signal: AbortSignal,
): Promise<boolean> {
  const tags: string[] = [];
  for await (const tag of client.listTags(name, signal)) tags.push(tag);
  const chosen = newestTags(tags, connection.tagsMax);
  const known = await knownTags(context.database, connection.id, name);
  const read: ReadTag[] = [];
  const queue = [...chosen];
  const lane = async () => {
    for (let tag = queue.shift(); tag !== undefined; tag = queue.shift())
      read.push(await readTag(client, name, tag, known, signal));
  };
  await Promise.all(Array.from({ length: syncLimits.tagsAtOnce }, lane));
  return context.database.write(async (transaction) => {
    if (!(await holdsSync(transaction, connection.id, token))) return false;
    await writeTags(
      transaction,
      connection,
      name,
      read.sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    return true;
  });
}

/** The registry gives no dates with its list: `latest` first, then by version numbers from the highest. */
export function newestTags(tags: readonly string[], max: number): readonly string[] {
  const parts = (tag: string) =>
    tag
      .split(/(\d+)/)
      .map((part, index) => (index % 2 === 1 ? part.padStart(12, '0') : part))
      .join('');
  const key = new Map(tags.map((tag) => [tag, parts(tag)]));
  const rank = (tag: string) => (tag === 'latest' ? 0 : /^v?\d/.test(tag) ? 1 : 2);
  return [...new Set(tags)]
    .filter((tag) => !/^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag))
    .sort((a, b) => rank(a) - rank(b) || ((key.get(a) ?? '') < (key.get(b) ?? '') ? 1 : -1))
    .slice(0, max);
}

async function readTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  known: ReadonlyMap<string, { readonly digest: string; readonly imageId: string }>,
  signal: AbortSignal,
): Promise<ReadTag> {
  const { digest } = await client.headManifest(repository, tag, signal);
  const before = known.get(tag);
  if (digest !== null && before?.digest === digest)
    return { name: tag, digest, error: null, image: undefined, imageId: before.imageId };
  try {
    const image = await openRegistryImage(client, { repository, reference: digest ?? tag, signal });
    return { name: tag, digest: digest ?? image.facts.id ?? '', error: null, image: image.facts, imageId: null };
  } catch (error) {
    const fault = toFault(error);
    // A tag may name something that is no image (a chart, a signature): said at the tag, and no reason to stop.
    if (
      signal.aborted ||
      !['not-an-image', 'unsupported', 'not-found', 'limit-exceeded', 'digest-mismatch'].includes(fault.code)
    )
      throw error;
    return { name: tag, digest: digest ?? '', error: fault.message, image: undefined, imageId: null };
  }
}

async function writeTags(
  transaction: Transaction,
  connection: ConnectionRecord,
  repository: string,
  tags: readonly ReadTag[],
): Promise<void> {
  const rows: { name: string; digest: string; imageId: string | null; error: string | null }[] = [];
  const names = new Map<string, string[]>();
  for (const tag of tags) {
    let { imageId } = tag;
    if (tag.image !== undefined) {
      imageId = await resolveImage(transaction, observationOf(tag.image));
      const seen = tag.image.digests
        .filter(({ kind }) => kind !== 'config')
        .map(({ kind, digest }) => ({ kind, digest, registry: connection.registry, repository }));
      await recordDigestSeen(transaction, imageId, seen);
      await recordLayers(transaction, imageId, tag.image.layers);
    }
    if (imageId !== null) names.set(imageId, [...(names.get(imageId) ?? []), tag.name]);
    rows.push({ name: tag.name, digest: tag.digest, imageId, error: tag.error });
  }
  await writeRepository(transaction, connection, repository, rows, null);
  for (const [imageId, own] of names) {
    await recordSighting(
      transaction,
      imageId,
      { kind: 'connection', scopeId: connection.scopeId, sourceId: connection.id, name: connection.name },
      { repository: { registry: connection.registry, name: repository }, tags: own },
    );
  }
  const ids = [...names.keys()];
  const left = await imagesWithoutTag(transaction, connection.id);
  await dropSightings(transaction, connection.id, left);
  await requestMissing(transaction, ids);
  await refreshSummaries(transaction, [...ids, ...left]);
}
