import type { BaseRef, Lineage } from '@hullcheck/contract';
import type { BaseRow } from '../../store/lineage.ts';
import type { ImageLineage, LineageSummary } from '../../usecases/lineage.ts';
import { toInstant } from './image-rows.ts';

export const toBaseRef = (base: BaseRow | undefined): BaseRef | null =>
  base === undefined ? null : { image: base.present ? base.imageId : null, name: base.name };

export function toLineage({ bases }: ImageLineage, { update, builtOn, ...summary }: LineageSummary): Lineage {
  return {
    ...summary,
    bases: bases.map((base) => ({
      image: base.present ? base.imageId : null,
      name: base.name,
      names: [...base.names],
      layers: base.depth,
      images: builtOn.get(base.id) ?? 0,
    })),
    update:
      update === undefined
        ? null
        : {
            base: { image: update.base.present ? update.base.imageId : null, name: update.base.name },
            successor: {
              image: update.successor.imageId,
              name: `${update.successor.registry}/${update.successor.repository}:${update.successor.tag}`,
              sameTag: update.successor.sameTag,
              built: toInstant(update.successor.builtAt),
            },
            outcome:
              update.outcome === null
                ? null
                : { ...update.outcome, cleared: [...update.outcome.cleared], added: [...update.outcome.added] },
          },
  };
}
