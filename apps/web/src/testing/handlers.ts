import type {
  CallOutput,
  ConnectionRow,
  HostRow,
  ImageDetail,
  ImageRow,
  Overview,
  Places,
  RouteId,
  RouteOf,
  Session,
} from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import type { z } from 'zod';
import { adviceOf } from './advice.ts';
import { makeConnections, makeContainers, makeDatabase, makeHosts, makeImages } from './estate.ts';
import { type FixtureImage, hex, makeImage, supportOf, uuid } from './images.ts';
import { makeLeverage, vulnerabilitiesOf } from './ranking.ts';
import { changedOf, savedOf, tried, tryConnection } from './trials.ts';

export interface Scenario {
  readonly images: number;
  readonly nowMs: number;
  readonly setup?: boolean;
  readonly role?: 'viewer' | 'operator' | 'admin';
  /** Nothing but the person: no hosts, connections, feeds yet. */
  readonly empty?: boolean;
  /** Clouds whose identity of the machine the operator allows. */
  readonly machineIdentity?: Session['machineIdentity'];
  readonly delayMs?: number;
  readonly failing?: readonly RouteId[];
}

type Parsed<R, K extends string> = K extends keyof R
  ? R[K] extends z.ZodType
    ? z.output<R[K]>
    : undefined
  : Record<string, never>;
interface Input<I extends RouteId> {
  readonly params: Parsed<RouteOf<I>, 'params'>;
  readonly query: Parsed<RouteOf<I>, 'query'>;
  readonly body: Parsed<RouteOf<I>, 'body'>;
  readonly bytes: number;
  readonly signedIn: boolean;
}
export type Handlers = { readonly [I in RouteId]?: (input: Input<I>) => CallOutput<I> | Promise<CallOutput<I>> };

export const PASSWORD = 'correct horse battery';
export const EMAIL = 'ada@corp.example';
export const SETUP_TOKEN = 'one-time-token-of-the-fixture';

function pageOf<T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
) {
  const from = cursor === undefined ? 0 : Number(cursor);
  const to = from + limit;
  return {
    items: all.slice(from, to),
    next: to < all.length ? String(to) : null,
    total: { value: all.length, exact: true },
  };
}

