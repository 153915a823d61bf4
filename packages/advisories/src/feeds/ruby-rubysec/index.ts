import { archiveEntries } from '../archive.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { rubysecItems } from './parse.ts';

const id = 'ruby-rubysec';

/** RubySec's advisories on gems, and on Ruby's interpreters. */
export const rubyRubysec: Feed = {
  id,
  version: 1,
  licence: 'Public domain, contributor terms in LICENSE.txt',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/rubysec/ruby-advisory-db/tar.gz/refs/heads/master',
          path: 'ruby-advisory-db.tar.gz',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      for await (const entry of archiveEntries(file, (path) => /\/(?:gems|rubies)\/[^/]+\/[^/]+\.yml$/.test(path))) {
        signal.throwIfAborted();
        const place = `${file.path}/${entry.path}`;
        if (entry.bytes === undefined) yield skipped(id, place, null, 'the record is too large', 'limit-exceeded');
        else yield* rubysecItems(Buffer.from(entry.bytes).toString('utf8'), place, id);
      }
    }
  },
};
