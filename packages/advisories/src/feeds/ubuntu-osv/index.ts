import type { Feed } from '../feed.ts';
import { FEED_FILE_BYTES_MAX } from '../limits.ts';
import { recordItems } from '../records.ts';
import { ubuntuOsvItems } from './parse.ts';

const id = 'ubuntu-osv';

/**
 * Ubuntu's vulnerabilities in OSV's form, made by Canonical from its CVE tracker: the same knowledge in fewer words, served
 * where the tracker's own repository cannot be reached. https://github.com/canonical/ubuntu-security-notices
 */
export const ubuntuOsv: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-SA-4.0',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.(?:zip|tar\.zst|tar\.gz)$/.test(path), extent: 'excerpt' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://osv-vulnerabilities.storage.googleapis.com/Ubuntu/all.zip',
          path: 'ubuntu-osv.zip',
          part: id,
          bytesMax: FEED_FILE_BYTES_MAX,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    recordItems(
      snapshot.files,
      // Notices (USN-…) name the fixes of these records again, several flaws at once.
      (path) => /(?:^|\/)UBUNTU-CVE-[^/]*\.json$/.test(path),
      id,
      signal,
      (text, place) => ubuntuOsvItems(text, place, id),
    ),
};
