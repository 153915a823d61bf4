import type { Digest } from '@hullcheck/core';
import type { ContainerState, EngineContainer } from '../engine.ts';
import type { ContainerRun } from '../inventory-client.ts';
import { parsePorts, podLabels, podOfLabels } from '../kubernetes-labels.ts';
import type { ContainerdContainer, ContainerdTask } from './calls.ts';

/** What Kubernetes' own plug-in writes on the container that holds a pod's network open: the pod itself, not one of its containers. */
const SANDBOX = ['io.cri-containerd.kind', 'sandbox'] as const;

/**
 * A container from its record, its task and, where Kubernetes runs it, what its interface says. Undefined for a pod's sandbox.
 * An image whose name was taken away leaves the container without one.
 */
export function toContainer(
  container: ContainerdContainer,
  targets: ReadonlyMap<string, Digest>,
  task: ContainerdTask | undefined,
  known: EngineContainer | undefined,
): EngineContainer | undefined {
  const { id, labels, image, createdAt } = container;
  if (labels[SANDBOX[0]] === SANDBOX[1]) return undefined;
  const named = labels[podLabels.container] ?? labels['nerdctl/name'];
  return {
    id,
    name: known?.name ?? named ?? id,
    imageReference: known?.imageReference || image,
    imageId: targets.get(image) ?? '',
    imageManifestDigest: null,
    state: known?.state ?? stateOf(task),
    createdAt,
    ports: known?.ports ?? parsePorts(labels['nerdctl/ports']),
    labels,
    pod: known?.pod ?? podOfLabels(labels),
  };
}

/** `containerd.v1.types.Status`. */
const STATES: readonly ContainerState[] = ['unknown', 'created', 'running', 'exited', 'paused', 'paused'];

/** A container without a task was not started, or its task was deleted after it ended: containerd's own tools say created for both. */
function stateOf(task: ContainerdTask | undefined): ContainerState {
  return task === undefined ? 'created' : (STATES[task.status] ?? 'unknown');
}

/** containerd does not keep when a task was started. */
export function runOf(task: ContainerdTask | undefined, networkMode: string | null): ContainerRun {
  const isOver = task !== undefined && stateOf(task) === 'exited';
  return {
    startedAt: null,
    finishedAt: isOver ? task.exitedAt : null,
    exitCode: isOver ? task.exitStatus : null,
    networkMode,
  };
}

/**
 * The network that nerdctl says it gave the container, `["host"]`. containerd itself has it in the container's `spec` alone, which is never
 * read: it holds the environment.
 */
export function networkModeOf({ labels }: ContainerdContainer): string | null {
  return /^\["([^"\\]{1,200})"/.exec(labels['nerdctl/networks'] ?? '')?.[1] ?? null;
}
