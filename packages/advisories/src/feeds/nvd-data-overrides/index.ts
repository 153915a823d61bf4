import * as z from 'zod';
import { archiveEntries } from '../archive.ts';
import { affectedByCpe, configurations } from '../cpe-configurations.ts';
import { toTimestamp } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { firstIssue } from '../records.ts';

const id = 'nvd-data-overrides';

/** The annotation's description is prose, and is not taken. */
const record = z.object({
  _annotation: z.object({
    cve_id: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
    published: z.string().max(100).nullish(),
    modified: z.string().max(100).nullish(),
  }),
  // A record may add nothing but references.
  cve: z.object({ configurations: configurations.default([]) }),
});

/** CPE ranges of CVEs that NVD has not analysed, in its own shape. https://github.com/anchore/nvd-data-overrides */
export const nvdDataOverrides: Feed = {
  id,
  version: 1,
  licence: 'CC0-1.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'excerpt' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/anchore/nvd-data-overrides/tar.gz/refs/heads/main',
          path: 'nvd-data-overrides.tar.gz',
          part: id,
          bytesMax: 256 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'excerpt' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      for await (const { path, bytes } of archiveEntries(file, (name) =>
        /\/data\/\d{4}\/CVE-[^/]*\.json$/.test(name),
      )) {
        signal.throwIfAborted();
        const place = `${file.path}/${path}`;
        if (bytes === undefined) yield skipped(file.part, place, null, 'the file is too large', 'limit-exceeded');
        else yield* overrideItems(Buffer.from(bytes).toString('utf8'), file.part, place);
      }
    }
  },
};

function* overrideItems(text: string, part: string, place: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    yield skipped(part, place, null, 'not JSON');
    return;
  }
  const parsed = record.safeParse(document);
  if (!parsed.success) {
    yield skipped(part, place, null, `no override: ${firstIssue(parsed.error)}`);
    return;
  }
  const { _annotation: annotation, cve } = parsed.data;
  const affected = affectedByCpe(cve.configurations);
  if (affected.length === 0) return;
  const advisory = {
    ...plainAdvisory(id, annotation.cve_id, affected),
    published: toTimestamp(annotation.published ?? undefined),
    modified: toTimestamp(annotation.modified ?? undefined),
  };
  yield { kind: 'advisory', part, advisory };
}
