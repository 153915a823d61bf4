import type * as z from 'zod';
import { archiveEntries } from './archive.ts';
import type { FeedItem } from './feed.ts';
import { skipped } from './items.ts';
import type { SnapshotReader } from './snapshot.ts';

/**
 * What the wanted files of the archives say, one file at a time as text. A file above the size limit is skipped with its
 * place, never the archive.
 */
export async function* recordItems(
  files: readonly SnapshotReader[],
  wanted: (path: string) => boolean,
  part: string,
  signal: AbortSignal,
  toItems: (text: string, place: string) => Iterable<FeedItem>,
): AsyncGenerator<FeedItem> {
  for (const file of files) {
    for await (const { path, bytes } of archiveEntries(file, wanted)) {
      signal.throwIfAborted();
      const place = `${file.path}/${path}`;
      if (bytes === undefined) yield skipped(part, place, null, 'the record is too large', 'limit-exceeded');
      else yield* toItems(Buffer.from(bytes).toString('utf8'), place);
    }
  }
}

/** The first thing in which a record is not of its schema: `affected.0.package Invalid input`. */
export function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
}
