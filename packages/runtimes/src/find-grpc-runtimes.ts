import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { formatEngineAddress, parseEngineAddress } from './address.ts';
import { createContainerdClient, listNamespaces, readContainerdVersion } from './containerd/client.ts';
import { readCriInfo } from './cri/client.ts';
import type { EngineKind } from './engine.ts';
import type { Candidate, FindRuntimesOptions, FoundRuntime } from './find-runtimes.ts';
import { type GrpcChannel, isNotOffered, openGrpcChannel } from './grpc/channel.ts';
import { answerTimeoutMs } from './limits.ts';
import { errorCode } from './transport.ts';

/** Where containerd listens by itself, below k3s and RKE2, MicroK8s and k0s; CRI-O; cri-dockerd. */
const PLACES: readonly (readonly [EngineKind, string])[] = [
  ['containerd', '/run/containerd/containerd.sock'],
  ['containerd', '/run/k3s/containerd/containerd.sock'],
  ['containerd', '/var/snap/microk8s/common/run/containerd.sock'],
  ['containerd', '/run/k0s/containerd.sock'],
  ['cri-o', '/run/crio/crio.sock'],
  ['cri', '/run/cri-dockerd.sock'],
];

/** Named by the variables of `ctr` and `crictl`, and in the usual places. */
export function grpcCandidates({ env, root = '' }: FindRuntimesOptions): readonly Candidate[] {
  const named = (kind: EngineKind, value: string | undefined): readonly Candidate[] => {
    if (value === undefined || value === '') return [];
    const address = parseEngineAddress(value.startsWith('/') ? `unix://${value}` : value);
    return address.kind === 'unix' ? [{ kind, address, isNamed: true }] : [];
  };
  return [
    ...named('containerd', env.CONTAINERD_ADDRESS),
    ...named('cri', env.CONTAINER_RUNTIME_ENDPOINT),
    ...PLACES.map(
      ([kind, path]): Candidate => ({ kind, address: { kind: 'unix', path: join(root, path) }, isNamed: false }),
    ),
  ];
}

export const isGrpc = ({ kind }: Candidate): boolean => kind !== 'docker' && kind !== 'podman';

/** What speaks at this socket: containerd, one runtime for each namespace; else Kubernetes' interface. None where nothing is. */
export async function judgeGrpc(candidate: Candidate, options: FindRuntimesOptions): Promise<readonly FoundRuntime[]> {
  const { address, kind } = candidate;
  if (address.kind !== 'unix') return [];
  const channel = openGrpcChannel(address.path);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(answerTimeoutMs)]);
  const base = { address, reason: null, remedy: null, namespace: null } as const;
  try {
    return (
      (await containerdAt(channel, candidate, signal)) ?? [
        await readCriInfo(channel, signal).then(
          (info) => ({ ...base, kind: info.kind, api: 'cri', state: 'readable', info }) as const,
        ),
      ]
    );
  } catch (error) {
    if (options.signal.aborted) throw error;
    return explain(candidate, kind, error, options.uid);
  } finally {
    await channel.close();
  }
}

async function containerdAt(
  channel: GrpcChannel,
  { address }: Candidate,
  signal: AbortSignal,
): Promise<readonly FoundRuntime[] | undefined> {
  try {
    await readContainerdVersion(channel, signal);
  } catch (error) {
    if (isNotOffered(error)) return undefined;
    throw error;
  }
  const namespaces = await listNamespaces(channel, signal);
  return await Promise.all(
    namespaces.map(async (namespace): Promise<FoundRuntime> => {
      const info = await createContainerdClient(channel, namespace, undefined).info(signal);
      return {
        kind: 'containerd',
        api: 'containerd',
        state: 'readable',
        reason: null,
        remedy: null,
        namespace,
        address,
        info,
      };
    }),
  );
}

function explain(candidate: Candidate, kind: EngineKind, error: unknown, uid: number): readonly FoundRuntime[] {
  const { address, isNamed } = candidate;
  const name = NAMES[kind] ?? kind;
  const place = formatEngineAddress(address);
  const api = kind === 'containerd' ? 'containerd' : 'cri';
  const base = { kind, api, address, namespace: null, info: null } as const;
  if (error instanceof Fault && error.code === 'runtime-forbidden') {
    const reason = `this user (uid ${uid}) may not open ${name}'s socket ${place}, which is root's alone`;
    return [{ ...base, state: 'forbidden', reason, remedy: 'run the agent as root: sudo hullcheck agent …' }];
  }
  const code = errorCode(error instanceof Fault ? error.cause : error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED') {
    // Nothing is installed that would listen there; a socket that nobody answers is something else.
    if (code !== 'ECONNREFUSED' && !isNamed) return [];
    const remedy = UNITS[kind] === undefined ? null : `sudo systemctl enable --now ${UNITS[kind]}`;
    return [{ ...base, state: 'unavailable', reason: `${name} is not running (nothing listens at ${place})`, remedy }];
  }
  const why = error instanceof Fault ? error.message : 'it gave no understandable answer';
  return [{ ...base, state: 'unavailable', reason: `${name} at ${place}: ${why}`, remedy: null }];
}

const NAMES: { readonly [kind: string]: string } = { containerd: 'containerd', 'cri-o': 'CRI-O', cri: 'the runtime' };
const UNITS: { readonly [kind: string]: string } = { containerd: 'containerd', 'cri-o': 'crio' };

/** The namespaces of containerd in which Docker keeps its own containers and plug-ins. */
const OF_DOCKER: ReadonlySet<string> = new Set(['moby', 'plugins.moby']);

/**
 * Without what Docker shows already: its namespaces of the containerd below it, cri-dockerd, and the socket of a containerd
 * that only root may open on a host where Docker can be read (every Docker host has one).
 */
export function withoutSecondViews<T extends { readonly candidate: Candidate; readonly runtime: FoundRuntime }>(
  judged: readonly T[],
): readonly T[] {
  const isDockerRead = judged.some(({ runtime }) => runtime.kind === 'docker' && runtime.state === 'readable');
  if (!isDockerRead) return judged;
  return judged.filter(({ candidate, runtime }) => {
    if (runtime.api === 'containerd' && runtime.namespace !== null) return !OF_DOCKER.has(runtime.namespace);
    if (runtime.kind === 'cri') return candidate.isNamed;
    return runtime.api !== 'containerd' || candidate.isNamed;
  });
}
