import type { Feed } from '../feed.ts';
import { osvItems } from '../osv.ts';

const id = 'bitnami-vulndb';

/** Bitnami's vulnerabilities of the software that its images carry: OSV JSON, one id a component (`BIT-minio-2023-27589`). */
export const bitnamiVulndb: Feed = {
  id,
  version: 2,
  licence: 'Apache-2.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/bitnami/vulndb/tar.gz/refs/heads/main',
          path: 'vulndb.tar.gz',
          part: id,
          bytesMax: 128 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    osvItems(
      snapshot.files,
      {
        feed: id,
        part: id,
        osvName: 'Bitnami',
        ecosystem: 'bitnami',
        scheme: 'semver',
        normalize: (name) => name.toLowerCase(),
      },
      (path) => /\/BIT-[^/]*\.json$/.test(path),
      signal,
    ),
};
