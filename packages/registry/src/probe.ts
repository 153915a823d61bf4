import { Fault, type FaultCode, toFault } from '@hullcheck/core';
import type { RegistryClient } from './client.ts';
import { RegistryFault, type RegistryReason } from './fault.ts';
import { followBlob } from './follow-blob.ts';
import { probeTimeoutMs } from './limits.ts';

export type ConnectionStatus =
  | 'connected'
  | 'authorization_failed'
  | 'not_found'
  | 'ssl_handshake'
  | 'rate_limited'
  | 'unreachable'
  | 'unknown';

export interface ConnectionReport {
  readonly status: ConnectionStatus;
  /** Connected, but only half: repositories can be listed and not pulled, or the other way round. */
  readonly partial?: 'list_only' | 'pull_only';
  /** Stable, for machines. */
  readonly code: RegistryReason | 'OK' | 'EMPTY' | 'LIST_ONLY' | 'PULL_ONLY' | 'UNKNOWN';
  /** One or two sentences for a person; no credential, no foreign text. */
  readonly detail: string;
  /** Epoch milliseconds, for `rate_limited`. */
  readonly retryAtMs?: number;
  /** Origin of a token server on another host that somebody would have to vouch for. */
  readonly realm?: string;
  /** The host whose address was refused, for `ADDRESS_REFUSED`. */
  readonly refusedHost?: string;
}

export interface ProbeOptions {
  /** Some for registries that give no list. */
  readonly repositories?: readonly string[];
  /** Follows one small blob to where the registry keeps it; the manifests on the way count as pulls. */
  readonly followsBlob?: boolean;
}

/** The status that a fault means for a connection. */
export function statusOf(fault: Fault): ConnectionStatus {
  return STATUS_OF[fault.code] ?? 'unknown';
}

const STATUS_OF: { readonly [code in FaultCode]?: ConnectionStatus } = {
  'authorization-failed': 'authorization_failed',
  'not-found': 'not_found',
  'ssl-handshake': 'ssl_handshake',
  'rate-limited': 'rate_limited',
  unreachable: 'unreachable',
  'timed-out': 'unreachable',
  'address-refused': 'unreachable',
};

/**
 * Tests a connection before it is saved (section 1.12): reach it, list, then ask for one manifest. Never throws but for the caller's
 * own abort; answers within 15 seconds.
 */
export async function probeConnection(
  client: RegistryClient,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ConnectionReport> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]);
  try {
    return await probe(client, options, bounded);
  } catch (error) {
    if (signal.aborted) throw error;
    return reportOf(toFault(error, 'the test failed'), client);
  }
}

async function probe(client: RegistryClient, options: ProbeOptions, signal: AbortSignal): Promise<ConnectionReport> {
  const named = options.repositories ?? [];
  const reached = await attempt(() => client.ping(signal));
  // Some registries open only single repositories (GHCR for anonymous users): what was named is tried all the same.
  if (reached !== null && (reached.code !== 'authorization-failed' || named.length === 0)) throw reached;

  let listed: string | undefined;
  const listFault =
    reached ??
    (await attempt(async () => {
      for await (const { name } of client.listRepositories(signal)) {
        listed = name;
        break;
      }
    }));
  if (listFault !== null && named.length === 0) throw listFault;
  const repository = named[0] ?? listed;
  if (repository === undefined) {
    return { status: 'connected', code: 'EMPTY', detail: 'The registry answers; it shows no repository.' };
  }

  const pullFault = await attempt(() => pullOne(client, repository, options, signal));
  if (pullFault !== null) {
    if (pullFault.code !== 'authorization-failed' || listFault !== null || hasRealm(pullFault)) throw pullFault;
    const detail = withAdvice(
      `Repositories can be listed, but ${repository} can't be pulled with these credentials.`,
      pullFault,
      client,
    );
    return { status: 'connected', partial: 'list_only', code: 'LIST_ONLY', detail };
  }
  if (listFault !== null) {
    const detail = withAdvice(
      `${repository} can be pulled; repositories can't be listed, so only named ones are watched.`,
      listFault,
      client,
    );
    return { status: 'connected', partial: 'pull_only', code: 'PULL_ONLY', detail };
  }
  return { status: 'connected', code: 'OK', detail: 'Repositories can be listed and pulled.' };
}

function withAdvice(sentence: string, fault: Fault, client: RegistryClient): string {
  const advice = fault instanceof RegistryFault ? client.advice(fault.reason) : undefined;
  return advice === undefined ? sentence : `${sentence} ${advice}`;
}

async function pullOne(
  client: RegistryClient,
  repository: string,
  { followsBlob = false }: ProbeOptions,
  signal: AbortSignal,
): Promise<void> {
  for await (const tag of client.listTags(repository, signal)) {
    const { digest } = await client.headManifest(repository, tag, signal);
    if (followsBlob) await followBlob(client, repository, digest, signal);
    return;
  }
}

/** No list and no pull is wanting rights as long as nobody has vouched for the token server. */
const hasRealm = (fault: Fault): boolean => fault instanceof RegistryFault && fault.realm !== undefined;

async function attempt(step: () => Promise<void>): Promise<Fault | null> {
  try {
    await step();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Hints of the transport say what is wrong, not what this vendor's users do about it: the advice stands after them. */
const ADVISED_TOO: ReadonlySet<string> = new Set<RegistryReason>(['NETWORK', 'TLS', 'REALM_REFUSED', 'NOT_A_REGISTRY']);

function reportOf(fault: Fault, client: RegistryClient): ConnectionReport {
  const code = fault instanceof RegistryFault ? fault.reason : 'UNKNOWN';
  const advice =
    code !== 'UNKNOWN' && (fault.hint === undefined || ADVISED_TOO.has(code)) ? client.advice(code) : undefined;
  const detail = [fault.message, fault.hint, advice]
    .flatMap((text) => (text === undefined ? [] : [text.replace(/\.$/, '')]))
    .join('. ');
  return {
    status: statusOf(fault),
    code,
    detail: fault.place === undefined ? detail : `${fault.place}: ${detail}`,
    ...(fault.retryAtMs === undefined ? {} : { retryAtMs: fault.retryAtMs }),
    ...(fault instanceof RegistryFault && fault.realm !== undefined ? { realm: fault.realm } : {}),
    ...(code === 'ADDRESS_REFUSED' && fault.place !== undefined ? { refusedHost: fault.place } : {}),
  };
}
