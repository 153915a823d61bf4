import { Fault } from '@hullcheck/core';
import { uuid } from '../estate/ids.ts';
import { makeImage } from '../estate/images.ts';
import { supportOf } from '../estate/packages.ts';
import type { Memory } from '../memory.ts';
import { EMAIL } from '../scenario.ts';
import { adviceOf } from './advice.ts';
import { listed, ofOrigin, pageOf } from './lists.ts';
import type { Handlers } from './types.ts';

export function imageRoutes(memory: Memory): Handlers {
  return {
    'uploads.create': ({ query, bytes }) => {
      if (bytes < 100)
        throw new Fault('truncated', `${query.name} ends before its manifest`, {
          place: query.name,
          hint: 'Save the image again with docker save and compare the sizes.',
        });
      memory.revision += 1;
      if (query.image !== undefined)
        return {
          id: uuid(memory.revision),
          images: [{ id: memory.changeImage(query.image, { activity: 'queued', reason: null }).id, assessment: null }],
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
        40_000 + memory.revision,
        memory.scenario.nowMs,
      );
      memory.images = [...memory.images, image];
      return { id: uuid(memory.revision), images: [{ id: image.detail.id, assessment: null }] };
    },
    'images.list': ({ query }) => pageOf(listed(memory.images, query), query),
    'bases.list': () => ({
      items: [...Map.groupBy(memory.images, ({ detail }) => detail.base?.image ?? '')].flatMap(([image, built]) => {
        const base = built[0]?.detail.base;
        if (image === '' || base == null) return [];
        const running = built.reduce((sum, { detail }) => sum + detail.containers, 0);
        return [{ image, name: base.name, images: built.length, running, risk: 640 }];
      }),
    }),
    'images.get': ({ params }) => memory.loadImage(params.id).detail,
    'images.findings': ({ params, query }) =>
      pageOf(ofOrigin(memory.loadImage(params.id).findings, query.inherited), query),
    'images.packages': ({ params, query }) =>
      pageOf(ofOrigin(memory.loadImage(params.id).packages, query.inherited), query),
    'images.advice': ({ params }) => adviceOf(memory.loadImage(params.id)),
    'images.support': ({ params }) => ({ items: supportOf(memory.loadImage(params.id)) }),
    'images.layers': ({ params }) => ({ items: [...memory.loadImage(params.id).layers] }),
    'images.hosts': ({ params, query }) => {
      const { detail } = memory.loadImage(params.id);
      const found = memory.hosts.filter((host) =>
        detail.sources.some((source) => source.kind === 'host' && source.name === host.name),
      );
      return pageOf(
        found.map((host) => ({
          id: host.id,
          name: host.name,
          lastSeen: host.lastSeen,
          stale: host.stale,
          state: host.state,
          containers: (memory.containersOf.get(host.id) ?? [])
            .filter(({ image, ended }) => ended === null && image?.id === detail.id)
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
    'images.history': ({ params, query }) =>
      pageOf(
        memory
          .loadImage(params.id)
          .findings.slice(0, 3)
          .map((finding, index) => ({
            at: memory.at(-1440 * (index + 1)),
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
    'images.report': ({ params }) => ({ schemaVersion: 1, findings: memory.loadImage(params.id).findings }),
    'images.assess': ({ params }) => {
      const detail = memory.changeImage(params.id, {
        activity: 'running',
        progress: { layersDone: 1, layersTotal: 6 },
        reason: null,
      });
      return { id: detail.id, assessment: detail.assessment };
    },
    'images.cancel': ({ params }) => {
      const detail = memory.changeImage(params.id, {
        activity: 'idle',
        progress: null,
        reason: `Cancelled by ${EMAIL}. Assess it when it is wanted.`,
      });
      return { id: detail.id, assessment: detail.assessment };
    },
  };
}
