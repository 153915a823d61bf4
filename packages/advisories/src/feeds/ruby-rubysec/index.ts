import type { Feed } from '../feed.ts';
import { recordItems } from '../records.ts';
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
  parse: (snapshot, signal) =>
    recordItems(
      snapshot.files,
      (path) => /\/(?:gems|rubies)\/[^/]+\/[^/]+\.yml$/.test(path),
      id,
      signal,
      (text, place) => rubysecItems(text, place, id),
    ),
};
