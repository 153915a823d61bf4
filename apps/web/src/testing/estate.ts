import type { ConnectionRow, ContainerRow, DatabaseStatus, HostRow } from '@hullcheck/contract';
import { type FixtureImage, hex, makeImage, type Recipe, uuid } from './images.ts';

const REGISTRY = 'registry.corp.example';
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
    hosts: ['web-01', 'web-02', 'build-03'],
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

const ago = (nowMs: number, minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

export function makeHosts(nowMs: number): readonly HostRow[] {
  const host = (index: number, name: string, change: Partial<HostRow>): HostRow => ({
    id: uuid(8_000 + index),
    name,
    os: 'Debian GNU/Linux 12 (bookworm)',
    architecture: 'x86_64',
    runtimes: [
      {
        kind: 'docker',
        namespace: null,
        version: '27.3.1',
        address: 'unix:///var/run/docker.sock',
        state: 'readable',
        reason: null,
        remedy: null,
      },
    ],
    images: 214,
    containers: { running: 38, total: 44 },
    risk: 891,
    agent: { id: uuid(8_500 + index), version: '0.1.0', revoked: false },
    lastSeen: ago(nowMs, 0.4),
    stale: false,
    ...change,
  });
  return [
    host(0, 'web-01', {}),
    host(1, 'web-02', { images: 208, containers: { running: 41, total: 41 } }),
    host(2, 'build-03', {
      os: 'Fedora Linux 41 (Server Edition)',
      runtimes: [
        {
          kind: 'podman',
          namespace: null,
          version: '5.2.5',
          address: 'unix:///run/podman/podman.sock',
          state: 'readable',
          reason: null,
          remedy: null,
        },
        {
          kind: 'docker',
          namespace: null,
          version: null,
          address: 'unix:///var/run/docker.sock',
          state: 'forbidden',
          reason: 'The socket belongs to root:docker and the agent runs as hullcheck, which is not in that group.',
          remedy: 'sudo usermod -aG docker hullcheck && sudo systemctl restart hullcheck-agent',
        },
      ],
      images: 96,
      containers: { running: 6, total: 31 },
      risk: 744,
    }),
    host(3, 'edge-frankfurt-1', {
      architecture: 'aarch64',
      images: 12,
      containers: { running: 9, total: 9 },
      risk: 612,
      lastSeen: ago(nowMs, 190),
      stale: true,
    }),
    host(4, 'ip-10-31-204-117.eu-central-1.compute.internal_node_group_erp_blue_0123456789abcdef', {
      os: 'SUSE Linux Enterprise Server 15 SP6',
      runtimes: [
        {
          kind: 'containerd',
          namespace: 'k8s.io',
          version: 'v2.1.4',
          address: 'unix:///run/containerd/containerd.sock',
          state: 'readable',
          reason: null,
          remedy: null,
        },
      ],
      images: 3,
      containers: { running: 12, total: 14 },
      risk: null,
    }),
  ];
}

export function makeContainers(host: HostRow, images: readonly FixtureImage[], nowMs: number): readonly ContainerRow[] {
  return Array.from({ length: host.containers.total }, (_, index) => {
    const image = images[index % Math.max(1, images.length)];
    const running = index < host.containers.running;
    return {
      id: hex(index + 300, 64),
      runtime: 'docker',
      host: { id: host.id, name: host.name },
      name: `${(image?.detail.repository ?? 'job').replace('/', '-')}-${index + 1}`,
      image:
        image === undefined
          ? null
          : { id: image.detail.id, name: image.detail.names[0] ?? 'image', risk: image.detail.risk },
      imageReference: image?.detail.names[0] ?? `sha256:${hex(index, 64)}`,
      pod: host.runtimes.some(({ namespace }) => namespace === 'k8s.io')
        ? { namespace: 'erp', name: `erp-${index + 1}-7c9f4`, owner: 'Deployment/erp', node: host.name }
        : null,
      labels: {},
      state: running ? 'running' : 'exited',
      created: ago(nowMs, 4_000 + index),
      started: ago(nowMs, 3_990 + index * 13),
      finished: running ? null : ago(nowMs, 60),
      advice: image === undefined ? null : adviceOf(image, index),
    };
  });
}

function adviceOf({ detail, findings }: FixtureImage, index: number): ContainerRow['advice'] {
  if (detail.risk === null) return null;
  const fixable = findings.filter(({ fixedIn }) => fixedIn.length > 0);
  const inherited = fixable.filter((finding) => finding.inherited !== null).length;
  const application = fixable.length - inherited;
  const moved = index % 7 === 2;
  return {
    action: moved
      ? 'redeploy'
      : inherited > 0
        ? 'rebuild'
        : application > 0
          ? 'change-code'
          : findings.length > 0
            ? 'wait'
            : 'none',
    tag: moved ? 'moved' : index % 3 === 0 ? 'unknown' : 'current',
    now: moved ? { image: detail.id, risk: 210 } : null,
    base: detail.base,
    baseUpdate: inherited > 0,
    fixable: { inherited, system: 0, application },
  };
}

export function makeConnections(nowMs: number): readonly ConnectionRow[] {
  const base = {
    kind: 'generic' as const,
    apiUrl: null,
    namespaces: [],
    repositoryCredentials: [],
    repositories: [],
    excludeRepositories: [],
    tls: { ca: false, insecureHttp: false, clientCertificate: null },
    allowedAddresses: [],
    tagsMax: 20,
    tags: { include: [], exclude: [] },
    platforms: [],
    everyMinutes: 60,
    attachedSboms: false,
    rateLimit: null,
    createdAt: ago(nowMs, 90_000),
  };
  return [
    {
      ...base,
      id: uuid(9_001),
      name: 'corp registry',
      url: `https://${REGISTRY}`,
      auth: { kind: 'basic', username: 'hullcheck-read' },
      status: {
        status: 'connected',
        partial: null,
        code: 'OK',
        detail: 'Lists 120 repositories and may pull.',
        retryAt: null,
        checkedAt: ago(nowMs, 6),
        okAt: ago(nowMs, 6),
      },
      sync: {
        activity: 'idle',
        at: ago(nowMs, 6),
        next: ago(nowMs, -54),
        repositories: 120,
        images: 1_180,
        error: null,
      },
    },
    {
      ...base,
      id: uuid(9_002),
      kind: 'docker-hub',
      name: 'Docker Hub',
      url: 'https://registry-1.docker.io',
      auth: { kind: 'anonymous', username: null },
      repositories: ['library/nginx', 'library/postgres'],
      status: {
        status: 'rate_limited',
        partial: null,
        code: 'RATE_LIMITED',
        detail: '9 of 100 pulls are left at the registry. Reading goes on at library/postgres.',
        retryAt: ago(nowMs, -42),
        checkedAt: ago(nowMs, 18),
        okAt: ago(nowMs, 400),
      },
      rateLimit: { limit: 100, remaining: 9, windowSeconds: 21_600, at: ago(nowMs, 18) },
      sync: {
        activity: 'idle',
        at: ago(nowMs, 18),
        next: ago(nowMs, -42),
        repositories: 2,
        images: 7,
        error: '9 of 100 pulls are left at the registry. Reading goes on at library/postgres.',
      },
    },
    {
      ...base,
      id: uuid(9_003),
      // One word longer than a small screen, as names of machines are.
      name: 'registry_of_the_company_that_was_acquired_in_the_spring',
      kind: 'harbor',
      url: 'https://harbor.acquired.example',
      namespaces: ['erp'],
      repositoryCredentials: [{ pattern: 'erp/legacy-*', auth: { kind: 'basic', username: 'robot$erp+reader' } }],
      auth: { kind: 'basic', username: 'svc' },
      status: {
        status: 'authorization_failed',
        partial: null,
        code: 'CREDENTIALS_REFUSED',
        detail: 'harbor.acquired.example refused the saved user (401).',
        retryAt: null,
        checkedAt: ago(nowMs, 33),
        okAt: ago(nowMs, 9_000),
      },
      sync: {
        activity: 'idle',
        at: ago(nowMs, 9_000),
        next: ago(nowMs, -27),
        repositories: 31,
        images: 64,
        error: 'the registry refused the saved user (401) at repository 14 of 31',
      },
    },
    {
      ...base,
      id: uuid(9_004),
      name: 'partner registry',
      url: 'https://registry.partner.example:5000',
      auth: { kind: 'anonymous', username: null },
      tls: { ...base.tls, clientCertificate: { subject: 'console.corp.example', endsAt: ago(nowMs, -12.5 * 1_440) } },
      status: {
        status: 'connected',
        partial: null,
        code: 'OK',
        detail: 'Repositories can be listed and pulled.',
        retryAt: null,
        checkedAt: ago(nowMs, 11),
        okAt: ago(nowMs, 11),
      },
      sync: { activity: 'idle', at: ago(nowMs, 11), next: ago(nowMs, -49), repositories: 4, images: 9, error: null },
    },
    {
      ...base,
      id: uuid(9_005),
      name: 'supplier registry',
      url: 'https://images.supplier.example',
      auth: { kind: 'token', username: null },
      tls: { ...base.tls, ca: true, clientCertificate: { subject: 'hullcheck', endsAt: ago(nowMs, 4 * 1_440) } },
      status: {
        status: 'ssl_handshake',
        partial: null,
        code: 'TLS',
        detail: `images.supplier.example: TLS with the registry failed (ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE). The client certificate ended on ${ago(nowMs, 4 * 1_440).slice(0, 10)}.`,
        retryAt: null,
        checkedAt: ago(nowMs, 52),
        okAt: ago(nowMs, 4 * 1_440),
      },
      sync: {
        activity: 'idle',
        at: ago(nowMs, 4 * 1_440),
        next: ago(nowMs, -8),
        repositories: 12,
        images: 30,
        error: null,
      },
    },
  ];
}

export function makeDatabase(nowMs: number, starter: boolean): DatabaseStatus {
  const feed = (
    id: string,
    records: number,
    ecosystems: readonly string[],
    change: Partial<DatabaseStatus['feeds'][number]> = {},
  ): DatabaseStatus['feeds'][number] => ({
    id,
    state: starter ? 'starter' : 'current',
    updatedAt: ago(nowMs, starter ? 60_000 : 700),
    fetchedAt: starter ? null : ago(nowMs, 55),
    records,
    extent: 'whole',
    ecosystems: [...ecosystems],
    progress: null,
    error: null,
    ...change,
  });
  return {
    revision: hex(4, 16),
    builtAt: ago(nowMs, starter ? 60_000 : 50),
    starter,
    activity: starter ? 'idle' : 'refreshing',
    offline: starter,
    feeds: [
      feed('debian-tracker', 41_872, ['Debian:10', 'Debian:11', 'Debian:12', 'Debian:13']),
      feed('alpine-secdb', 18_204, ['Alpine:v3.6', 'Alpine:v3.15', 'Alpine:v3.20']),
      feed('pypa', 5_911, ['PyPI'], starter ? {} : { state: 'refreshing', progress: 0.62 }),
      feed(
        'govulndb',
        2_260,
        ['Go'],
        starter
          ? {}
          : {
              state: 'failed',
              error: 'vuln.go.dev answered 503 three times; the data of yesterday stays in use. Next try in 14 min.',
            },
      ),
      feed('nodejs', 812, ['npm'], { extent: 'excerpt', updatedAt: '2020-11-02T00:00:00Z' }),
      feed('kev', 1_389, ['all']),
      feed('epss', 291_407, ['all']),
    ],
  };
}
