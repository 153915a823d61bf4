import type { Feed } from '../feed.ts';
import { recordItems } from '../records.ts';
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
  parse: (snapshot, signal) =>
    recordItems(
      snapshot.files,
      (path) => /\/[^/.][^/]*\/[^/]+\/[^/]+\.yaml$/.test(path),
      id,
      signal,
      (text, place) => friendsOfPhpItems(text, place, id),
    ),
};
