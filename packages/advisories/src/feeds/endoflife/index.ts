import type { Feed } from '../feed.ts';
import { parseSupport } from './parse.ts';

const id = 'endoflife';
const DEBIAN = 'endoflife/distro-info';

/** When distributions, runtimes and other products end. Debian's and Ubuntu's own tables (distro-info-data) first, endoflife.date for the others. */
export const endoflife: Feed = {
  id,
  version: 2,
  licence: 'MIT (endoflife.date), ISC (distro-info-data)',
  redistributable: true,
  mirror: [
    {
      part: DEBIAN,
      entry: 'debian-support-status',
      takes: (path) => /\/(?:debian|ubuntu)\.csv$/.test(path),
      extent: 'whole',
    },
    { part: id, entry: 'endoflife-date', takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' },
  ],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://salsa.debian.org/debian/distro-info-data/-/raw/main/debian.csv',
          path: 'debian.csv',
          part: DEBIAN,
          bytesMax: 1024 * 1024,
        },
        {
          url: 'https://salsa.debian.org/debian/distro-info-data/-/raw/main/ubuntu.csv',
          path: 'ubuntu.csv',
          part: DEBIAN,
          bytesMax: 1024 * 1024,
        },
        {
          url: 'https://endoflife.date/api/v1/products/full',
          path: 'products.json',
          part: id,
          bytesMax: 32 * 1024 * 1024,
        },
      ],
      [
        { id: DEBIAN, extent: 'whole' },
        { id, extent: 'whole' },
      ],
      previous,
    ),
  parse: (snapshot, signal) => parseSupport(snapshot.files, signal),
};
