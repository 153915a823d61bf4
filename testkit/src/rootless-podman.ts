import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ContainerEngine, listens, toEngine } from './container-engines.ts';
import { startDaemon } from './daemon.ts';
import { findProgram } from './material.ts';

const execute = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const programs = ['podman', 'newuidmap', ...(isRoot ? ['unshare', 'setpriv'] : [])];
const hasIds = () => readFileSync('/etc/subuid', 'utf8').includes(`${userInfo().username}:`);

/** Asked for where it is needed: the answer takes a process. */
export const isRootlessPodmanAvailable = (): boolean =>
  programs.every((program) => findProgram(program) !== undefined) &&
  existsSync('/etc/subuid') &&
  (isRoot || hasIds()) &&
  canMakeNamespaces();

/** A sandbox may keep ordinary users from it, and with that from Podman. */
function canMakeNamespaces(): boolean {
  const asNobody = isRoot ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
  const [program, ...args] = [...asNobody, 'unshare', '--user', '--map-root-user', 'true'];
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Podman's API service of an ordinary user, at the place where that user's `podman.socket` listens. */
export interface RootlessPodman extends ContainerEngine {
  readonly uid: number;
  /** The user's `XDG_RUNTIME_DIR`. */
  readonly runtimeDir: string;
}

/**
 * As root, for a user that exists in a mount namespace alone: no account and no range of ids is added to this machine, but
 * `newuidmap` reads them as it would on a host, and the socket is where systemd would make it. As anyone else, for this user.
 */
export async function startRootlessPodman(): Promise<RootlessPodman> {
  const home = await mkdtemp(join(tmpdir(), 'hullcheck-rootless-'));
  const own = isRoot ? undefined : process.getuid?.();
  const { uid, runtimeDir } = own === undefined ? await takeUser() : { uid: own, runtimeDir: join(home, 'runtime') };
  if (own !== undefined) await mkdir(runtimeDir, { mode: 0o700 });
  else {
    await writeAccounts(join(home, 'etc'), uid);
    await chmod(home, 0o711);
  }
  const userHome = join(home, 'user');
  await mkdir(userHome);
  if (own === undefined) await chown(userHome, uid, uid);
  const storage = ['--root', join(userHome, 'storage'), '--runroot', join(runtimeDir, 'containers')];
  const asUser =
    own === undefined
      ? ['unshare', '--mount', 'sh', '-c', AS_USER, join(home, 'etc'), String(uid)]
      : ['sh', '-c', 'exec "$@"', 'sh'];
  const env = ['env', '-i', `HOME=${userHome}`, `XDG_RUNTIME_DIR=${runtimeDir}`, `PATH=${process.env.PATH}:/usr/sbin`];
  const podman = [...asUser, ...env, 'podman', ...storage, '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
  const [program = '', ...args] = podman;
  const run = async (...more: readonly string[]) =>
    (await execute(program, [...args, ...more], { cwd: '/', maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
  const socketPath = join(runtimeDir, 'podman', 'podman.sock');
  // Where it listens without being told.
  const daemon = await startDaemon(program, [...args, 'system', 'service', '-t', '0'], () => listens(socketPath));
  const engine = toEngine({ kind: 'podman', home, socketPath, daemon, run });
  return {
    ...engine,
    uid,
    runtimeDir,
    async stop() {
      await engine.stop();
      // In the user's namespace Podman is a child of what was started, and another one keeps the namespace between two commands.
      await endProcesses(home);
      const pause = await readFile(join(runtimeDir, 'libpod/tmp/pause.pid'), 'utf8').catch(() => '');
      if (/^\d+$/.test(pause.trim())) endProcess(Number(pause));
      await rm(runtimeDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** `$0`: folder of the files that name the user; `$1`: the user; then the command. */
const AS_USER = `set -e
for file in passwd group subuid subgid; do mount --bind "$0/$file" "/etc/$file"; done
user=$1; shift
exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"`;

const FIRST_UID = 60_100;

/** A user that nobody has: its runtime folder is made by one of two tests that begin together, and by no one else. */
async function takeUser(): Promise<{ readonly uid: number; readonly runtimeDir: string }> {
  await mkdir('/run/user', { recursive: true });
  for (let uid = FIRST_UID; ; uid += 1) {
    const runtimeDir = `/run/user/${uid}`;
    try {
      await mkdir(runtimeDir, { mode: 0o700 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw error;
    }
    await chown(runtimeDir, uid, uid);
    return { uid, runtimeDir };
  }
}

const SUBORDINATE_IDS = 65_536;

async function writeAccounts(folder: string, uid: number): Promise<void> {
  const name = `rootless${uid}`;
  const range = `${name}:${SUBORDINATE_IDS * uid}:${SUBORDINATE_IDS}\n`;
  const lines = {
    passwd: `${name}:x:${uid}:${uid}::/nonexistent:/usr/sbin/nologin\n`,
    group: `${name}:x:${uid}:\n`,
    subuid: range,
    subgid: range,
  };
  await mkdir(folder);
  for (const [file, line] of Object.entries(lines))
    await writeFile(join(folder, file), `${await readFile(`/etc/${file}`, 'utf8')}${line}`);
}

/** Ends what was started with this folder among its arguments. */
async function endProcesses(folder: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (args.split('\0').some((arg) => arg.startsWith(`${folder}/`))) endProcess(Number(pid));
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
