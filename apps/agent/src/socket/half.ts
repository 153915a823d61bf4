import { createHash } from 'node:crypto';
import { chmodSync, chownSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectEngine,
  type EngineKind,
  type FoundRuntime,
  findRuntimes,
  formatEngineAddress,
  openRuntime,
} from '@hullcheck/runtimes';
import { runtimesFreshMs } from '../limits.ts';
import { createControlServer } from './hardened-server.ts';
import { createLabelFilter, type KeepsLabel } from './labels.ts';
import { reportable } from './reportable.ts';
import { createSocketServer } from './serve.ts';
import { createInventoryServer } from './serve-inventory.ts';

/** One engine of this host as the network half sees it. */
export interface OfferedRuntime {
  /** Short and stable: `docker`, `podman`, with a hash for engines in unusual places. */
  readonly name: string;
  readonly kind: EngineKind;
  /** `export`: listed reads of Docker's API pass. Else this half reads and decodes; `content`: layers out of a content store. */
  readonly imagesBy: 'export' | 'content' | 'none';
  /** Of containerd; null for the others. */
  readonly namespace: string | null;
  readonly version: string | null;
  readonly rootless: boolean;
  readonly address: string;
  readonly state: 'readable' | 'forbidden' | 'unavailable';
  readonly reason: string | null;
  readonly remedy: string | null;
  /** Socket behind which listed reads of it are served; null where it can't be read. */
  readonly socketPath: string | null;
}

export interface SocketHalf {
  /** Serves `GET /runtimes`. */
  readonly controlPath: string;
  close(): Promise<void>;
}

export interface SocketHalfOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** Names of labels that may be sent besides those of the list. */
  readonly labels: readonly string[];
  /** User who may connect; null: the same user. */
  readonly peer: { readonly uid: number; readonly gid: number } | null;
}

interface Offer {
  readonly engine: { close(): Promise<void> };
  readonly server: Server;
  readonly socketPath: string;
}

/**
 * The privileged half: holds the engines' sockets, which are as powerful as root, and serves listed reads of them on
 * sockets of its own, in a folder that only the other half's user can enter. It never talks to a network.
 */
export async function openSocketHalf(options: SocketHalfOptions): Promise<SocketHalf> {
  const folder = await mkdtemp(join(tmpdir(), 'hullcheck-agent-'));
  if (options.peer !== null) await chown(folder, options.peer.uid, options.peer.gid);
  const offers = new Map<string, Offer>();
  const keepsLabel = createLabelFilter(options.labels);
  const namespacesOf = new Map<string, readonly string[]>();
  let known: { readonly runtimes: readonly OfferedRuntime[]; readonly atMs: number } | undefined;

  async function offer(name: string, runtime: FoundRuntime): Promise<Offer> {
    const existing = offers.get(name);
    if (existing !== undefined) return existing;
    const [engine, server] = serve(runtime, keepsLabel);
    const socketPath = join(folder, `${offers.size}.sock`);
    const made = { engine, server, socketPath };
    offers.set(name, made);
    await listen(server, socketPath, options.peer);
    return made;
  }

  async function look(): Promise<readonly OfferedRuntime[]> {
    if (known !== undefined && performance.now() - known.atMs < runtimesFreshMs) return known.runtimes;
    const found = await findRuntimes({
      env: options.environment,
      uid: options.uid,
      signal: AbortSignal.timeout(30_000),
    });
    const runtimes: OfferedRuntime[] = [];
    for (const runtime of reportable(withKnownNamespaces(found, namespacesOf))) {
      if (runtime.state === 'absent') continue;
      const address = formatEngineAddress(runtime.address);
      const name = nameOf(runtime, address);
      runtimes.push({
        name,
        kind: runtime.kind,
        imagesBy: runtime.api === 'docker' ? 'export' : runtime.api === 'containerd' ? 'content' : 'none',
        namespace: runtime.namespace,
        version: runtime.info?.version ?? null,
        rootless: runtime.info?.rootless ?? false,
        address,
        state: runtime.state,
        reason: runtime.reason,
        remedy: runtime.remedy,
        socketPath: runtime.state === 'readable' ? (await offer(name, runtime)).socketPath : null,
      });
    }
    known = { runtimes, atMs: performance.now() };
    return runtimes;
  }

  const control = createControlServer('/runtimes', look);
  const controlPath = join(folder, 'control.sock');
  async function close(): Promise<void> {
    await Promise.all([control, ...[...offers.values()].map(({ server }) => server)].map(shut));
    await Promise.all([...offers.values()].map(({ engine }) => engine.close()));
    await rm(folder, { recursive: true, force: true });
  }
  try {
    await listen(control, controlPath, options.peer);
    // What is wrong with the address that the user named is said now, in words; the other half would only see that it failed.
    await look();
  } catch (error) {
    await close();
    throw error;
  }
  return { controlPath, close };
}

/**
 * A containerd that does not answer names no namespaces; those that it had stand for it, so that what each of them holds is
 * known to be silent and not gone.
 */
function withKnownNamespaces(
  found: readonly FoundRuntime[],
  known: Map<string, readonly string[]>,
): readonly FoundRuntime[] {
  const byAddress = Map.groupBy(
    found.filter(({ api }) => api === 'containerd'),
    ({ address }) => formatEngineAddress(address),
  );
  for (const [address, runtimes] of byAddress) {
    const names = runtimes.flatMap(({ namespace }) => namespace ?? []);
    if (names.length > 0) known.set(address, names);
  }
  return found.flatMap((runtime) => {
    const names = known.get(formatEngineAddress(runtime.address));
    if (runtime.api !== 'containerd' || runtime.namespace !== null || names === undefined) return [runtime];
    return names.map((namespace) => ({ ...runtime, namespace }));
  });
}

/** Docker's API is filtered as it passes; what speaks gRPC is asked here, as its socket knows no lesser right than all. */
function serve(runtime: FoundRuntime, keepsLabel: KeepsLabel): readonly [{ close(): Promise<void> }, Server] {
  if (runtime.api === 'docker') {
    const engine = connectEngine(runtime.address);
    return [engine, createSocketServer(engine, keepsLabel)];
  }
  const client = openRuntime(runtime);
  return [client, createInventoryServer(client, keepsLabel)];
}

const USUAL: ReadonlySet<string> = new Set([
  'unix:///var/run/docker.sock',
  'unix:///run/docker.sock',
  'unix:///run/podman/podman.sock',
  'unix:///run/containerd/containerd.sock',
  'unix:///run/crio/crio.sock',
  'unix:///run/cri-dockerd.sock',
]);
const NAME_CHARACTERS_MAX = 40;

/** `docker`, `containerd-k8s.io`, `podman-0a1b2c3d`: begins the keys of all that it has, so it never changes for one engine. */
function nameOf({ kind, namespace }: FoundRuntime, address: string): string {
  const full = namespace === null ? kind : `${kind}-${namespace}`;
  const hash = createHash('sha256')
    .update(`${address}${namespace === null ? '' : ` ${namespace}`}`)
    .digest('hex')
    .slice(0, 8);
  if (USUAL.has(address) && full.length <= NAME_CHARACTERS_MAX) return full;
  return `${full.slice(0, NAME_CHARACTERS_MAX - 9)}-${hash}`;
}

async function listen(server: Server, path: string, peer: SocketHalfOptions['peer']): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  chmodSync(path, 0o600);
  if (peer !== null) chownSync(path, peer.uid, peer.gid);
}

async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
