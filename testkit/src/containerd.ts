import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unmountBelow } from './container-engines.ts';
import { startDaemon } from './daemon.ts';
import { findProgram } from './material.ts';

const execute = promisify(execFile);

/** A containerd of its own, with its own root, state and socket, that ends with the test. */
export interface Containerd {
  readonly socketPath: string;
  /** Runs `ctr` in a namespace; gives what it prints. */
  ctr(namespace: string, ...args: readonly string[]): Promise<string>;
  /** Imports an archive and unpacks it. */
  load(namespace: string, archive: string): Promise<void>;
  stop(): Promise<void>;
}

export const containerdAvailable =
  process.getuid?.() === 0 && findProgram('containerd') !== undefined && findProgram('ctr') !== undefined;

/** Debian's containerd with the native snapshotter, which needs no right to mount overlays, and Kubernetes' plug-in. */
export async function startContainerd({ cri = true }: { readonly cri?: boolean } = {}): Promise<Containerd> {
  const home = await mkdtemp(join(tmpdir(), 'hullcheck-containerd-'));
  // Others may enter, so that a user without rights fails at the socket itself.
  await chmod(home, 0o711);
  const socketPath = join(home, 'containerd.sock');
  const config = join(home, 'config.toml');
  await writeFile(
    config,
    `version = 2
root = "${join(home, 'root')}"
state = "${join(home, 'state')}"
disabled_plugins = [${cri ? '' : '"io.containerd.grpc.v1.cri"'}]
[grpc]
  address = "${socketPath}"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
`,
  );
  const ctr = async (namespace: string, ...args: readonly string[]) =>
    (
      await execute('ctr', ['--address', socketPath, '--namespace', namespace, ...args], {
        maxBuffer: 64 * 1024 * 1024,
      })
    ).stdout.trim();
  const daemon = await startDaemon('containerd', ['--config', config, '--log-level', 'error'], () =>
    ctr('default', 'version').then(
      () => true,
      () => false,
    ),
  );
  return {
    socketPath,
    ctr,
    async load(namespace, archive) {
      await ctr(namespace, 'images', 'import', '--snapshotter', 'native', archive);
    },
    async stop() {
      for (const namespace of (await ctr('default', 'namespaces', 'list', '--quiet').catch(() => '')).split('\n')) {
        const tasks = (await ctr(namespace, 'tasks', 'list', '--quiet').catch(() => '')).split('\n');
        for (const task of tasks.filter((id) => id !== ''))
          await ctr(namespace, 'tasks', 'delete', '--force', task).catch(() => '');
      }
      await daemon.stop();
      await unmountBelow(home);
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
