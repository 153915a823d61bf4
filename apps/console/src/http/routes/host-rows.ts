import type { ContainerDetail, ContainerRow, HostRow } from '@hullcheck/contract';
import type { ContainerDetailRow, ContainerListRow } from '../../store/containers.ts';
import type { HostListRow } from '../../store/hosts.ts';
import type { ContainerAdvice } from '../../usecases/container-advice.ts';
import { toInstant } from './image-rows.ts';

export function toHostRow(host: HostListRow): HostRow {
  return {
    id: host.id,
    name: host.name,
    os: host.os,
    kernel: host.kernel,
    architecture: host.architecture,
    runtimes: host.runtimes.map((runtime) => ({
      ...runtime,
      namespace: runtime.namespace ?? null,
      rootless: runtime.rootless ?? false,
    })),
    images: host.images,
    containers: { running: host.running, total: host.containers, onNodes: host.onNodes },
    risk: host.risk,
    agent:
      host.agentId === null
        ? null
        : { id: host.agentId, version: host.agentVersion ?? '', revoked: host.agentRevoked === true },
    lastSeen: host.seenAt.toISOString(),
    stale: host.state !== 'reporting',
    state: host.state,
    clockSkewMs: host.clockSkewMs,
  };
}

export function toContainerRow(row: ContainerListRow, advice: ContainerAdvice | null): ContainerRow {
  return {
    id: row.id,
    runtime: row.runtime,
    host: { id: row.hostId, name: row.hostName },
    name: row.name,
    image:
      row.imageId === null
        ? null
        : { id: row.imageId, name: row.imageName ?? row.imageReference, risk: row.imageRisk, readBy: row.imageReadBy },
    imageReference: row.imageReference,
    pod:
      row.podName === null
        ? null
        : { namespace: row.podNamespace, name: row.podName, owner: row.podOwner, node: row.podNode },
    labels: { ...row.labels },
    state: row.state,
    created: toInstant(row.createdAt),
    started: toInstant(row.startedAt),
    finished: toInstant(row.finishedAt),
    advice,
    ended: row.endedAt === null ? null : { at: row.endedAt.toISOString(), cause: 'host-not-heard-from' },
  };
}

export function toContainerDetail(row: ContainerDetailRow, advice: ContainerAdvice | null): ContainerDetail {
  return {
    ...toContainerRow(row, advice),
    exitCode: row.exitCode,
    ports: row.ports,
    firstSeen: row.firstSeen.toISOString(),
    changed: row.changedAt.toISOString(),
    gone: toInstant(row.goneAt),
    presence: row.presence.map(({ state, from, to, cause }) => ({
      state,
      from: from.toISOString(),
      to: toInstant(to),
      cause,
    })),
    more: row.more,
  };
}
