import { Fault, toFault } from '@hullcheck/core';
import { probeConnection, type RegistryClient, RegistryFault, statusOf, toFilter } from '@hullcheck/registry';
import {
  beginSync,
  databaseTimeMs,
  endSync,
  holdsSync,
  markUnread,
  type StatusFields,
  writeStatus,
} from '../store/connection-syncs.ts';
import { type ConnectionRecord, findConnectionById } from '../store/connections.ts';
import { imagesWithoutTag, repositoryNames, settleRepositories, writeRepository } from '../store/repositories.ts';
import { dropSightings } from '../store/sightings.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { askUnread, mayRead, wasFailing } from './ask-unread.ts';
import { syncLimits } from './limits.ts';
import { readRepository, type SyncContext } from './read-repository.ts';
import { openConnection } from './registry-access.ts';

/** What a reading found, beside what it wrote. */
interface Outcome {
  readonly status: StatusFields;
  /** Null: nothing to complain of. */
  readonly error: string | null;
  readonly retryAtMs: number | null;
  /** Where the next reading begins; null: at the first repository. */
  readonly cursor: string | null;
}

/**
 * Reads what a registry has now: repositories, their newest tags, the images of each. New images are assessed, and first those that
 * hosts have and nobody could read. A reading that a limit of requests ends goes on at the same repository when the limit is over;
 * what was read stays.
 */
export async function syncConnection(context: SyncContext, connectionId: string, signal: AbortSignal): Promise<void> {
  const { database } = context;
  const connection = await findConnectionById(database, connectionId);
  if (connection === undefined) return;
  const token = await beginSync(database, connectionId);
  if (token === undefined) return;
  let client: RegistryClient | undefined;
  let outcome: Outcome | undefined;
  try {
    client = openConnection(connection, context.envelope, context);
    const stop = AbortSignal.any([signal, AbortSignal.timeout(syncLimits.runMs)]);
    outcome = await read(context, connection, client, token, stop);
  } catch (error) {
    const fault = toFault(error, 'reading the registry broke');
    if (fault.code === 'internal') context.log.error({ err: error, connection: connectionId }, 'synchronisation broke');
    // A process that stops says nothing of the registry: the queue gives the reading to another one.
    if (signal.aborted) throw fault;
    outcome = brokenOff(connection, fault, client);
  } finally {
    const rateLimit = client?.rateLimit() ?? null;
    await client?.close();
    const { status, error, retryAtMs, cursor } =
      outcome ?? brokenOff(connection, new Fault('cancelled', 'cancelled'), undefined);
    await database.write(async (transaction) => {
      if (!(await holdsSync(transaction, connectionId, token))) return;
      if (outcome !== undefined) await writeStatus(transaction, connectionId, status);
      await endSync(transaction, connectionId, token, { error, retryAtMs, cursor, rateLimit });
    });
  }
  if (outcome.error !== null) throw new Fault('unreachable', outcome.error);
}

async function read(
  context: SyncContext,
  connection: ConnectionRecord,
  client: RegistryClient,
  token: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const named = connection.repositories.filter((name) => !name.includes('*'));
  const report = await probeConnection(client, { repositories: named }, signal);
  const status = { status: report.status, partial: report.partial ?? null, code: report.code, detail: report.detail };
  const sinceMs = connection.asksUnread ? await databaseTimeMs(context.database) : undefined;
  if (mayRead(status)) {
    if (sinceMs !== undefined) {
      await askUnread(context.database, connection, sinceMs, signal);
      await markUnread(context.database, connection, false);
    }
  } else if (report.status !== 'rate_limited') await markUnread(context.database, connection, true);
  if (report.status !== 'connected') {
    return { status, error: report.detail, retryAtMs: report.retryAtMs ?? null, cursor: connection.syncCursor };
  }
  await writeStatus(context.database, connection.id, status);
  const wanted = await listWanted(connection, client, signal);
  // In order by name, so that the place at which a limited reading stopped means the same next time.
  const from = connection.syncCursor ?? '';
  const failures: { readonly name: string; readonly fault: Fault }[] = [];
  for (const name of wanted.names.filter((one) => one >= from)) {
    signal.throwIfAborted();
    try {
      const description = wanted.descriptions.get(name);
      if (!(await readRepository(context, connection, client, { name, description }, token, signal)))
        return { status, error: null, retryAtMs: null, cursor: null };
    } catch (error) {
      const fault = toFault(error);
      if (signal.aborted || fault.code === 'internal' || fault.code === 'unavailable') throw error;
      if (fault.code === 'rate-limited') return limitedAt(name, fault, client);
      failures.push({ name, fault });
      await context.database.write(async (transaction) => {
        if (await holdsSync(transaction, connection.id, token))
          await writeRepository(
            transaction,
            connection,
            name,
            { error: fault.message, contents: null },
            syncLimits.goneTagsMax,
          );
      });
    }
  }
  await settle(context, connection, wanted, token);
  const worst = worstOf(failures);
  // Attempts that had begun before this connection could be used for them.
  if (sinceMs !== undefined) await askUnread(context.database, connection, sinceMs, signal);
  else if (worst === undefined && report.partial !== 'list_only' && wasFailing(connection))
    await askUnread(context.database, connection, await databaseTimeMs(context.database), signal);
  if (worst === undefined) return { status, error: null, retryAtMs: null, cursor: null };
  const more = failures.length === 1 ? '' : ` (and ${failures.length - 1} more of ${wanted.names.length} repositories)`;
  const detail = `${worst.name}: ${sentenceOf(worst.fault, client)}${more}`;
  return {
    status: { status: statusOf(worst.fault), partial: null, code: codeOf(worst.fault), detail },
    error: detail,
    retryAtMs: null,
    cursor: null,
  };
}