/** The routes over one estate in memory. Changes made by pages stay, and move `overview.revision`. */
export function createHandlers(scenario: Scenario): Handlers {
  const { nowMs } = scenario;
  let images: readonly FixtureImage[] = makeImages(scenario.images, nowMs);
  let connections: readonly ConnectionRow[] = scenario.empty === true ? [] : makeConnections(nowMs);
  const hosts: readonly HostRow[] = scenario.empty === true ? [] : makeHosts(nowMs);
  const containersOf = new Map(
    hosts.map((host, index) => [host.id, makeContainers(host, images.slice(index, index + 9), nowMs)]),
  );
  let tokens: CallOutput<'tokens.list'>['items'] =
    scenario.empty === true
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
        ];
  let setup = scenario.setup ?? false;
  let revision = 1;

  function at(minutes: number): string {
    return new Date(nowMs + minutes * 60_000).toISOString();
  }
  const user = { id: uuid(1), email: EMAIL, role: scenario.role ?? 'admin' };
  const session = (signedIn: boolean): Session => ({
    user: signedIn ? user : null,
    setup,
    version: '0.1.0',
    machineIdentity: scenario.machineIdentity ?? [],
  });
  const load = (id: string): FixtureImage => {
    const image = images.find(({ detail }) => detail.id === id);
    if (image === undefined) throw new Fault('not-found', 'there is no such image');
    return image;
  };
  const loadHost = (id: string): HostRow => {
    const host = hosts.find((one) => one.id === id);
    if (host === undefined) throw new Fault('not-found', 'there is no such host');
    return host;
  };
  const loadConnection = (id: string): ConnectionRow => {
    const connection = connections.find((one) => one.id === id);
    if (connection === undefined) throw new Fault('not-found', 'there is no such connection');
    return connection;
  };
  const change = (id: string, assessment: Partial<ImageRow['assessment']>): ImageDetail => {
    const old = load(id);
    const detail = { ...old.detail, assessment: { ...old.detail.assessment, ...assessment } };
    images = images.map((image) => (image.detail.id === id ? { ...old, detail } : image));
    revision += 1;
    return detail;
  };
  const placesOf = (throughOf: (image: FixtureImage) => readonly string[], limit: number): Places => {
    const affected = images.filter((image) => throughOf(image).length > 0);
    const ids = new Set(affected.map(({ detail }) => detail.id));
    const containers = [...containersOf.values()].flat().filter(({ image }) => image !== null && ids.has(image.id));
    return {
      images: affected.slice(0, limit).map((image) => ({
        id: image.detail.id,
        name: image.detail.names[0] ?? image.detail.digest ?? '',
        digest: image.detail.digest,
        risk: image.detail.risk,
        through: [...new Set(throughOf(image))].slice(0, 20),
        running: image.detail.containers,
      })),
      repositories: [
        ...new Map(
          affected.flatMap(({ detail }) =>
            detail.repository === null
              ? []
              : [
                  [
                    `${detail.registry}/${detail.repository}`,
                    { registry: detail.registry ?? '', repository: detail.repository },
                  ] as const,
                ],
          ),
        ).values(),
      ],
      hosts: hosts
        .filter((host) => containers.some((container) => container.host.id === host.id))
        .map(({ id, name }) => ({ id, name })),
      containers: containers.map(({ id, name, host, state }) => ({ id, name, host: host.id, state })),
      totals: {
        images: affected.length,
        running: affected.reduce((sum, { detail }) => sum + detail.containers, 0),
      },
    };
  };
  const overview = (): Overview => {
    const count = (...states: ImageRow['assessment']['state'][]): number =>
      images.filter(({ detail }) => states.includes(detail.assessment.state)).length;
    const running = images.filter(({ detail }) => detail.assessment.activity === 'running');
    const step = (done: number) => ({ done: done > 0, count: done, detail: null });
    return {
      images: {
        total: images.length,
        assessed: count('complete', 'partial'),
        partial: count('partial'),
        notAssessable: count('not-assessable'),
        unassessed: count('none', 'failed'),
        failed: count('failed'),
      },
      repositories: new Set(images.map(({ detail }) => detail.repository)).size,
      hosts: hosts.length,
      containers: {
        running: hosts.reduce((sum, host) => sum + host.containers.running, 0),
        total: hosts.reduce((sum, host) => sum + host.containers.total, 0),
      },
      steps: {
        agent: step(hosts.length),
        images: step(images.length),
        assessed: step(count('complete', 'partial')),
        connection: step(connections.length),
      },
      running: running.map(({ detail }) => ({
        job: detail.id,
        what: `Assess ${detail.names[0] ?? 'an image'}`,
        since: at(-1),
        layersDone: detail.assessment.progress?.layersDone ?? null,
        layersTotal: detail.assessment.progress?.layersTotal ?? null,
      })),
      queued: images.filter(({ detail }) => detail.assessment.activity === 'queued').length,
      revision: String(revision),
      notices:
        scenario.empty === true
          ? [
              {
                kind: 'runtime',
                message:
                  'Docker runs on this host, but its socket belongs to root:docker and you are not in that group.',
                remedy: 'sudo usermod -aG docker $USER && newgrp docker',
              },
            ]
          : [],
    };
  };

  return {
    'session.get': ({ signedIn }) => session(signedIn),
    'session.create': ({ body }) => {
      if (body.email !== EMAIL || body.password !== PASSWORD)
        throw new Fault('unauthenticated', 'the e-mail address or the password is not right');
      return session(true);
    },
    'session.delete': () => undefined,
    'setup.create': ({ body }) => {
      if (body.token !== SETUP_TOKEN) throw new Fault('unauthenticated', 'the link is no longer good');
      setup = false;
      return session(true);
    },
    'overview.get': overview,
    'samples.create': () => {
      images = [...images, ...makeImages(13, nowMs).slice(12)];
      revision += 1;
      return { images: images.slice(-1).map(({ detail }) => detail.id) };
    },
    'uploads.create': ({ query, bytes }) => {
      if (bytes < 100)
        throw new Fault('truncated', `${query.name} ends before its manifest`, {
          place: query.name,
          hint: 'Save the image again with docker save and compare the sizes.',
        });
      revision += 1;
      if (query.image !== undefined)
        return {
          id: uuid(revision),
          images: [{ id: change(query.image, { activity: 'queued', reason: null }).id, assessment: null }],
        };
      const image = makeImage(
        {
          registry: null,
          repository: 'uploaded/app',
          tags: ['1'],
          base: null,
          app: [],
          state: 'none',
          activity: 'queued',
          hosts: [],
          containers: 0,
          source: { kind: 'upload', name: query.name, id: null },
        },
        40_000 + revision,
        nowMs,
      );
      images = [...images, image];
      return { id: uuid(revision), images: [{ id: image.detail.id, assessment: null }] };
    },
    'images.list': ({ query }) => pageOf(listed(images, query), query),
    'bases.list': () => ({
      items: [...Map.groupBy(images, ({ detail }) => detail.base?.image ?? '')].flatMap(([image, built]) => {
        const base = built[0]?.detail.base;
        if (image === '' || base == null) return [];
        const running = built.reduce((sum, { detail }) => sum + detail.containers, 0);
        return [{ image, name: base.name, images: built.length, running, risk: 640 }];
      }),
    }),
    'images.get': ({ params }) => load(params.id).detail,
    'images.findings': ({ params, query }) => pageOf(ofOrigin(load(params.id).findings, query.inherited), query),
    'images.packages': ({ params, query }) => pageOf(ofOrigin(load(params.id).packages, query.inherited), query),
    'images.advice': ({ params }) => adviceOf(load(params.id)),
    'images.support': ({ params }) => ({ items: supportOf(load(params.id)) }),
    'images.layers': ({ params }) => ({ items: [...load(params.id).layers] }),
    'images.hosts': ({ params, query }) => {
      const { detail } = load(params.id);
      const found = hosts.filter((host) =>
        detail.sources.some((source) => source.kind === 'host' && source.name === host.name),
      );
      return pageOf(
        found.map((host) => ({
          id: host.id,
          name: host.name,
          lastSeen: host.lastSeen,
          stale: host.stale,
          containers: (containersOf.get(host.id) ?? [])
            .filter(({ image }) => image?.id === detail.id)
            .map(({ id, name, state, started, advice }) => ({
              id,
              name,
              state,
              started,
              action: advice?.action ?? null,
            })),
        })),
        query,
      );
    },
    'trend.get': ({ query }) => ({
      points: [90, 61, 40, 33, 12, 3].map((days, index) => ({
        date: at(-1440 * days).slice(0, 10),
        images: query.image === undefined ? 40 + index : 1,
        risk: query.image === undefined ? null : 700 + index * 20,
        riskTotal: 40_000 + index * 3_000,
        critical: [4, 9, 9, 14, 6, 7][index] ?? 0,
        severe: [31, 44, 40, 42, 38, 35][index] ?? 0,
        moderate: [60, 71, 76, 80, 77, 70][index] ?? 0,
        total: 95 + index * 10,
      })),
    }),
    'images.history': ({ params, query }) =>
      pageOf(
        load(params.id)
          .findings.slice(0, 3)
          .map((finding, index) => ({
            at: at(-1440 * (index + 1)),
            event: (['changed', 'appeared', 'changed'] as const)[index] ?? 'appeared',
            cause: (['kev-listed', 'advisory-new', 'fix-released'] as const)[index] ?? 'advisory-new',
            risk: { before: index === 1 ? null : Math.max(0, finding.risk - 80), after: finding.risk },
            changes:
              index === 0
                ? [{ field: 'kev', before: false, after: true }]
                : index === 2
                  ? [{ field: 'fixedIn', before: [], after: [...finding.fixedIn] }]
                  : [],
            revision: 'r1',
            vulnerability: finding.id,
            package: finding.package,
          })),
        query,
      ),
    'images.report': ({ params }) => ({ schemaVersion: 1, findings: load(params.id).findings }),
    'images.assess': ({ params }) => {
      const detail = change(params.id, {
        activity: 'running',
        progress: { layersDone: 1, layersTotal: 6 },
        reason: null,
      });
      return { id: detail.id, assessment: detail.assessment };
    },
    'images.cancel': ({ params }) => {
      const detail = change(params.id, {
        activity: 'idle',
        progress: null,
        reason: `Cancelled by ${EMAIL}. Assess it when it is wanted.`,
      });
      return { id: detail.id, assessment: detail.assessment };
    },
    'vulnerabilities.affected': ({ params, query }) => {
      const { images: affected, ...places } = placesOf(
        ({ findings }) => findings.filter(({ id }) => id === params.id).map((finding) => finding.package.purl),
        query.limit,
      );
      return {
        ...places,
        id: params.id,
        images: affected.map(({ through, ...image }) => ({ ...image, packages: through })),
      };
    },
    'vulnerabilities.list': ({ query }) => pageOf(vulnerabilitiesOf(images, query), query),
    'where.get': ({ query }) => {
      const wanted = query.package ?? query.purl ?? query.layer ?? query.file ?? '';
      const places = placesOf(
        ({ packages, layers }) =>
          query.layer !== undefined
            ? layers.flatMap(({ diffId }) => (diffId === wanted ? [wanted] : []))
            : query.file !== undefined
              ? packages.flatMap(({ paths }) => paths.filter((path) => path === wanted))
              : packages.filter(({ name, purl }) => name === wanted || purl.startsWith(wanted)).map(({ purl }) => purl),
        query.limit,
      );
      return {
        ...places,
        versions: wanted === 'libssl1.1' ? ['1.1.1k-1+deb11u1'] : [],
        undetermined: query.version === undefined ? 0 : 1,
      };
    },
    'packages.names': ({ query }) => ({
      items: [
        ...new Set(images.slice(0, 5).flatMap(({ packages }) => packages.map(({ type, name }) => `${type} ${name}`))),
      ]
        .map((text) => ({ type: text.split(' ')[0] ?? '', name: text.split(' ')[1] ?? '' }))
        .filter(({ name }) => name.startsWith(query.q))
        .slice(0, query.limit),
    }),
    'leverage.list': () => ({
      computedAt: scenario.empty === true ? null : at(-1),
      items: scenario.empty === true ? [] : makeLeverage(images),
    }),
    'vulnerabilities.history': () => ({
      items: [
        {
          at: at(-1440),
          event: 'appeared',
          cause: 'advisory-new',
          risk: { before: null, after: 500 },
          changes: [],
          revision: 'r1',
          packages: ['openssl'],
          subjects: 2,
        },
      ],
    }),
    'hosts.list': ({ query }) => pageOf(hosts, query),
    'hosts.get': ({ params }) => loadHost(params.id),
    'hosts.containers': ({ params, query }) => pageOf(containersOf.get(loadHost(params.id).id) ?? [], query),
    'hosts.images': ({ params, query }) => {
      const { name } = loadHost(params.id);
      return pageOf(
        listed(images, { sort: '-risk' }).filter((row) =>
          row.sources.some((source) => source.kind === 'host' && source.name === name),
        ),
        query,
      );
    },
    'agents.list': ({ query }) =>
      pageOf(
        hosts.map((host) => ({
          id: host.agent?.id ?? uuid(3),
          name: host.name,
          host: host.id,
          version: '0.1.0',
          enrolledAt: at(-90 * 1440),
          lastSeen: host.lastSeen,
          revokedAt: null,
          differing: 0,
        })),
        query,
      ),
    'agents.revoke': () => undefined,
    'agents.enrollments': () => ({
      token: `hce_${hex(11, 43)}`,
      expiresAt: at(60),
      command:
        'hullcheck agent --server https://hullcheck.corp.example:8480 --pin sha256:4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812',
      install:
        "curl -fsSk --pinnedpubkey sha256//Yf0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a59= -o hullcheck-install.sh https://hullcheck.corp.example:8480/agent/install.sh && echo '4c1f0b6d1c2e9a7f55d0c3b84e6a91f0b2d7c8e3f4a5968712d3c4b5a6978812  hullcheck-install.sh' | sha256sum -c - && sudo sh hullcheck-install.sh",
    }),
    'connections.list': ({ query }) => pageOf(connections, query),
    'connections.test': ({ body }) => tryConnection(body),
    'connections.create': ({ body }) => {
      if (connections.some(({ name }) => name === body.name))
        throw new Fault('conflict', `a connection named ${body.name} exists`, { hint: 'Choose another name.' });
      revision += 1;
      const connection: ConnectionRow = {
        ...savedOf(body),
        id: uuid(9_100 + revision),
        status: { ...tried, checkedAt: at(0), okAt: at(0) },
        rateLimit: null,
        sync: { activity: 'running', at: null, next: null, repositories: 0, images: 0, error: null },
        createdAt: at(0),
      };
      connections = [...connections, connection];
      return connection;
    },
    'connections.get': ({ params }) => loadConnection(params.id),
    'connections.update': ({ params, body }) => {
      const old = loadConnection(params.id);
      const changed: ConnectionRow = {
        ...old,
        ...changedOf(old, body),
      };
      connections = connections.map((one) => (one.id === params.id ? changed : one));
      return changed;
    },
    'connections.delete': ({ params }) => {
      loadConnection(params.id);
      connections = connections.filter(({ id }) => id !== params.id);
      revision += 1;
      return undefined;
    },
    'connections.sync': ({ params }) => {
      const old = loadConnection(params.id);
      const changed: ConnectionRow = { ...old, sync: { ...old.sync, activity: 'running' } };
      connections = connections.map((one) => (one.id === params.id ? changed : one));
      return changed;
    },
    'repositories.list': ({ query }) => {
      if (connections.length === 0) return pageOf([], query);
      const rows = new Map<string, CallOutput<'repositories.list'>['items'][number]>();
      for (const { detail } of images) {
        if (detail.repository === null || detail.registry === null || !detail.repository.includes(query.q ?? ''))
          continue;
        const old = rows.get(detail.repository);
        const kind = detail.registry === 'docker.io' ? 'docker-hub' : 'generic';
        if (query.kind !== undefined && query.kind !== kind) continue;
        rows.set(detail.repository, {
          id: old?.id ?? uuid(12_000 + rows.size),
          description: detail.repository === 'shop/checkout' ? 'Takes orders and payments' : null,
          kind,
          error: null,
          newestBy: 'pushed',
          newestReason: null,
          readAt: at(6),
          goneAt: null,
          registry: detail.registry,
          repository: detail.repository,
          connection: { id: uuid(9_001), name: 'corp registry' },
          tags: (old?.tags ?? 0) + detail.tags.length,
          images: (old?.images ?? 0) + 1,
          risk: detail.risk === null ? (old?.risk ?? null) : Math.max(old?.risk ?? 0, detail.risk),
        });
      }
      return pageOf(
        [...rows.values()].sort((a, b) => (b.risk ?? 1001) - (a.risk ?? 1001)),
        query,
      );
    },
    'repositories.tags': ({ params, query }) =>
      pageOf(
        ['1.4.2', '1.4.1', '1.3.9'].map((name, index) => ({
          name,
          digest: `sha256:${String(index).repeat(64)}`,
          image:
            index === 2 || params.id === ''
              ? null
              : { id: images[index]?.detail.id ?? uuid(1), risk: images[index]?.detail.risk ?? null },
          error: null,
          seenAt: at(6 + index),
          goneAt: index === 2 ? at(3_000) : null,
        })),
        query,
      ),
    'database.get': () => makeDatabase(nowMs, scenario.empty === true),
    'database.refresh': () => makeDatabase(nowMs, false),
    'jobs.list': ({ query }) =>
      pageOf(
        images.slice(0, 8).map(({ detail }, index) => ({
          id: String(index + 1),
          kind: 'assess-image',
          what: detail.names[0] ?? 'an image',
          state:
            detail.assessment.state === 'failed'
              ? ('failed' as const)
              : detail.assessment.activity === 'idle'
                ? ('done' as const)
                : detail.assessment.activity,
          attempts: detail.assessment.state === 'failed' ? 3 : 1,
          queuedAt: at(-index * 3),
          startedAt: at(-index * 3),
          finishedAt: null,
          reason: detail.assessment.state === 'failed' ? detail.assessment.reason : null,
        })),
        query,
      ),
    'tokens.list': ({ query }) => pageOf(tokens, query),
    'tokens.create': ({ body }) => {
      const row = {
        id: uuid(7_100 + tokens.length),
        name: body.name,
        role: body.role,
        createdAt: at(0),
        expiresAt: body.expiresInDays === null ? null : at(body.expiresInDays * 1440),
        lastUsedAt: null,
      };
      tokens = [...tokens, row];
      return { ...row, token: `hct_${hex(tokens.length, 43)}` };
    },
    'tokens.delete': ({ params }) => {
      tokens = tokens.filter(({ id }) => id !== params.id);
      return undefined;
    },
    'audit.list': ({ query }) =>
      pageOf(
        [
          { at: at(-2), actor: EMAIL, action: 'session.create', target: null, outcome: 'ok', address: '10.20.0.14' },
          {
            at: at(-31),
            actor: 'GitHub Actions of shop',
            action: 'uploads.create',
            target: 'checkout-1.4.2.tar',
            outcome: 'ok',
            address: '140.82.112.3',
          },
          {
            at: at(-340),
            actor: 'mallory@corp.example',
            action: 'session.create',
            target: null,
            outcome: 'refused',
            address: '10.20.3.99',
          },
        ],
        query,
      ),
  };
}

