import type { Feed } from '../feed.ts';
import { parseSecdb } from '../secdb.ts';

const id = 'chainguard-secdb';

/** Chainguard's secdb of the packages beyond Wolfi's, Alpine's format. https://edu.chainguard.dev/chainguard/chainguard-images/staying-secure/security-advisories/ */
export const chainguardSecdb: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('security.json'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://packages.cgr.dev/chainguard/security.json',
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
      { feed: id, toEcosystem: (release) => (release === undefined ? 'chainguard' : null) },
      snapshot.files,
      signal,
    ),
};
