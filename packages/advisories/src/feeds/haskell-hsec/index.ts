import { archiveEntries } from '../archive.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { hsecItems } from './parse.ts';

const id = 'haskell-hsec';

/** The Haskell Security Response Team's advisories on packages of Hackage. */
export const haskellHsec: Feed = {
  id,
  version: 2,
  licence: 'CC0-1.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/haskell/security-advisories/tar.gz/refs/heads/main',
          path: 'security-advisories.tar.gz',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      // `reserved/` holds numbers that are not given out yet.
      for await (const entry of archiveEntries(file, (path) => /\/published\/.*\/HSEC-[^/]*\.md$/.test(path))) {
        signal.throwIfAborted();
        const place = `${file.path}/${entry.path}`;
        if (entry.bytes === undefined) yield skipped(id, place, null, 'the record is too large', 'limit-exceeded');
        else yield* hsecItems(Buffer.from(entry.bytes).toString('utf8'), place, id);
      }
    }
  },
};
