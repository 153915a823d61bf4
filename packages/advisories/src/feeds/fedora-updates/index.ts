import { Fault } from '@hullcheck/core';
import { unpackedBytes } from '../decompression.ts';
import type { Feed } from '../feed.ts';
import type { Download } from '../fetching.ts';
import { skipped } from '../items.ts';
import { findUpdateinfo, updateItems } from '../updateinfo.ts';

const id = 'fedora-updates';
/** The first release whose index is packed with zstd, and one that is far away: what is not there yet is left out. */
const FIRST_RELEASE = 41;
const LAST_RELEASE = 60;

/** Security updates of Fedora's supported releases. What Fedora has not fixed it does not publish. https://bodhi.fedoraproject.org/ */
export const fedoraUpdates: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /fedora-\d+\.xml(?:\.zst|\.gz)?$/.test(path), extent: 'whole' }],
  async fetch(io, previous) {
    const files: Download[] = [];
    for (let release = FIRST_RELEASE; release <= LAST_RELEASE; release++) {
      const base = `https://dl.fedoraproject.org/pub/fedora/linux/updates/${release}/Everything/x86_64`;
      const url = await findUpdateinfo(io, base).catch((error: unknown) => {
        if (error instanceof Fault && error.code === 'not-found') return null;
        throw error;
      });
      if (url === null) continue;
      const path = `fedora-${release}.xml${url.slice(url.lastIndexOf('.'))}`;
      files.push({ url, path, part: id, bytesMax: 64 * 1024 * 1024 });
    }
    return await io.download(files, [{ id, extent: 'whole' }], previous);
  },
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      const release = /(?:^|\/)fedora-(\d{1,3})\.xml/.exec(file.path)?.[1];
      if (release === undefined) {
        yield skipped(id, file.path, null, 'of no release that is known', 'unsupported');
        continue;
      }
      const source = { path: file.path, bytes: () => unpackedBytes(file), feed: id, ecosystem: `fedora:${release}` };
      yield* updateItems({ ...source, introducedOf: () => null, site: 'https://bodhi.fedoraproject.org/' }, signal);
    }
  },
};
