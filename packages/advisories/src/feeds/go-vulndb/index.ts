import type { Feed } from '../feed.ts';
import { osvItems } from '../osv.ts';

const id = 'go-vulndb';

/** The Go vulnerability database: OSV JSON; modules by path, the standard library as `stdlib`, the go command as `toolchain`. */
export const goVulndb: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [{ url: 'https://vuln.go.dev/vulndb.zip', path: 'go.zip', part: id, bytesMax: 256 * 1024 * 1024 }],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    osvItems(
      snapshot.files,
      { feed: id, part: id, osvName: 'Go', ecosystem: 'golang', scheme: 'golang', normalize: toModuleName },
      (path) => /(?:^|\/)GO-\d{4}-\d+\.json$/.test(path),
      signal,
    ),
};

/** `std` and `cmd` are what older records and tools call the two parts of the distribution. */
function toModuleName(name: string): string {
  if (name === 'std') return 'stdlib';
  return name === 'cmd' ? 'toolchain' : name;
}