interface Query {
  readonly sort: string;
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  readonly running?: string | undefined;
  readonly os?: string | undefined;
  readonly repository?: string | undefined;
  readonly host?: string | undefined;
  readonly connection?: string | undefined;
  readonly base?: string | undefined;
}

function ofOrigin<T extends { readonly inherited: unknown }>(
  rows: readonly T[],
  inherited: 'true' | 'false' | undefined,
): readonly T[] {
  return rows.filter((row) => inherited === undefined || (row.inherited !== null) === (inherited === 'true'));
}

function listed(images: readonly FixtureImage[], query: Query): readonly ImageRow[] {
  const q = query.q?.toLowerCase();
  const rows = images
    .filter(
      ({ detail, findings }) =>
        (query.state === undefined || detail.assessment.state === query.state) &&
        (query.running === undefined || detail.containers > 0 === (query.running === 'true')) &&
        (query.os === undefined || detail.os?.id === query.os) &&
        (query.base === undefined || detail.base?.image === query.base) &&
        (query.repository === undefined || detail.repository === query.repository) &&
        (query.host === undefined || detail.sources.some(({ id }) => id === query.host)) &&
        (query.connection === undefined || detail.sources.some(({ id }) => id === query.connection)) &&
        (q === undefined ||
          [...detail.names, detail.digest ?? '', detail.repository ?? ''].some((text) => text.includes(q)) ||
          findings.some(({ id }) => id.toLowerCase() === q)),
    )
    .map(({ detail }) => detail);
  // Unknown stands above zero and below what is known to be dangerous.
  const rank = (row: ImageRow): number => row.risk ?? 0.5;
  return rows.sort((a, b) => {
    if (query.sort === 'repository') return (a.repository ?? '') < (b.repository ?? '') ? -1 : 1;
    if (query.sort === '-size') return (b.size ?? 0) - (a.size ?? 0);
    if (query.sort === '-hosts') return b.hosts - a.hosts;
    if (query.sort === 'risk') return rank(a) - rank(b);
    return rank(b) - rank(a);
  });
}
