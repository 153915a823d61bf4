import { Fault } from '@hullcheck/core';
import type { Feed } from '../feed.ts';
import { recordItems } from '../records.ts';
import { ubuntuVexItems } from './parse.ts';

const id = 'ubuntu-vex';

/**
 * Ubuntu's vulnerabilities as OpenVEX documents, made by Canonical from its CVE tracker: what `ubuntu-cve-tracker` and `ubuntu-osv` have
 * as well, but for the first fixed version: those decide wherever they say something. For who has a mirror of nothing else.
 * https://ubuntu.com/security/vex
 */
export const ubuntuVex: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-SA-4.0',
  redistributable: false,
  byDefault: false,
  mirror: [{ part: id, entry: id, takes: (path) => /\.(?:tar|tar\.gz|tar\.zst|zip)$/.test(path), extent: 'whole' }],
  // xz is neither in Node.js nor in a package that is cared for, and single documents are tens of thousands.
  fetch: () =>
    Promise.reject(
      new Fault('unsupported', 'Canonical serves its VEX documents packed with xz, which is not read', {
        place: id,
        hint: 'Repack it for a mirror: xz -dc vex-all.tar.xz | zstd > vex-all.tar.zst',
      }),
    ),
  parse: (snapshot, signal) =>
    recordItems(
      snapshot.files,
      // Notices (USN-…) name the fixes of these documents again, several flaws at once.
      (path) => /(?:^|\/)CVE-\d{4}-\d{4,8}\.json$/.test(path),
      id,
      signal,
      (text, place) => ubuntuVexItems(text, place, id),
    ),
};
