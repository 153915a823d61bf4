import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, startDaemon } from './daemon.ts';
import { findProgram } from './material.ts';

const execute = promisify(execFile);

/** A container engine of its own, with its own storage, that ends with the test. */
export interface ContainerEngine {
  readonly kind: 'docker' | 'podman';
  readonly socketPath: string;
  /** Loads a docker archive. */
  load(archive: string): Promise<void>;
  /** Runs the engine's command line against it; gives what it prints. */
  run(...args: readonly string[]): Promise<string>;
  /** Starts a container without network that lives until the engine ends; gives its id. */
  start(image: string, name: string, ...command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const isRoot = process.getuid?.() === 0;
export const dockerdAvailable = isRoot && findProgram('dockerd') !== undefined && findProgram('docker') !== undefined;
export const podmanAvailable = isRoot && findProgram('podman') !== undefined;

/** Debian's dockerd without bridge and iptables, so that it runs in a sandbox. */
export async function startDockerd(): Promise<ContainerEngine> {
  const home = await mkdtemp(join(tmpdir(), 'hullcheck-dockerd-'));
  const socketPath = join(home, 'docker.sock');
  const flags = [
    ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'],
    ['--data-root', join(home, 'data'), '--exec-root', join(home, 'exec')],
    ['-H', `unix://${socketPath}`, '-p', join(home, 'dockerd.pid')],
  ].flat();
  const daemon = await startDaemon('dockerd', flags, () => listens(socketPath));
  const run = async (...args: readonly string[]) =>
    (await execute('docker', ['-H', `unix://${socketPath}`, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
  return toEngine({ kind: 'docker', home, socketPath, daemon, run });
}

/** Podman's API service, rootful, on its own storage. */
export async function startPodman(): Promise<ContainerEngine> {
  // Podman refuses a run root of more than 50 characters, and the folder for temporary files may have a long name itself.
  const home = await mkdtemp(join(tmpdir(), 'podman-'));
  const socketPath = join(home, 'podman.sock');
  const storage = ['--root', join(home, 'root'), '--runroot', join(home, 'run'), '--storage-driver', 'vfs'];
  const daemon = await startDaemon('podman', [...storage, 'system', 'service', '-t', '0', `unix://${socketPath}`], () =>
    listens(socketPath),
  );
  const run = async (...args: readonly string[]) =>
    (await execute('podman', [...storage, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
  return toEngine({ kind: 'podman', home, socketPath, daemon, run });
}

/** Podman raises limits to the system's highest, which a sandbox may forbid. */
const PODMAN_START = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];

export interface EngineParts extends Pick<ContainerEngine, 'kind' | 'socketPath' | 'run'> {
  /** Holds all that it has; goes with it. */
  readonly home: string;
  readonly daemon: Daemon;
}

export function toEngine({ kind, home, socketPath, daemon, run }: EngineParts): ContainerEngine {
  const startFlags = kind === 'podman' ? PODMAN_START : [];
  return {
    kind,
    socketPath,
    run,
    async load(archive) {
      await run('load', '--quiet', '--input', archive);
    },
    start: (image, name, ...command) =>
      run('run', '-d', '--network', 'none', ...startFlags, '--name', name, image, ...command),
    async stop() {
      const ids = (await run('ps', '-aq').catch(() => '')).split('\n').filter((id) => id !== '');
      if (ids.length > 0)
        await run('rm', '--force', '--volumes', ...(kind === 'podman' ? ['--time', '0'] : []), ...ids).catch(() => '');
      await daemon.stop();
      await unmountBelow(home);
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** Engines leave a mount of their own folder behind. */
export async function unmountBelow(home: string): Promise<void> {
  const { stdout } = await execute('findmnt', ['-rno', 'TARGET']).catch(() => ({ stdout: '' }));
  const mounts = stdout.split('\n').filter((path) => path.startsWith(`${home}/`));
  for (const mount of mounts.toSorted().toReversed()) await execute('umount', ['--lazy', mount]).catch(() => undefined);
}

/** Whether an engine answers there. */
export async function listens(socketPath: string): Promise<boolean> {
  if (
    !(await access(socketPath).then(
      () => true,
      () => false,
    ))
  )
    return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection(socketPath);
  socket.setTimeout(2000, () => resolve(false));
  socket.once('data', () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.write('GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const answered = await promise;
  socket.destroy();
  return answered;
}
