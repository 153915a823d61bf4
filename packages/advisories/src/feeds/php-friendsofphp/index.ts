import { archiveEntries } from '../archive.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { friendsOfPhpItems } from './parse.ts';

const id = 'php-friendsofphp';

/** The PHP Security Advisories Database of FriendsOfPHP. */
export const phpFriendsofphp: Feed = {
  id,
  version: 1,
  licence: 'Unlicense',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/FriendsOfPHP/security-advisories/tar.gz/refs/heads/master',
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
      for await (const entry of archiveEntries(file, (path) => /\/[^/.][^/]*\/[^/]+\/[^/]+\.yaml$/.test(path))) {
        signal.throwIfAborted();
        const place = `${file.path}/${entry.path}`;
        if (entry.bytes === undefined) yield skipped(id, place, null, 'the record is too large', 'limit-exceeded');
        else yield* friendsOfPhpItems(Buffer.from(entry.bytes).toString('utf8'), place, id);
      }
    }
  },
};
