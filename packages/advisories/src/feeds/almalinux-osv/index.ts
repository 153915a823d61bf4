import { archiveEntries } from '../archive.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { erratumItems } from './parse.ts';

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
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      for await (const entry of archiveEntries(file, (path) => /(?:^|\/)AL[SBE]A-[^/]*\.json$/.test(path))) {
        signal.throwIfAborted();
        const place = `${file.path}/${entry.path}`;
        if (entry.bytes === undefined) yield skipped(id, place, null, 'the record is too large', 'limit-exceeded');
        else yield* erratumItems(Buffer.from(entry.bytes).toString('utf8'), place, id);
      }
    }
  },
};
