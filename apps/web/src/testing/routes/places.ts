import type { Places } from '@hullcheck/contract';
import type { FixtureImage } from '../estate/images.ts';
import type { Memory } from '../memory.ts';

/** Where the images are that have something. */
export function placesOf(memory: Memory, throughOf: (image: FixtureImage) => readonly string[], limit: number): Places {
  const affected = memory.images.filter((image) => throughOf(image).length > 0);
  const ids = new Set(affected.map(({ detail }) => detail.id));
  const containers = [...memory.containersOf.values()]
    .flat()
    .filter(({ image, ended }) => ended === null && image !== null && ids.has(image.id));
  return {
    images: affected.slice(0, limit).map((image) => ({
      id: image.detail.id,
      name: image.detail.names[0] ?? image.detail.digest ?? '',
      digest: image.detail.digest,
      risk: image.detail.risk,
      readBy: image.detail.assessment.readBy,
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
    hosts: memory.hosts
      .filter(({ id }) => memory.containersOf.get(id)?.some(({ image }) => image !== null && ids.has(image.id)))
      .map(({ id, name, state }) => ({ id, name, state })),
    containers: containers.map(({ id, name, host, state }) => ({ id, name, host: host.id, state })),
    totals: {
      images: affected.length,
      running: affected.reduce((sum, { detail }) => sum + detail.containers, 0),
    },
  };
}
