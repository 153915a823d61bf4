import type { Feed } from '../feed.ts';
import { osvItems } from '../osv.ts';
import { OSV_ECOSYSTEMS } from '../osv-ecosystems.ts';

const id = 'pypi-pypa';

/** PyPA's advisory database: PYSEC records in OSV YAML; upstream OSV's zip of the ecosystem in JSON, GHSA and MAL records too. */
export const pypiPypa: Feed = {
  id,
  version: 3,
  licence: 'CC-BY-4.0 (PYSEC, GHSA), Apache-2.0 (malicious-packages)',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip',
          path: 'pypi.zip',
          part: id,
          bytesMax: 256 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  // Many flaws have a GHSA record before, or without, a PYSEC one. MAL records are of packages that are malicious as a whole.
  parse: (snapshot, signal) =>
    osvItems(
      snapshot.files,
      { feed: id, part: id, osvName: 'PyPI', ...OSV_ECOSYSTEMS.PyPI },
      (path) => /(?:^|\/)(?:PYSEC|GHSA|MAL)-[^/]*\.(?:yaml|json)$/.test(path),
      signal,
    ),
};
