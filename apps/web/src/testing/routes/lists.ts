import type { ImageRow } from '@hullcheck/contract';
import type { FixtureImage } from '../estate/images.ts';

export function pageOf<T>(
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

export function ofOrigin<T extends { readonly inherited: unknown }>(
  rows: readonly T[],
  inherited: 'true' | 'false' | undefined,
): readonly T[] {
  return rows.filter((row) => inherited === undefined || (row.inherited !== null) === (inherited === 'true'));
}

export function listed(images: readonly FixtureImage[], query: Query): readonly ImageRow[] {
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
