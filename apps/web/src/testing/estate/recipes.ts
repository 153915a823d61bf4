import { uuid } from './ids.ts';
import { type FixtureImage, makeImage } from './images.ts';
import type { Recipe } from './recipe.ts';

export const REGISTRY = 'registry.corp.example';
const upload = (name: string) => ({ kind: 'upload' as const, name, id: null });

/** Rows of every state, by hand. */
const heads: readonly Recipe[] = [
  {
    registry: REGISTRY,
    repository: 'shop/checkout',
    tags: ['1.4.2', '1.4', '1', 'stable', 'prod', 'canary', '2024-07'],
    base: 'deb11',
    app: ['npm'],
    state: 'partial',
    reason:
      'npm is judged by an excerpt of its advisories of 2020: counts read at least. Give the console a current npm feed under Settings, Database.',
    hosts: ['web-01', 'web-02', 'build-03', 'spot-7f3a'],
    containers: 9,
  },
  {
    registry: REGISTRY,
    repository: 'shop/catalogue',
    tags: ['3.2.0', 'prod'],
    base: 'deb11',
    app: ['pypi'],
    state: 'complete',
    hosts: ['web-01', 'web-02'],
    containers: 4,
  },
  {
    registry: REGISTRY,
    repository: 'platform/ingress/gateway-with-a-rather-long-name',
    tags: ['v2.19.0-rc.4-linux-musl'],
    base: 'deb12',
    app: ['golang'],
    state: 'complete',
    hosts: ['web-01', 'web-02', 'edge-frankfurt-1'],
    containers: 3,
  },
  {
    registry: REGISTRY,
    repository: 'legacy/erp',
    tags: ['prod'],
    base: null,
    app: [],
    state: 'not-assessable',
    reason:
      "Can't read legacy/erp:prod: the registry refused the saved user (401). Change the credentials of corp registry or upload the image.",
    hosts: ['erp-01'],
    containers: 12,
  },
  {
    registry: 'ghcr.io',
    repository: 'partner/etl-runner',
    tags: ['2026.11'],
    base: null,
    app: [],
    state: 'none',
    reason: 'No connection reads ghcr.io, and no agent could read the image on its host.',
    hosts: ['build-03'],
    containers: 1,
  },
  {
    registry: REGISTRY,
    repository: 'data/warehouse-loader',
    tags: ['7'],
    base: null,
    app: [],
    state: 'failed',
    reason:
      'The reader ended 3 times while it read layer 4 of 6. Upload the archive to have it read again, or report the image.',
    hosts: [],
    containers: 0,
  },
  {
    registry: REGISTRY,
    repository: 'search/indexer',
    tags: ['5.0.1', '5.0'],
    base: null,
    app: [],
    state: 'none',
    activity: 'running',
    progress: { layersDone: 3, layersTotal: 8 },
    hosts: ['web-02'],
    containers: 2,
  },
  {
    registry: REGISTRY,
    repository: 'search/query',
    tags: ['5.0.1'],
    base: null,
    app: [],
    state: 'none',
    activity: 'queued',
    hosts: ['web-02'],
    containers: 2,
  },
  {
    registry: null,
    repository: 'acceptance/invoice',
    tags: ['1.0'],
    base: 'apk',
    app: [],
    state: 'complete',
    hosts: [],
    containers: 0,
    source: upload('invoice-1.0.tar'),
  },
  {
    registry: 'docker.io',
    repository: 'library/nginx',
    tags: ['1.21.6-alpine'],
    base: 'apk',
    app: [],
    state: 'complete',
    hosts: ['edge-frankfurt-1'],
    containers: 1,
  },
  {
    registry: null,
    repository: null,
    tags: [],
    base: 'deb12',
    app: [],
    state: 'complete',
    hosts: ['build-03'],
    containers: 0,
    source: { kind: 'host', name: 'build-03', id: uuid(8_002) },
  },
  {
    registry: REGISTRY,
    repository: 'tools/spoof',
    tags: ['1.0\u202egpj.exe', 'zero\u200bwidth'],
    base: 'apk',
    app: [],
    state: 'complete',
    hosts: [],
    containers: 0,
    thin: 4,
  },
  {
    registry: null,
    repository: 'hullcheck-sample/node-app',
    tags: ['old'],
    base: 'deb11',
    app: ['npm'],
    state: 'partial',
    reason: 'npm is judged by an excerpt of its advisories.',
    hosts: [],
    containers: 0,
    source: { kind: 'sample', name: 'node-app', id: null },
    thin: 2,
  },
];

const teams = ['shop', 'search', 'billing', 'data', 'identity', 'mail', 'media', 'platform', 'reports', 'support'];
const parts = [
  'api',
  'worker',
  'web',
  'scheduler',
  'gateway',
  'importer',
  'exporter',
  'cache-warmer',
  'webhooks',
  'admin',
  'notifier',
  'sync',
];
const apps: readonly Recipe['app'][] = [['npm'], ['pypi'], ['golang'], []];
const bases = ['deb12', 'deb11', 'apk', 'deb12'] as const;

/** As many more as asked for: different bases, applications, sizes and places. */
function crowd(count: number): readonly Recipe[] {
  return Array.from({ length: count }, (_, index) => {
    const team = teams[index % teams.length] ?? 'shop';
    const part = parts[Math.floor(index / teams.length) % parts.length] ?? 'api';
    const version = Math.floor(index / (teams.length * parts.length));
    return {
      registry: REGISTRY,
      repository: `${team}/${part}`,
      tags: [`${version + 1}.${index % 20}.0`],
      base: bases[index % bases.length] ?? 'deb12',
      app: apps[index % apps.length] ?? [],
      state: 'complete',
      hosts: index % 4 === 0 ? ['web-01'] : [],
      containers: index % 4 === 0 ? 1 : 0,
      thin: 2 + (index % 9),
    } satisfies Recipe;
  });
}

export function makeImages(count: number, nowMs: number): readonly FixtureImage[] {
  return [...heads, ...crowd(Math.max(0, count - heads.length))]
    .slice(0, count)
    .map((recipe, index) => makeImage(recipe, index + 1, nowMs));
}
