import { createHash } from 'node:crypto';
import { chmodSync, chownSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectEngine,
  type EngineTransport,
  type FoundRuntime,
  findRuntimes,
  formatEngineAddress,
} from '@hullcheck/runtimes';
import { runtimesFreshMs } from '../limits.ts';
import { createControlServer, createSocketServer } from './serve.ts';

/** One engine of this host as the network half sees it. */
export interface OfferedRuntime {
  /** Short and stable: `docker`, `podman`, with a hash for engines in unusual places. */
  readonly name: string;
  readonly kind: 'docker' | 'podman';
  readonly version: string | null;
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
  /** User who may connect; null: the same user. */
  readonly peer: { readonly uid: number; readonly gid: number } | null;
}

interface Offer {
  readonly engine: EngineTransport;
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
  let known: { readonly runtimes: readonly OfferedRuntime[]; readonly atMs: number } | undefined;

  async function offer(address: string, runtime: FoundRuntime): Promise<Offer> {
    const existing = offers.get(address);
    if (existing !== undefined) return existing;
    const engine = connectEngine(runtime.address);
    const server = createSocketServer(engine);
    const socketPath = join(folder, `${offers.size}.sock`);
    const made = { engine, server, socketPath };
    offers.set(address, made);
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
    for (const runtime of found) {
      if (runtime.state === 'absent') continue;
      const address = formatEngineAddress(runtime.address);
      runtimes.push({
        name: nameOf(runtime.kind, address),
        kind: runtime.kind,
        version: runtime.info?.version ?? null,
        address,
        state: runtime.state,
        reason: runtime.reason,
        remedy: runtime.remedy,
        socketPath: runtime.state === 'readable' ? (await offer(address, runtime)).socketPath : null,
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

const USUAL: ReadonlySet<string> = new Set([
  'unix:///var/run/docker.sock',
  'unix:///run/docker.sock',
  'unix:///run/podman/podman.sock',
]);

function nameOf(kind: string, address: string): string {
  return USUAL.has(address) ? kind : `${kind}-${createHash('sha256').update(address).digest('hex').slice(0, 8)}`;
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
