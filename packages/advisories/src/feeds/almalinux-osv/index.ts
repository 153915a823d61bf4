import { errataItems } from '../errata-osv.ts';
import type { Feed } from '../feed.ts';

const id = 'almalinux-osv';

/** AlmaLinux's errata in OSV's form, by binary package. */
export const almalinuxOsv: Feed = {
  id,
  version: 1,
  licence: 'MIT',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip',
          path: 'almalinux.zip',
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
        osvName: 'AlmaLinux',
        distribution: 'almalinux',
        nameKind: 'binary',
        site: 'https://errata.almalinux.org/',
      },
      (path) => /(?:^|\/)AL[SBE]A-[^/]*\.json$/.test(path),
      signal,
    ),
};
