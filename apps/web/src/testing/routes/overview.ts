import type { ImageRow, Overview } from '@hullcheck/contract';
import { makeImages } from '../estate/recipes.ts';
import type { Memory } from '../memory.ts';
import type { Handlers } from './types.ts';

export function overviewRoutes(memory: Memory): Handlers {
  return {
    'overview.get': () => overviewOf(memory),
    'samples.create': () => {
      memory.images = [...memory.images, ...makeImages(13, memory.scenario.nowMs).slice(12)];
      memory.revision += 1;
      return { images: memory.images.slice(-1).map(({ detail }) => detail.id) };
    },
    'trend.get': ({ query }) => ({
      points:
        memory.scenario.empty === true
          ? []
          : [90, 61, 40, 33, 12, 3].map((days, index) => ({
              date: memory.at(-1440 * days).slice(0, 10),
              images: query.image === undefined ? 40 + index : 1,
              risk: query.image === undefined ? null : 700 + index * 20,
              riskTotal: 40_000 + index * 3_000,
              critical: [4, 9, 9, 14, 6, 7][index] ?? 0,
              severe: [31, 44, 40, 42, 38, 35][index] ?? 0,
              moderate: [60, 71, 76, 80, 77, 70][index] ?? 0,
              total: 95 + index * 10,
            })),
    }),
  };
}

function overviewOf(memory: Memory): Overview {
  const count = (...states: ImageRow['assessment']['state'][]): number =>
    memory.images.filter(({ detail }) => states.includes(detail.assessment.state)).length;
  const running = memory.images.filter(({ detail }) => detail.assessment.activity === 'running');
  const step = (done: number) => ({ done: done > 0, count: done, detail: null });
  return {
    images: {
      total: memory.images.length,
      assessed: count('complete', 'partial'),
      partial: count('partial'),
      notAssessable: count('not-assessable'),
      unassessed: count('none', 'failed'),
      failed: count('failed'),
    },
    repositories: new Set(memory.images.map(({ detail }) => detail.repository)).size,
    hosts: memory.hosts.filter(({ state }) => state !== 'inactive').length,
    containers: {
      running: memory.hosts.reduce((sum, host) => sum + host.containers.running, 0),
      total: memory.hosts.reduce((sum, host) => sum + host.containers.total, 0),
    },
    steps: {
      agent: step(memory.hosts.length),
      images: step(memory.images.length),
      assessed: step(count('complete', 'partial')),
      connection: step(memory.connections.length),
    },
    running: running.map(({ detail }) => ({
      job: detail.id,
      what: `Assess ${detail.names[0] ?? 'an image'}`,
      since: memory.at(-1),
      layersDone: detail.assessment.progress?.layersDone ?? null,
      layersTotal: detail.assessment.progress?.layersTotal ?? null,
    })),
    queued: memory.images.filter(({ detail }) => detail.assessment.activity === 'queued').length,
    revision: String(memory.revision),
    notices:
      memory.scenario.empty === true
        ? [
            {
              kind: 'runtime',
              message: 'Docker runs on this host, but its socket belongs to root:docker and you are not in that group.',
              remedy: 'sudo usermod -aG docker $USER && newgrp docker',
            },
          ]
        : memory.scenario.alarmed === true
          ? [
              {
                kind: 'readings',
                message:
                  'build-03 and edge-frankfurt-1 differ in what is in one layer: one of them is wrong, or its host lies. Revoke the agent whose host is not to be trusted; its readings are forgotten, and its images read again.',
                remedy: null,
                image: memory.images[0]?.detail.id,
              },
            ]
          : [],
  };
}
