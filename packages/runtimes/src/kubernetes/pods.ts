import { z } from 'zod';
import type { ContainerState } from '../engine.ts';
import { id, text, time } from '../fields.ts';
import { podContainersMax } from '../limits.ts';
import { type PodImageId, parsePodImageId } from './image-id.ts';

/** The controller that a thing names as its owner: `ReplicaSet` `web-5d4c`. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** One container of a pod: of an application, of its start (`init`), or added to look inside (`ephemeral`). */
export interface PodContainer {
  readonly name: string;
  readonly role: 'application' | 'init' | 'ephemeral';
  /** Without the runtime's scheme; null before there is one. */
  readonly id: string | null;
  /** As the pod asks for it. */
  readonly image: string;
  readonly imageId: PodImageId;
  readonly state: ContainerState;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly exitCode: number | null;
  /** `host` where the pod has the network of its node, else `pod`. */
  readonly networkMode: 'host' | 'pod';
  /** Ports of the node that lead to it. */
  readonly hostPorts: readonly {
    readonly ip: string;
    readonly host: number;
    readonly container: number;
    readonly protocol: string;
  }[];
}

export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly createdAt: string | null;
  readonly owner: Owner | null;
  readonly containers: readonly PodContainer[];
}

const Metadata = z.object({
  uid: id,
  name: text,
  namespace: text.optional(),
  creationTimestamp: time,
  ownerReferences: z
    .array(z.object({ kind: text, name: text, uid: text, controller: z.boolean().optional().catch(false) }))
    .nullish()
    .catch(null),
});

/** Metadata of any object: what it is called and who owns it. */
export const OwnedObject = z.object({ metadata: Metadata });

const ContainerSpec = z.object({
  name: text,
  image: text.optional(),
  ports: z
    .array(
      z.object({
        containerPort: z.number().int().catch(0),
        hostPort: z.number().int().optional().catch(undefined),
        hostIP: text.optional(),
        protocol: text.optional(),
      }),
    )
    .nullish()
    .catch(null),
});
const Ended = z.object({ exitCode: z.number().int().nullish().catch(null), startedAt: time, finishedAt: time });
const ContainerStatus = z.object({
  name: text,
  image: text.optional(),
  imageID: text.optional(),
  containerID: text.optional(),
  state: z
    .object({
      waiting: z.unknown().optional(),
      running: z.object({ startedAt: time }).nullish().catch(null),
      terminated: Ended.nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
const specs = z.array(ContainerSpec).max(podContainersMax).nullish().catch(null);
const statuses = z.array(ContainerStatus).max(podContainersMax).nullish().catch(null);
// Nothing else of a pod is looked at: its environment and arguments hold what nobody but it should know.
const PodObject = z.object({
  metadata: Metadata,
  spec: z
    .object({
      nodeName: text.optional(),
      hostNetwork: z.boolean().optional().catch(undefined),
      containers: specs,
      initContainers: specs,
      ephemeralContainers: specs,
    })
    .nullish()
    .catch(null),
  status: z
    .object({
      containerStatuses: statuses,
      initContainerStatuses: statuses,
      ephemeralContainerStatuses: statuses,
    })
    .nullish()
    .catch(null),
});

/** A pod as the API gives it; undefined where it has no identity. */
export function parsePod(value: unknown): Pod | undefined {
  const parsed = PodObject.safeParse(value);
  if (!parsed.success) return undefined;
  const { metadata, spec, status } = parsed.data;
  const networkMode = spec?.hostNetwork === true ? 'host' : 'pod';
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node: spec?.nodeName ?? null,
    createdAt: metadata.creationTimestamp,
    owner: controllerOf(metadata),
    containers: [
      ...containersOf('application', spec?.containers, status?.containerStatuses),
      ...containersOf('init', spec?.initContainers, status?.initContainerStatuses),
      ...containersOf('ephemeral', spec?.ephemeralContainers, status?.ephemeralContainerStatuses),
    ].map((container) => ({ ...container, networkMode })),
  };
}

export function controllerOf({ ownerReferences }: z.infer<typeof Metadata>): Owner | null {
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? null : { kind: owner.kind, name: owner.name, uid: owner.uid };
}

function containersOf(
  role: PodContainer['role'],
  asked: z.infer<typeof specs>,
  seen: z.infer<typeof statuses>,
): readonly Omit<PodContainer, 'networkMode'>[] {
  const statusOf = new Map((seen ?? []).map((status) => [status.name, status]));
  return (asked ?? []).map((spec) => {
    const status = statusOf.get(spec.name);
    const { running, terminated } = status?.state ?? {};
    return {
      name: spec.name,
      role,
      id: status?.containerID?.replace(/^[a-z0-9-]+:\/\//, '') || null,
      image: spec.image ?? status?.image ?? '',
      imageId: parsePodImageId(status?.imageID ?? ''),
      state: running ? 'running' : terminated ? 'exited' : status === undefined ? 'unknown' : 'created',
      startedAt: running?.startedAt ?? terminated?.startedAt ?? null,
      finishedAt: terminated?.finishedAt ?? null,
      exitCode: terminated?.exitCode ?? null,
      hostPorts: (spec.ports ?? []).flatMap(({ containerPort, hostPort, hostIP, protocol }) =>
        hostPort === undefined || hostPort === 0
          ? []
          : [
              {
                ip: hostIP ?? '0.0.0.0',
                host: hostPort,
                container: containerPort,
                protocol: (protocol ?? 'TCP').toLowerCase(),
              },
            ],
      ),
    };
  });
}
