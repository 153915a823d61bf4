import { errataItems } from '../errata-osv.ts';
import type { Feed } from '../feed.ts';

const id = 'rocky-osv';

/** Rocky Linux's errata in OSV's form, by source package. What Rocky has not fixed yet it does not publish. */
export const rockyOsv: Feed = {
  id,
  version: 1,
  licence: 'BSD-3-Clause',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.zip'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip',
          path: 'rocky.zip',
          part: id,
          bytesMax: 256 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    errataItems(
      snapshot.files,
      {
        feed: id,
        osvName: 'Rocky Linux',
        distribution: 'rocky',
        nameKind: 'source',
        site: 'https://errata.rockylinux.org/',
      },
      (path) => /(?:^|\/)R[LX]SA-[^/]*\.json$/.test(path),
      signal,
    ),
};