interface Wanted {
  readonly names: readonly string[];
  readonly descriptions: ReadonlyMap<string, string>;
  /** All that the registry listed; null where it was not asked, or not to the end. */
  readonly listed: ReadonlySet<string> | null;
  /** More are wanted than are read: what is behind the limit says nothing of itself. */
  readonly isCut: boolean;
}

/** What the connection names, with patterns matched against what the registry lists. */
export async function listWanted(
  connection: Pick<ConnectionRecord, 'registry' | 'repositories' | 'excludeRepositories'>,
  client: Pick<RegistryClient, 'listRepositories'>,
  signal: AbortSignal,
): Promise<Wanted> {
  const passes = toFilter({ include: connection.repositories, exclude: connection.excludeRepositories });
  const named = connection.repositories.filter((name) => !name.includes('*') && passes(name));
  const descriptions = new Map<string, string>();
  if (connection.repositories.length > 0 && connection.repositories.every((name) => !name.includes('*')))
    return { names: [...new Set(named)].sort(), descriptions, listed: null, isCut: false };
  const names = new Set(named);
  const listed = new Set<string>();
  for await (const { name, description } of client.listRepositories(signal)) {
    listed.add(name);
    if (listed.size > syncLimits.listedMax) {
      throw new Fault('limit-exceeded', `the registry lists more than ${syncLimits.listedMax} repositories`, {
        place: connection.registry,
        hint: 'Name the projects or repositories that are wanted.',
      });
    }
    if (!passes(name)) continue;
    names.add(name);
    if (description !== undefined) descriptions.set(name, description);
    if (names.size >= syncLimits.repositoriesMax)
      return { names: [...names].sort(), descriptions, listed: null, isCut: true };
  }
  return { names: [...names].sort(), descriptions, listed, isCut: false };
}

/** Forgets what is not wanted any more, and marks what the registry does not list any more. */
async function settle(
  context: SyncContext,
  connection: ConnectionRecord,
  wanted: Wanted,
  token: string,
): Promise<void> {
  const { names, listed, isCut } = wanted;
  await context.database.write(async (transaction) => {
    if (!(await holdsSync(transaction, connection.id, token))) return;
    const passes = toFilter({ include: connection.repositories, exclude: connection.excludeRepositories });
    const known = await repositoryNames(transaction, connection.id);
    const kept = new Set([...names, ...(isCut ? known.filter(passes) : [])]);
    const gone = known.filter((name) => listed !== null && !kept.has(name) && !listed.has(name) && passes(name));
    await settleRepositories(transaction, connection.id, { kept: [...kept], gone });
    const left = await imagesWithoutTag(transaction, connection.id, null);
    await dropSightings(transaction, connection.id, left);
    await refreshSummaries(transaction, left);
  });
}

function limitedAt(name: string, fault: Fault, client: RegistryClient): Outcome {
  const detail = `${sentenceOf(fault, client)}. Reading goes on at ${name}.`;
  return {
    status: { status: 'rate_limited', partial: null, code: codeOf(fault), detail },
    error: detail,
    retryAtMs: fault.retryAtMs ?? Date.now() + syncLimits.limitedMs,
    cursor: name,
  };
}

/** The whole reading ended: nothing is known of what it did not come to. */
function brokenOff(connection: ConnectionRecord, fault: Fault, client: RegistryClient | undefined): Outcome {
  const detail = client === undefined ? fault.message : sentenceOf(fault, client);
  return {
    status: { status: statusOf(fault), partial: null, code: codeOf(fault), detail },
    error: detail,
    retryAtMs: fault.retryAtMs ?? null,
    cursor: connection.syncCursor,
  };
}

/** From the least to worry about to the most. */
const SEVERITY = [
  'connected',
  'rate_limited',
  'unknown',
  'not_found',
  'authorization_failed',
  'ssl_handshake',
  'unreachable',
];

function worstOf<T extends { readonly fault: Fault }>(failures: readonly T[]): T | undefined {
  const rank = ({ fault }: T) => SEVERITY.indexOf(statusOf(fault));
  return failures.reduce<T | undefined>(
    (worst, next) => (worst === undefined || rank(next) > rank(worst) ? next : worst),
    undefined,
  );
}

const codeOf = (fault: Fault): string => (fault instanceof RegistryFault ? fault.reason : 'UNKNOWN');

function sentenceOf(fault: Fault, client: RegistryClient): string {
  const todo = fault.hint ?? (fault instanceof RegistryFault ? client.advice(fault.reason) : undefined);
  return todo === undefined ? fault.message : `${fault.message}. ${todo.replace(/\.$/, '')}`;
}
