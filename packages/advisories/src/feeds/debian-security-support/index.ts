import type { Feed } from '../feed.ts';
import type { Download } from '../fetching.ts';
import { parseSupportLists } from './parse.ts';

const id = 'debian-security-support';
const SOURCE = 'https://salsa.debian.org/debian/debian-security-support/-/raw/master';
/** Releases of which there may be a list: those below are in nobody's image, the one above is yet to come. */
const RELEASES = [9, 10, 11, 12, 13, 14] as const;

const download = (path: string, optional: boolean): Download => ({
  url: `${SOURCE}/${path}`,
  path,
  part: id,
  bytesMax: 1024 * 1024,
  optional,
});

/** Source packages that Debian's security team has given up, or cares for only in some uses, before their release ends. */
export const debianSecuritySupport: Feed = {
  id,
  version: 1,
  licence: 'GPL-2.0-only',
  redistributable: false,
  mirror: [
    {
      part: id,
      entry: 'debian-support-status',
      takes: (path) => /\/security-support-(?:limited|ended\.deb\d{1,3})$/.test(path),
      extent: 'whole',
    },
  ],
  fetch: (io, previous) =>
    io.download(
      [
        ...RELEASES.map((release) => download(`security-support-ended.deb${release}`, true)),
        download('security-support-limited', false),
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => parseSupportLists(snapshot.files, signal),
};
