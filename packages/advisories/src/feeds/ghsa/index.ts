import type { Feed } from '../feed.ts';
import { FEED_FILE_BYTES_MAX } from '../limits.ts';
import { osvItems } from '../osv.ts';
import { OSV_ECOSYSTEMS, type OsvName } from '../osv-ecosystems.ts';

const id = 'ghsa';
/** `<folder>/advisories/github-reviewed/2024/01/GHSA-…/GHSA-….json`: the folder is named after a branch or a commit. */
const REVIEWED = /^(?:[^/]+\/)?advisories\/github-reviewed\/\d{4}\/\d{2}\/(GHSA(?:-[a-z0-9]{4}){3})\/\1\.json$/;
/** The Go team takes each advisory over into go-vulndb, with versions that it found itself. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['Go']);

/**
 * GitHub's reviewed advisories out of their own repository. osv.dev's exports, which are read by default, have the same records by
 * ecosystem, so this is for who can reach GitHub and not them. Unreviewed ones are copies of NVD that name no package.
 * https://github.com/github/advisory-database
 */
export const ghsa: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  byDefault: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.(?:tar|tar\.gz|tar\.zst|zip)$/.test(path), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/github/advisory-database/tar.gz/refs/heads/main',
          path: 'advisory-database.tar.gz',
          part: id,
          bytesMax: FEED_FILE_BYTES_MAX,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    osvItems(snapshot.files, { feed: id, part: id, repeatsRanges: true, find }, (path) => REVIEWED.test(path), signal),
};

function find(name: string) {
  return isRead(name) && !NOT_TAKEN.has(name) ? OSV_ECOSYSTEMS[name] : undefined;
}

function isRead(name: string): name is OsvName {
  return Object.hasOwn(OSV_ECOSYSTEMS, name);
}
