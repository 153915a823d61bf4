import type { Feed, FeedItem } from './feed.ts';
import { memorySnapshot } from './snapshot.ts';

/** What a feed says of files held in memory, for tests. */
export async function itemsOf(
  feed: Feed,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<readonly FeedItem[]> {
  const contents = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, { part: feed.id, bytes: Buffer.from(content) }]),
  );
  const snapshot = memorySnapshot(
    feed.id,
    [{ id: feed.id, updatedAt: '2026-01-01T00:00:00Z', extent: 'whole' }],
    contents,
  );
  const items: FeedItem[] = [];
  for await (const item of feed.parse(snapshot, new AbortController().signal)) items.push(item);
  return items;
}

/** Items one a line: the id with its CVEs, then who is affected; what was skipped with its reason. */
export function linesOf(items: readonly FeedItem[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === 'skipped') return [`skipped ${item.record}: ${item.problem.detail}`];
    if (item.kind === 'dated') return [`dated ${item.updatedAt}`];
    if (item.kind !== 'advisory') return [item.kind];
    const { id, aliases, affected } = item.advisory;
    return [
      [id, ...aliases].join(' '),
      ...affected.map((entry) =>
        [
          entry.ecosystem,
          entry.product,
          entry.module,
          entry.nameKind,
          entry.name,
          entry.status === 'affected' ? undefined : entry.status,
          entry.urgency ?? undefined,
          entry.architectures?.join('|'),
          ...entry.ranges.map(({ introduced, fixed }) => `${introduced ?? ''}..${fixed}`),
        ]
          .filter((part) => part !== undefined)
          .join(' '),
      ),
    ];
  });
}
