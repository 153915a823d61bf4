import type { Feed } from '../feed.ts';
import { recordItems } from '../records.ts';
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
  parse: (snapshot, signal) =>
    // `reserved/` holds numbers that are not given out yet.
    recordItems(
      snapshot.files,
      (path) => /\/published\/.*\/HSEC-[^/]*\.md$/.test(path),
      id,
      signal,
      (text, place) => hsecItems(text, place, id),
    ),
};
