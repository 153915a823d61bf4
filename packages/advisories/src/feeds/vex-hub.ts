import {
  Fault,
  parseVexDocument,
  placeWords,
  type VexProduct,
  type VexStatement,
  vendorProductKey,
} from '@hullcheck/core';
import type { FeedItem } from './feed.ts';
import { skipped } from './items.ts';
import { recordItems } from './records.ts';
import type { SnapshotReader } from './snapshot.ts';

/** A repository of VEX documents by one vendor. */
export interface VexHub {
  readonly part: string;
  readonly wanted: (path: string) => boolean;
  /**
   * The names under which a product of a statement is the vendor's own and can be told from others of its name; none where
   * it is somebody else's, or anybody's. A hub answers for what its vendor builds and for nothing else.
   */
  readonly ownNames: (product: string) => readonly string[];
}

/** Every statement of the hub's documents on a product of its vendor; the others are skipped with the reason. */
export function hubItems(files: readonly SnapshotReader[], hub: VexHub, signal: AbortSignal): AsyncGenerator<FeedItem> {
  return recordItems(files, hub.wanted, hub.part, signal, (text, place) => documentItems(text, place, hub));
}

function* documentItems(text: string, place: string, hub: VexHub): Generator<FeedItem> {
  let document: ReturnType<typeof parseVexDocument>;
  try {
    // Without the archive's own folder, which is named after a branch or a commit.
    document = parseVexDocument(text, place.replace(/^.*?\.tar(?:\.\w+)?\/[^/]+\//, ''));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    yield skipped(hub.part, place, null, error.message);
    return;
  }
  if (!('statements' in document)) {
    yield skipped(hub.part, place, null, document.problem);
    return;
  }
  for (const { path, problem } of document.flaws) yield skipped(hub.part, place, placeWords(path), problem);
  for (const statement of document.statements) {
    const products = ownProducts(statement, hub);
    if (products.length > 0) yield { kind: 'statement', part: hub.part, statement: { ...statement, products } };
    else yield skipped(hub.part, place, statement.place, `about no product of the vendor: ${namesOf(statement)}`);
  }
}

/** Names of one product that say the same (`pkg:oci/…` beside `pkg:docker/…`) together, with their parts once. */
function ownProducts({ products }: VexStatement, { ownNames }: VexHub): readonly VexProduct[] {
  const own = new Map<string, VexProduct>();
  for (const product of products) {
    const names = product.names.flatMap(ownNames).filter((name) => vendorProductKey(name) !== undefined);
    if (names.length === 0) continue;
    const rest = JSON.stringify([product.versions, product.parts]);
    own.set(rest, { ...product, names: [...new Set([...(own.get(rest)?.names ?? []), ...names])] });
  }
  return [...own.values()];
}

function namesOf({ products }: VexStatement): string {
  const names = products.flatMap((product) => product.names);
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}
