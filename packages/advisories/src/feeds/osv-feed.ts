import type { Feed } from './feed.ts';
import { FEED_FILE_BYTES_MAX } from './limits.ts';
import { osvItems } from './osv.ts';
import { OSV_ECOSYSTEMS, type OsvName } from './osv-ecosystems.ts';

/** One ecosystem of osv.dev whose advisories no feed of its own has. */
export interface OsvSource {
  /** The feed's folder. */
  readonly id: string;
  readonly version: number;
  /** As osv.dev writes it: `Maven`. https://osv-vulnerabilities.storage.googleapis.com/ecosystems.txt */
  readonly osvName: OsvName;
  readonly licence: string;
  /** `excerpt` where silence about a package proves nothing, because another source has the vulnerabilities. */
  readonly extent?: 'whole' | 'excerpt';
  /** False where no licence lets the starter database carry it. */
  readonly redistributable?: boolean;
  /** Beginnings of the ids that are taken: each stands for a database with a licence of its own. */
  readonly prefixes: readonly string[];
}

/** The feed of one ecosystem's `all.zip`: one JSON file a record. https://google.github.io/osv.dev/data/#data-dumps */
export function osvFeed(source: OsvSource): Feed {
  const { id, osvName, extent = 'whole' } = source;
  const file = `${id}.zip`;
  return {
    id,
    version: source.version,
    licence: source.licence,
    redistributable: source.redistributable ?? true,
    mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.zip'), extent }],
    fetch: (io, previous) =>
      io.download(
        [
          {
            url: `https://osv-vulnerabilities.storage.googleapis.com/${osvName}/all.zip`,
            path: file,
            part: id,
            bytesMax: FEED_FILE_BYTES_MAX,
          },
        ],
        [{ id, extent }],
        previous,
      ),
    parse: (snapshot, signal) =>
      osvItems(
        snapshot.files,
        { feed: id, part: id, osvName, ...OSV_ECOSYSTEMS[osvName], repeatsRanges: true },
        (path) => path.endsWith('.json') && source.prefixes.some((prefix) => path.startsWith(prefix)),
        signal,
      ),
  };
}
