import type { Feed } from '../feed.ts';
import { parseSecdb } from '../secdb.ts';

const id = 'wolfi-secdb';

/** Wolfi's secdb, Alpine's format. A fix in version 0 says that the package never was affected. https://github.com/wolfi-dev/advisories */
export const wolfiSecdb: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('security.json'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://packages.wolfi.dev/os/security.json',
          path: 'security.json',
          part: id,
          bytesMax: 256 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    // One rolling repository: it states no release.
    parseSecdb(
      { feed: id, toEcosystem: (release) => (release === undefined ? 'wolfi' : null) },
      snapshot.files,
      signal,
    ),
};
