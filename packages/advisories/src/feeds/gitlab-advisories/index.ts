import { archiveEntries } from '../archive.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { FEED_FILE_BYTES_MAX } from '../limits.ts';
import { gitlabItem } from './parse.ts';

const id = 'gitlab-advisories';

/**
 * GitLab's Advisory Database in its open edition, thirty days behind the one that may not be copied; the only source on recipes of
 * ConanCenter. An excerpt everywhere, since a month of it is missing. Its records on Go modules are not read: the Go team states versions of the same flaws that it found itself.
 */
export const gitlabAdvisories: Feed = {
  id,
  version: 1,
  licence: 'MIT',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.tar\.(?:gz|zst)$/.test(path), extent: 'excerpt' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://gitlab.com/gitlab-org/advisories-community/-/archive/main/advisories-community-main.tar.gz',
          path: 'advisories-community.tar.gz',
          part: id,
          bytesMax: FEED_FILE_BYTES_MAX,
        },
      ],
      [{ id, extent: 'excerpt' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      for await (const entry of archiveEntries(file, (path) => ADVISORY.test(path))) {
        signal.throwIfAborted();
        const place = `${file.path}/${entry.path}`;
        if (entry.bytes === undefined) yield skipped(id, place, null, 'the record is too large', 'limit-exceeded');
        else yield gitlabItem(Buffer.from(entry.bytes).toString('utf8'), place, id);
      }
    }
  },
};

const ADVISORY = /^[^/]+\/(?:cargo|conan|gem|maven|npm|nuget|packagist|pub|pypi|swift)\/.+\.yml$/;
