import type { CallOutput, ConnectionRow, ContainerRow, HostRow, ImageDetail, ImageRow } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { makeConnections } from './estate/connections.ts';
import { makeContainers, makeHosts } from './estate/hosts.ts';
import { uuid } from './estate/ids.ts';
import type { FixtureImage } from './estate/images.ts';
import { makeImages } from './estate/recipes.ts';
import type { Scenario } from './scenario.ts';

/** One estate in memory. Changes made by pages stay, and move `revision`. */
export interface Memory {
  readonly scenario: Scenario;
  readonly hosts: readonly HostRow[];
  readonly containersOf: ReadonlyMap<string, readonly ContainerRow[]>;
  images: readonly FixtureImage[];
  connections: readonly ConnectionRow[];
  tokens: CallOutput<'tokens.list'>['items'];
  setup: boolean;
  nodesMayEnroll: boolean;
  revision: number;
  /** So many minutes from now. */
  at(minutes: number): string;
  loadImage(id: string): FixtureImage;
  loadHost(id: string): HostRow;
  loadConnection(id: string): ConnectionRow;
  changeImage(id: string, assessment: Partial<ImageRow['assessment']>): ImageDetail;
}

export function createMemory(scenario: Scenario): Memory {
  const { nowMs } = scenario;
  const empty = scenario.empty === true;
  const images = makeImages(scenario.images, nowMs);
  const hosts = empty ? [] : makeHosts(nowMs, scenario.moreHosts);
  const at = (minutes: number): string => new Date(nowMs + minutes * 60_000).toISOString();
  const memory: Memory = {
    scenario,
    hosts,
    containersOf: new Map(
      hosts.map((host, index) => [host.id, makeContainers(host, images.slice(index, index + 9), nowMs)]),
    ),
    images,
    connections: empty ? [] : makeConnections(nowMs),
    tokens: empty
      ? []
      : [
          {
            id: uuid(7_001),
            name: 'GitHub Actions of shop',
            role: 'operator',
            createdAt: at(-30 * 1440),
            expiresAt: at(60 * 1440),
            lastUsedAt: at(-12),
          },
        ],
    setup: scenario.setup ?? false,
    nodesMayEnroll: true,
    revision: 1,
    at,
    loadImage: (id) =>
      found(
        memory.images.find(({ detail }) => detail.id === id),
        'image',
      ),
    loadHost: (id) =>
      found(
        hosts.find((one) => one.id === id),
        'host',
      ),
    loadConnection: (id) =>
      found(
        memory.connections.find((one) => one.id === id),
        'connection',
      ),
    changeImage(id, assessment) {
      const old = memory.loadImage(id);
      const detail = { ...old.detail, assessment: { ...old.detail.assessment, ...assessment } };
      memory.images = memory.images.map((image) => (image.detail.id === id ? { ...old, detail } : image));
      memory.revision += 1;
      return detail;
    },
  };
  return memory;
}

function found<T>(one: T | undefined, what: string): T {
  if (one === undefined) throw new Fault('not-found', `there is no such ${what}`);
  return one;
}
