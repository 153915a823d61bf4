import { type Flaws, newerTag, rebuildOn, totalRisk } from '@hullcheck/core';
import type { Queryable } from '../store/database.ts';
import {
  type BaseRow,
  type BaseSuccessor,
  countBuiltOn,
  type FlawRow,
  listBasesOf,
  listFilledLayers,
  listFlaws,
  listSuccessors,
} from '../store/lineage.ts';
import type { ScopeView } from '../store/scope.ts';

/** An image with the bases it was built on. */
export interface ImageLineage {
  /** The nearest first. */
  readonly bases: readonly BaseRow[];
  /** diffIDs of the layers that some base brings. */
  readonly inheritedLayers: readonly string[];
  /** The lowest base that has the layer: where it comes from. Undefined for the image's own. */
  readonly originOf: (layer: string | null) => BaseRow | undefined;
  /** The same for a place in the image: how many layers with files lie below. */
  readonly originAt: (filledBelow: number) => BaseRow | undefined;
}

export async function findLineage(database: Queryable, view: ScopeView, imageId: string): Promise<ImageLineage> {
  const bases = await listBasesOf(database, view, imageId);
  const layers = bases.length === 0 ? [] : await listFilledLayers(database, imageId);
  const inheritedLayers = layers.slice(0, bases[0]?.depth ?? 0);
  const positions = new Map(inheritedLayers.map((layer, index) => [layer, index] as const).reverse());
  const originAt = (filledBelow: number) => bases.findLast(({ depth }) => depth > filledBelow);
  return {
    bases,
    inheritedLayers,
    originAt,
    originOf: (layer) => {
      const position = layer === null ? undefined : positions.get(layer);
      return position === undefined ? undefined : originAt(position);
    },
  };
}

/** The flaws of some layers and of all others, each at its worst. */
export function splitFlaws(
  rows: readonly FlawRow[],
  layers: ReadonlySet<string>,
): { readonly inside: Flaws; readonly outside: Flaws } {
  const inside = new Map<string, number>();
  const outside = new Map<string, number>();
  for (const { displayId, layer, risk } of rows) {
    const flaws = layer !== null && layers.has(layer) ? inside : outside;
    flaws.set(displayId, Math.max(flaws.get(displayId) ?? 0, risk));
  }
  return { inside, outside };
}

/**
 * Which of the images that a base's repositories hold now succeeds it: what its own tag names by now, then a newer version
 * beside it, then what another of its tags names. `latest` comes last: it may be of another major version.
 */
export function chooseSuccessor(base: BaseRow, successors: readonly BaseSuccessor[]): BaseSuccessor | undefined {
  const own = successors.filter(({ baseId, imageId }) => baseId === base.id && imageId !== null);
  const inLabel = own.filter(
    ({ registry, repository }) => registry === base.registry && repository === base.repository,
  );
  const newer = newerTag(
    base.tag,
    inLabel.map(({ tag }) => tag),
  );
  return (
    inLabel.find(({ sameTag, tag }) => sameTag && tag === base.tag) ??
    inLabel.find(({ tag }) => tag === newer) ??
    own.find(({ sameTag, tag }) => sameTag && tag !== 'latest') ??
    own.find(({ sameTag }) => sameTag)
  );
}

const NAMED_MAX = 200;

export interface LineageSummary {
  /** Images built on each base, by its id. */
  readonly builtOn: ReadonlyMap<number, number>;
  readonly inherited: number;
  readonly own: number;
  readonly inheritedShare: number | null;
  readonly update:
    | {
        readonly base: BaseRow;
        readonly successor: BaseSuccessor;
        readonly outcome: BaseUpdateOutcome | null;
      }
    | undefined;
}

export interface BaseUpdateOutcome {
  readonly cleared: readonly string[];
  readonly clearedCount: number;
  readonly added: readonly string[];
  readonly addedCount: number;
  readonly riskBefore: number;
  readonly riskAfter: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
}

/** How much of the image's risk its bases bring, and what a rebuild on the present one would clear. */
export async function summarizeLineage(
  database: Queryable,
  view: ScopeView,
  imageId: string,
  { bases, inheritedLayers }: ImageLineage,
): Promise<LineageSummary> {
  const own = (await listFlaws(database, [imageId])).get(imageId) ?? [];
  const { inside, outside } = splitFlaws(own, new Set(inheritedLayers));
  const onlyInherited = [...inside].filter(([id]) => !outside.has(id)).map(([, risk]) => risk);
  const total = totalRisk([...outside.values()]) + totalRisk(onlyInherited);
  const successors =
    bases.length === 0
      ? []
      : await listSuccessors(
          database,
          view,
          bases.map(({ id }) => id),
        );
  const base = bases.find((one) => chooseSuccessor(one, successors) !== undefined);
  const successor = base === undefined ? undefined : chooseSuccessor(base, successors);
  return {
    builtOn: await countBuiltOn(
      database,
      view,
      bases.map(({ id }) => id),
    ),
    inherited: onlyInherited.length,
    own: outside.size,
    inheritedShare: bases.length === 0 || total === 0 ? null : totalRisk(onlyInherited) / total,
    update:
      base === undefined || successor === undefined
        ? undefined
        : { base, successor, outcome: await outcomeOf(database, own, inheritedLayers.slice(0, base.depth), successor) },
  };
}

async function outcomeOf(
  database: Queryable,
  own: readonly FlawRow[],
  replaced: readonly string[],
  successor: BaseSuccessor,
): Promise<BaseUpdateOutcome | null> {
  if (successor.imageId === null || !successor.assessed) return null;
  const { inside, outside } = splitFlaws(own, new Set(replaced));
  const coming = (await listFlaws(database, [successor.imageId])).get(successor.imageId) ?? [];
  const newBase = splitFlaws(coming, new Set()).outside;
  const { cleared, added, ...risks } = rebuildOn(inside, outside, newBase);
  const worstFirst = (flaws: Flaws) => (a: string, b: string) => (flaws.get(b) ?? 0) - (flaws.get(a) ?? 0);
  return {
    ...risks,
    cleared: cleared.toSorted(worstFirst(inside)).slice(0, NAMED_MAX),
    clearedCount: cleared.length,
    added: added.toSorted(worstFirst(newBase)).slice(0, NAMED_MAX),
    addedCount: added.length,
  };
}
