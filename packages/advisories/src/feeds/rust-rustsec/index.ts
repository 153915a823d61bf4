import type { Feed } from '../feed.ts';
import { osvItems } from '../osv.ts';
import { recordItems } from '../records.ts';
import { rustsecItems } from './parse.ts';

const id = 'rust-rustsec';

/** RustSec's advisories on crates; upstream OSV's zip of crates.io, which has GitHub's records too. */
export const rustRustsec: Feed = {
  id,
  version: 2,
  licence: 'CC0-1.0, some records CC-BY-4.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip',
          path: 'crates.zip',
          part: id,
          bytesMax: 256 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      if (file.path.endsWith('.zip')) {
        const ecosystem = { feed: id, part: id, osvName: 'crates.io', ecosystem: 'cargo', scheme: 'cargo' } as const;
        const wanted = (path: string): boolean => /(?:^|\/)(?:RUSTSEC|GHSA)-[^/]*\.json$/.test(path);
        yield* osvItems([file], { ...ecosystem, normalize: (name) => name }, wanted, signal);
        continue;
      }
      yield* recordItems(
        [file],
        (path) => /\/RUSTSEC-[^/]*\.md$/.test(path),
        id,
        signal,
        (text, place) => rustsecItems(text, place, id),
      );
    }
  },
};
