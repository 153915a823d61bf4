import { Fault } from '@hullcheck/core';
import { unpackedBytes } from '../decompression.ts';
import type { Feed } from '../feed.ts';
import { FEED_FILE_BYTES_MAX } from '../limits.ts';
import { datedByNewest, ovalItems } from '../oval-items.ts';
import type { Snapshot } from '../snapshot.ts';
import { DIALECT, identify, refineFor } from './definitions.ts';
import { streamsOf } from './streams.ts';

const id = 'redhat-oval';
const BASE = 'https://security.access.redhat.com/data/oval/v2';

/**
 * Red Hat's errata of RHEL 6 to 9 by binary package, for each stream of updates, and what is not fixed there. Red Hat keeps it
 * up only for releases that had it and made none for RHEL 10; its VEX documents say the same of every release, with more
 * reasons, and are what is read by default. Where both say something of a flaw in a package, those decide.
 * https://www.redhat.com/en/blog/red-hat-vex-files-cves-are-now-generally-available
 */
export const redhatOval: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  byDefault: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.oval\.xml(?:\.bz2|\.gz)?$/.test(path), extent: 'whole' }],
  async fetch(io, previous) {
    const streams = streamsOf(await io.pointer(`${BASE}/PULP_MANIFEST`));
    if (streams.length === 0) {
      throw new Fault('feed-invalid', 'PULP_MANIFEST of Red Hat names no stream of RHEL or OpenShift', { place: id });
    }
    return await io.download(
      streams.map((path) => ({ url: `${BASE}/${path}`, path, part: id, bytesMax: FEED_FILE_BYTES_MAX })),
      [{ id, extent: 'whole' }],
      previous,
    );
  },
  parse: (snapshot, signal) => datedByNewest(documents(snapshot, signal)),
};

async function* documents(snapshot: Snapshot, signal: AbortSignal) {
  for (const file of snapshot.files) {
    const source = { path: file.path, bytes: () => unpackedBytes(file) };
    const refine = refineFor(file.path);
    yield* ovalItems(source, { feed: id, part: id, dialect: DIALECT, identify, refine }, signal);
  }
}
