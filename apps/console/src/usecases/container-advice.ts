import { type Advice, adviseContainer, SYSTEM_PACKAGE_TYPES, type TagState } from '@hullcheck/core';
import { parseReference } from '@hullcheck/registry';
import {
  type AdvisedImage,
  countFixable,
  type Fixable,
  listAdvisedImages,
  listTagsNow,
  type StartedBy,
} from '../store/container-advice.ts';
import type { Queryable } from '../store/database.ts';
import { listSuccessors } from '../store/lineage.ts';
import type { ScopeView } from '../store/scope.ts';

export interface ContainerAdvice {
  readonly action: Advice;
  readonly tag: TagState;
  /** What the tag names by now; null where that is what runs, or not known. */
  readonly now: { readonly image: string; readonly risk: number | null } | null;
  readonly base: { readonly image: string | null; readonly name: string } | null;
  /** A newer image of the base is known. */
  readonly baseUpdate: boolean;
  readonly fixable: { readonly inherited: number; readonly system: number; readonly application: number };
}

/** What was counted of images, by their ids: the pages of a fleet ask for the same few hundred again and again. */
export type CountedImages = Map<string, { readonly key: string; readonly fixable: Fixable }>;

const COUNTED_MAX = 20_000;
const nothing: Fixable = { inherited: 0, system: 0, application: 0 };

/**
 * What would help each of these containers, in their order; null where its image is not known or not assessed. `counted` is
 * kept by the caller from one page to the next.
 */
export async function adviseContainers(
  database: Queryable,
  view: ScopeView,
  containers: readonly { readonly imageId: string | null; readonly imageReference: string }[],
  counted: CountedImages = new Map(),
): Promise<readonly (ContainerAdvice | null)[]> {
  const started = containers.map(({ imageId, imageReference }) => startedBy(imageId, imageReference));
  const known = started.filter((one) => one !== undefined);
  const images = [...new Set(containers.flatMap(({ imageId }) => imageId ?? []))];
  if (images.length === 0) return containers.map(() => null);
  const tags = new Map((await listTagsNow(database, view, known)).map((tag) => [keyOf(tag), tag]));
  const advised = await listAdvisedImages(database, view, images);
  const fixable = await countImages(database, advised, counted);
  const rows = new Map(advised.map((row) => [row.imageId, row]));
  const bases = [...new Set(advised.flatMap(({ baseId }) => baseId ?? []))];
  const succeeded = new Set(
    (await listSuccessors(database, view, bases)).flatMap(({ baseId, sameTag, imageId }) =>
      sameTag && imageId !== null ? [baseId] : [],
    ),
  );
  return containers.map(({ imageId }, index) => {
    const row = imageId === null ? undefined : rows.get(imageId);
    if (row === undefined) return null;
    const place = started[index];
    const tag = place === undefined ? undefined : tags.get(keyOf(place));
    return advise(row, fixable.get(row.imageId) ?? nothing, tag, row.baseId !== null && succeeded.has(row.baseId));
  });
}

/** Counts what is not counted yet as it is now. */
async function countImages(
  database: Queryable,
  images: readonly AdvisedImage[],
  counted: CountedImages,
): Promise<ReadonlyMap<string, Fixable>> {
  const keyed = images.map((image) => ({ image, key: `${image.version} ${image.baseId} ${image.baseDepth}` }));
  const known = keyed.flatMap(({ image, key }) => {
    const one = counted.get(image.imageId);
    return one?.key === key ? [[image.imageId, one.fixable] as const] : [];
  });
  const found = new Map(known);
  const missing = keyed.filter(({ image }) => !found.has(image.imageId));
  const fresh = await countFixable(
    database,
    missing.map(({ image }) => image),
    SYSTEM_PACKAGE_TYPES,
  );
  if (counted.size + missing.length > COUNTED_MAX) counted.clear();
  for (const { image, key } of missing) {
    const fixable = fresh.get(image.imageId) ?? nothing;
    found.set(image.imageId, fixable);
    counted.set(image.imageId, { key, fixable });
  }
  return found;
}

function advise(
  row: AdvisedImage,
  fixable: Fixable,
  tag: Awaited<ReturnType<typeof listTagsNow>>[number] | undefined,
  baseUpdate: boolean,
): ContainerAdvice | null {
  const action = adviseContainer(tag?.state ?? 'unknown', row.findings, fixable, baseUpdate);
  if (action === null) return null;
  return {
    action,
    tag: tag?.state ?? 'unknown',
    now: tag?.state === 'moved' && tag.nowImage !== null ? { image: tag.nowImage, risk: tag.nowRisk } : null,
    base: row.baseName === null ? null : { image: row.basePresent === true ? row.baseImage : null, name: row.baseName },
    baseUpdate,
    fixable,
  };
}

/** Undefined where it was started by no tag: then no tag can have moved. */
function startedBy(imageId: string | null, reference: string): StartedBy | undefined {
  if (imageId === null) return undefined;
  try {
    const { registry, repository, tag, digest } = parseReference(reference);
    return tag === null || digest !== null ? undefined : { imageId, registry, repository, tag };
  } catch {
    // Runtimes also give ids for names.
    return undefined;
  }
}

const keyOf = ({ imageId, registry, repository, tag }: StartedBy) => `${imageId} ${registry}/${repository}:${tag}`;
