import { Fault } from '@hullcheck/core';
import type { Feed } from '../feed.ts';
import { parseTracker } from './parse.ts';

const id = 'debian-tracker';
const LISTS = 'debian-tracker/announcements';
const CVES = 'debian-tracker/list';
const LISTS_URL = 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data';

/**
 * Debian's security tracker: per source package, CVE and release; and its lists, of announced fixes and of vulnerabilities,
 * for what its table does not have. Release names become numbers by distro-info's table.
 */
export const debianTracker: Feed = {
  id,
  version: 2,
  licence: 'Debian security tracker: no licence text with the data; distro-info-data: ISC',
  redistributable: true,
  mirror: [
    // Derived from the lists for 662 packages of base and server images: silence about another package proves nothing.
    { part: id, entry: id, takes: (path) => path.endsWith('/tracker.derived.json'), extent: 'excerpt' },
    { part: id, entry: 'debian-support-status', takes: (path) => path.endsWith('/debian.csv'), extent: 'excerpt' },
    { part: LISTS, entry: id, takes: (path) => /^debian-tracker\/data\/D[SL]A\/list$/.test(path), extent: 'excerpt' },
    { part: CVES, entry: id, takes: (path) => path === 'debian-tracker/data/CVE/list', extent: 'excerpt' },
  ],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://security-tracker.debian.org/tracker/data/json',
          path: 'tracker.json',
          part: id,
          bytesMax: 512 * 1024 * 1024,
        },
        {
          url: 'https://salsa.debian.org/debian/distro-info-data/-/raw/main/debian.csv',
          path: 'releases.csv',
          part: id,
          bytesMax: 1024 * 1024,
        },
        ...['DSA', 'DLA'].map((kind) => ({
          url: `${LISTS_URL}/${kind}/list`,
          path: `${kind}/list`,
          part: LISTS,
          bytesMax: 32 * 1024 * 1024,
        })),
        { url: `${LISTS_URL}/CVE/list`, path: 'CVE/list', part: CVES, bytesMax: 256 * 1024 * 1024 },
      ],
      [
        { id, extent: 'whole' },
        { id: LISTS, extent: 'excerpt' },
        { id: CVES, extent: 'excerpt' },
      ],
      previous,
    ),
  parse(snapshot, signal) {
    const tracker = snapshot.files.find((file) => file.path.endsWith('.json'));
    const releases = snapshot.files.find((file) => file.path.endsWith('.csv'));
    if (tracker === undefined || releases === undefined) {
      throw new Fault('feed-invalid', 'the snapshot lacks the tracker or the table of releases', { place: id });
    }
    const lists = snapshot.files.filter((file) => file.path.endsWith('/list'));
    const [announced, cves] = [lists.filter(({ part }) => part !== CVES), lists.filter(({ part }) => part === CVES)];
    return parseTracker(id, { tracker, releases, lists: announced, cves }, signal);
  },
};
