import type { Memory } from '../memory.ts';
import { pageOf } from './lists.ts';
import { placesOf } from './places.ts';
import { makeLeverage, vulnerabilitiesOf } from './ranking.ts';
import type { Handlers } from './types.ts';

export function vulnerabilityRoutes(memory: Memory): Handlers {
  return {
    'vulnerabilities.affected': ({ params, query }) => {
      const { images: affected, ...places } = placesOf(
        memory,
        ({ findings }) => findings.filter(({ id }) => id === params.id).map((finding) => finding.package.purl),
        query.limit,
      );
      return {
        ...places,
        id: params.id,
        images: affected.map(({ through, ...image }) => ({ ...image, packages: through })),
      };
    },
    'vulnerabilities.list': ({ query }) => pageOf(vulnerabilitiesOf(memory.images, query), query),
    'where.get': ({ query }) => {
      const wanted = query.package ?? query.purl ?? query.layer ?? query.file ?? '';
      const places = placesOf(
        memory,
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
        ...new Set(
          memory.images.slice(0, 5).flatMap(({ packages }) => packages.map(({ type, name }) => `${type} ${name}`)),
        ),
      ]
        .map((text) => ({ type: text.split(' ')[0] ?? '', name: text.split(' ')[1] ?? '' }))
        .filter(({ name }) => name.startsWith(query.q))
        .slice(0, query.limit),
    }),
    'leverage.list': () => ({
      computedAt: memory.scenario.empty === true ? null : memory.at(-1),
      items: memory.scenario.empty === true ? [] : makeLeverage(memory.images),
    }),
    'vulnerabilities.history': () => ({
      items: [
        {
          at: memory.at(-1440),
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
  };
}
