import { parseDigest } from '@hullcheck/core';
import { z } from 'zod';
import type { ContainerState, EngineContainer, EngineContainerDetails, EngineEvent, EnginePod } from './engine.ts';
import {
  Config,
  Descriptor,
  environmentNames,
  id,
  integer,
  labels,
  text,
  texts,
  time,
  unixSeconds,
  withAlgorithm,
} from './fields.ts';
import type { ContainerRun } from './inventory-client.ts';
import { podOfLabels } from './kubernetes-labels.ts';

const ContainerEntry = z.object({
  Id: id,
  Names: texts,
  Image: text,
  ImageID: text,
  ImageManifestDescriptor: Descriptor,
  Created: unixSeconds,
  State: text,
  Ports: z
    .array(
      z.object({
        IP: text.optional(),
        PrivatePort: integer,
        PublicPort: z.number().int().optional().catch(undefined),
        Type: text,
      }),
    )
    .nullish()
    .catch(null),
  Labels: labels,
});

/** One entry of `/containers/json`; undefined where it has no id. */
export function parseContainer(value: unknown): EngineContainer | undefined {
  const parsed = ContainerEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const entry = parsed.data;
  return {
    id: entry.Id,
    name: (entry.Names?.[0] ?? '').replace(/^\//, ''),
    imageReference: entry.Image,
    imageId: withAlgorithm(entry.ImageID),
    imageManifestDigest: parseDigest(entry.ImageManifestDescriptor?.digest ?? '') ?? null,
    state: toState(entry.State),
    createdAt: entry.Created,
    ports: (entry.Ports ?? []).map(({ IP, PrivatePort, PublicPort, Type }) => ({
      ip: IP ?? '',
      host: PublicPort ?? null,
      container: PrivatePort,
      protocol: Type,
    })),
    labels: entry.Labels ?? {},
    pod: podOfLabels(entry.Labels ?? {}),
  };
}

const State = z
  .object({ Status: text, Running: z.boolean().catch(false), ExitCode: integer, StartedAt: time, FinishedAt: time })
  .nullish()
  .catch(null);

const ContainerDetails = z.object({
  Id: id,
  Name: text,
  Image: text,
  Created: time,
  RestartCount: integer.optional(),
  State,
  HostConfig: z
    .object({
      Privileged: z.boolean().catch(false),
      ReadonlyRootfs: z.boolean().catch(false),
      CapAdd: texts,
      NetworkMode: text,
      PidMode: text,
    })
    .nullish()
    .catch(null),
  Config,
});

/** `/containers/{id}/json`. */
export function parseContainerDetails(value: unknown): EngineContainerDetails | undefined {
  const parsed = ContainerDetails.safeParse(value);
  if (!parsed.success) return undefined;
  const { State: state, HostConfig: host, Config: config, ...entry } = parsed.data;
  return {
    id: entry.Id,
    name: entry.Name.replace(/^\//, ''),
    imageId: withAlgorithm(entry.Image),
    state: toState(state?.Status ?? ''),
    createdAt: entry.Created,
    ...timesOf(state),
    restartCount: entry.RestartCount ?? 0,
    user: config?.User ?? '',
    privileged: host?.Privileged ?? false,
    readonlyRoot: host?.ReadonlyRootfs ?? false,
    capabilitiesAdded: host?.CapAdd ?? [],
    networkMode: host?.NetworkMode ?? '',
    pidMode: host?.PidMode ?? '',
    environmentNames: environmentNames(config?.Env),
  };
}

const ContainerRunOnly = z.object({
  State,
  HostConfig: z.object({ NetworkMode: text }).nullish().catch(null),
});

/**
 * How a container runs, of `/containers/{id}/json` or what is left of it. Never the list's word for its network: Podman's says `host` of
 * every container.
 */
export function parseContainerRun(value: unknown): ContainerRun | undefined {
  const parsed = ContainerRunOnly.safeParse(value);
  if (!parsed.success) return undefined;
  return { ...timesOf(parsed.data.State), networkMode: parsed.data.HostConfig?.NetworkMode || null };
}

function timesOf(state: z.infer<typeof State>): Omit<ContainerRun, 'networkMode'> {
  const isOver = state != null && !state.Running && state.FinishedAt !== null;
  return {
    startedAt: state?.StartedAt ?? null,
    finishedAt: state?.FinishedAt ?? null,
    exitCode: isOver ? state.ExitCode : null,
  };
}

const PodmanPod = z.object({ Id: id, Pod: text, PodName: text });

/** The pod of one entry of Podman's own list; undefined for a container without one. */
export function parsePodmanPod(value: unknown): { readonly container: string; readonly pod: EnginePod } | undefined {
  const parsed = PodmanPod.safeParse(value);
  if (!parsed.success || parsed.data.PodName === '') return undefined;
  const { Id, Pod, PodName } = parsed.data;
  return { container: Id, pod: { namespace: null, name: PodName, uid: Pod } };
}

const Event = z.object({
  Type: z.enum(['image', 'container']),
  Action: text,
  Actor: z.object({ ID: text }),
  time: z.number(),
});

/** One line of `/events`; undefined for kinds that nobody asked for. */
export function parseEvent(value: unknown): EngineEvent | undefined {
  const parsed = Event.safeParse(value);
  if (!parsed.success) return undefined;
  const { Type, Action, Actor, time: timeSeconds } = parsed.data;
  return { kind: Type, action: Action, id: Actor.ID, timeSeconds };
}

const STATES: readonly ContainerState[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

function toState(value: string): ContainerState {
  const lower = value.toLowerCase();
  // Podman's own words for what Docker calls created and exited.
  if (lower === 'configured' || lower === 'initialized') return 'created';
  if (lower === 'stopped' || lower === 'stopping') return 'exited';
  return STATES.find((state) => state === lower) ?? 'unknown';
}
