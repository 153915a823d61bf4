import type { Feed } from '../feed.ts';
import { parseSecdb } from '../secdb.ts';

const id = 'alpine-secdb';
const EXCERPT = 'alpine-secdb/excerpt';

/** Branches asked for upstream; a branch that is not there is left out, so the list may run ahead of the releases. */
const BRANCHES = [...Array.from({ length: 31 }, (_, index) => `v3.${index + 10}`), 'edge'];

/** Alpine's secdb: per source package, the version that fixed each id. JSON per branch and repository; the mirror's old part is YAML. */
export const alpineSecdb: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: true,
  mirror: [
    // All branches of 2020 (3.3 to 3.11), and apart from them a handful of packages of newer ones.
    { part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole', dateAt: 0 },
    { part: EXCERPT, entry: id, takes: (path) => path.endsWith('.json'), extent: 'excerpt', dateAt: 1 },
  ],
  fetch: (io, previous) =>
    io.download(
      BRANCHES.flatMap((branch) =>
        ['main', 'community'].map((repository) => ({
          url: `https://secdb.alpinelinux.org/${branch}/${repository}.json`,
          path: `${branch}/${repository}.json`,
          part: id,
          bytesMax: 64 * 1024 * 1024,
          optional: true,
        })),
      ),
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => parseSecdb({ feed: id, toEcosystem }, snapshot.files, signal),
};

function toEcosystem(distroversion = ''): string | null {
  const branch = /^(?:v(\d+\.\d+)|(edge))$/.exec(distroversion);
  return branch === null ? null : `alpine:${branch[1] ?? branch[2]}`;
}
