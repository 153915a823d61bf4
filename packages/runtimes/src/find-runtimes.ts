import { access, constants, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { type EngineAddress, type EngineTls, formatEngineAddress, parseEngineAddress } from './address.ts';
import { createEngineClient } from './client.ts';
import { findContext, readTls } from './contexts.ts';
import type { EngineInfo, EngineKind } from './engine.ts';
import { grpcCandidates, isGrpc, judgeGrpc, withoutSecondViews } from './find-grpc-runtimes.ts';
import { connectEngine, errorCode } from './transport.ts';

export interface FindRuntimesOptions {
  /** Environment of the user: `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CONFIG`, `XDG_RUNTIME_DIR`, `HOME`, `PATH` … */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly signal: AbortSignal;
  /** Root of the file system to look in; for tests. */
  readonly root?: string;
}

/** One engine that could be here. `absent`: nothing is installed that would listen there. */
export interface FoundRuntime {
  readonly kind: EngineKind;
  /** How it is spoken with: Docker's HTTP, containerd's gRPC (one namespace of it), Kubernetes' gRPC. */
  readonly api: 'docker' | 'containerd' | 'cri';
  /** Of containerd, where it is readable; null otherwise. */
  readonly namespace: string | null;
  readonly address: EngineAddress;
  readonly state: 'readable' | 'forbidden' | 'unavailable' | 'absent';
  /** What it says of itself, where it is readable. */
  readonly info: EngineInfo | null;
  /** Why it can't be read, for a person. */
  readonly reason: string | null;
  /** The command that mends it. */
  readonly remedy: string | null;
}

export interface Candidate {
  /** What is expected there. */
  readonly kind: EngineKind;
  readonly address: EngineAddress;
  /** The user named it, so its absence is worth a word. */
  readonly isNamed: boolean;
  /** Whose own engine it would be, where root looks for those of all users. */
  readonly uid?: number;
}

/**
 * Looks where container runtimes listen: named by the environment or a Docker context, for all users, and for one user.
 * Root also sees what every user's own engine has, as each keeps its own images. What two interfaces show of the same
 * containers (Docker and the containerd below it) is found once.
 */
export async function findRuntimes(options: FindRuntimesOptions): Promise<readonly FoundRuntime[]> {
  const candidates = await distinct([...(await listCandidates(options)), ...grpcCandidates(options)]);
  const judged = (
    await Promise.all(
      candidates.map(async (candidate) => {
        const runtimes = isGrpc(candidate) ? await judgeGrpc(candidate, options) : [await judge(candidate, options)];
        return runtimes.map((runtime) => ({ candidate, runtime }));
      }),
    )
  ).flat();
  const isThere = (kind: string) => judged.some(({ runtime }) => runtime.kind === kind && runtime.state === 'readable');
  const named = new Set<string>();
  const shown = withoutSecondViews(judged);
  // Of an engine that is readable somewhere, the usual places where it is not are no news; one that is nowhere is named once.
  return shown.flatMap(({ candidate, runtime }) => {
    if (runtime.state === 'readable' || runtime.state === 'forbidden' || candidate.isNamed) return [runtime];
    // What one user's engine has is in no other.
    if (candidate.uid !== undefined && runtime.state !== 'absent') return [runtime];
    const key = `${runtime.kind} ${runtime.state}`;
    if (isThere(runtime.kind) || (runtime.state === 'absent' && named.has(runtime.kind)) || named.has(key)) return [];
    named.add(key);
    named.add(runtime.kind);
    return [runtime];
  });
}

async function listCandidates({ env, uid, root = '' }: FindRuntimesOptions): Promise<readonly Candidate[]> {
  const home = env.HOME;
  const runtimeDir = env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`;
  const at = (kind: 'docker' | 'podman', path: string): Candidate => ({
    kind,
    address: { kind: 'unix', path: join(root, path) },
    isNamed: false,
  });
  const candidates: Candidate[] = [];
  const named = await namedEngine(env);
  if (named !== undefined) candidates.push(...parseNamed('docker', named.host, named.tls));
  if (env.CONTAINER_HOST !== undefined) candidates.push(...parseNamed('podman', env.CONTAINER_HOST, null));
  candidates.push(at('docker', '/var/run/docker.sock'), at('docker', join(runtimeDir, 'docker.sock')));
  if (home !== undefined) {
    candidates.push(
      at('docker', join(home, '.docker/run/docker.sock')),
      at('docker', join(home, '.docker/desktop/docker.sock')),
    );
  }
  candidates.push(at('podman', '/run/podman/podman.sock'), at('podman', join(runtimeDir, 'podman/podman.sock')));
  if (uid === 0) {
    const users = await readdir(join(root, '/run/user')).catch(() => []);
    const uids = users.filter((name) => /^\d+$/.test(name)).map(Number);
    for (const user of uids.toSorted((a, b) => a - b)) {
      candidates.push(
        { ...at('docker', `/run/user/${user}/docker.sock`), uid: user },
        { ...at('podman', `/run/user/${user}/podman/podman.sock`), uid: user },
      );
    }
  }
  return candidates;
}

async function namedEngine(env: FindRuntimesOptions['env']) {
  const configDir = env.DOCKER_CONFIG ?? (env.HOME === undefined ? undefined : join(env.HOME, '.docker'));
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') {
    const isTls = env.DOCKER_TLS_VERIFY !== undefined && env.DOCKER_TLS_VERIFY !== '';
    const certificates = env.DOCKER_CERT_PATH ?? configDir;
    const tls = isTls ? ((certificates === undefined ? null : await readTls(certificates)) ?? {}) : null;
    return { host: env.DOCKER_HOST, tls };
  }
  return configDir === undefined ? undefined : await findContext(configDir, env.DOCKER_CONTEXT);
}

function parseNamed(kind: 'docker' | 'podman', host: string, tls: EngineTls | null): readonly Candidate[] {
  try {
    return [{ kind, address: parseEngineAddress(host, tls), isNamed: true }];
  } catch (error) {
    // `ssh:` and `npipe:` lead to other machines and systems: nothing of this host.
    if (error instanceof Fault && error.code === 'unsupported') return [];
    throw error;
  }
}

/** `/var/run/docker.sock` and `/run/docker.sock` are one engine. */
async function distinct(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
  const unique = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { address } = candidate;
    const path = address.kind === 'unix' ? await realpath(address.path).catch(() => address.path) : undefined;
    const key = path ?? formatEngineAddress(address);
    if (!unique.has(key)) unique.set(key, candidate);
  }
  return [...unique.values()];
}

async function judge(candidate: Candidate, options: FindRuntimesOptions): Promise<FoundRuntime> {
  const transport = connectEngine(candidate.address);
  try {
    const info = await createEngineClient(transport).info(
      AbortSignal.any([options.signal, AbortSignal.timeout(15_000)]),
    );
    return { ...stateless(candidate), kind: info.kind, state: 'readable', info };
  } catch (error) {
    if (options.signal.aborted) throw error;
    return await explain(candidate, error, options);
  } finally {
    await transport.close();
  }
}

async function explain(candidate: Candidate, error: unknown, options: FindRuntimesOptions): Promise<FoundRuntime> {
  const { address } = candidate;
  const kind = candidate.kind === 'podman' ? 'podman' : 'docker';
  const base = stateless(candidate);
  const name = kind === 'docker' ? 'Docker' : 'Podman';
  const place = formatEngineAddress(address);
  const code = errorCode(error instanceof Fault ? error.cause : error);
  if (error instanceof Fault && error.code === 'runtime-forbidden') {
    const path = address.kind === 'unix' ? address.path : undefined;
    const { reason, remedy } = await forbidden(kind, name, path, options);
    return { ...base, state: 'forbidden', reason, remedy };
  }
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  const isOwn = address.kind === 'unix' && (address.path.includes('/run/user/') || address.path.includes('/.docker/'));
  if (candidate.uid !== undefined && (isMissing || code === 'ECONNREFUSED'))
    return { ...base, ...(await explainUser(kind, candidate.uid, isMissing, options.root ?? '')) };
  const isInstalled = await hasProgram(kind === 'docker' ? 'dockerd' : 'podman', options.env);
  if (isMissing && !candidate.isNamed && (isOwn ? kind === 'docker' || options.uid === 0 : false)) {
    return { ...base, state: 'absent', reason: `${name} does not listen at ${place}` };
  }
  if (isMissing && !candidate.isNamed && !isInstalled)
    return { ...base, state: 'absent', reason: `${name} is not installed` };
  const remedy = startCommand(kind, isOwn);
  if (isMissing || code === 'ECONNREFUSED') {
    const reason =
      kind === 'podman' && isMissing
        ? 'Podman is installed, but its API socket is not switched on'
        : `${name} is not running (nothing listens at ${place})`;
    return { ...base, state: 'unavailable', reason, remedy };
  }
  const why = error instanceof Fault ? error.message : 'it gave no understandable answer';
  return { ...base, state: 'unavailable', reason: `${name} at ${place}: ${why}`, remedy: null };
}

/** A user's Podman works without its API, and then leaves nothing but its own folder where the socket would be. */
async function explainUser(
  kind: 'docker' | 'podman',
  uid: number,
  isMissing: boolean,
  root: string,
): Promise<Pick<FoundRuntime, 'state' | 'reason' | 'remedy'>> {
  const runtimeDir = `/run/user/${uid}`;
  const isUsed = kind === 'podman' && (await stat(join(root, runtimeDir, 'libpod')).then(Boolean, () => false));
  if (isMissing && !isUsed) return { state: 'absent', reason: `user ${uid} has no such engine`, remedy: null };
  return {
    state: 'unavailable',
    reason: isMissing
      ? `user ${uid} has Podman, but its API socket is not switched on`
      : `the engine of user ${uid} is not running`,
    remedy: `sudo -u '#${uid}' XDG_RUNTIME_DIR=${runtimeDir} ${startCommand(kind, true)}`,
  };
}

async function forbidden(
  kind: 'docker' | 'podman',
  name: string,
  path: string | undefined,
  options: FindRuntimesOptions,
) {
  const group = path === undefined ? undefined : await groupOf(path, options.root ?? '');
  const reason = `this user (uid ${options.uid}) may not open ${name}'s socket${path === undefined ? '' : ` ${path}`}`;
  if (kind === 'docker' && group !== undefined && group !== 'root') {
    return {
      reason: `${reason}; members of the group ${group} may`,
      remedy: `sudo usermod -aG ${group} "$(id -un)"   # then sign in again; this group is as powerful as root`,
    };
  }
  return { reason, remedy: 'run the agent as root: sudo hullcheck agent …' };
}

async function groupOf(path: string, root: string): Promise<string | undefined> {
  try {
    const { gid } = await stat(path);
    const groups = await readFile(join(root, '/etc/group'), 'utf8');
    return groups
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[2] === String(gid))?.[0];
  } catch {
    return undefined;
  }
}

function startCommand(kind: 'docker' | 'podman', isOwn: boolean): string {
  const unit = kind === 'docker' ? 'docker.service' : 'podman.socket';
  return isOwn ? `systemctl --user enable --now ${unit}` : `sudo systemctl enable --now ${unit}`;
}

async function hasProgram(name: string, env: FindRuntimesOptions['env']): Promise<boolean> {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  for (const folder of folders.filter((path) => path.startsWith('/'))) {
    if (
      await access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}

function stateless({ kind, address }: Candidate) {
  return { kind, api: 'docker', namespace: null, address, info: null, reason: null, remedy: null } as const;
}
