import type { Feed } from '../feed.ts';
import type { Download } from '../fetching.ts';
import { nvdItems } from './parse.ts';

const id = 'nvd-cve';
const FIRST_YEAR = 2002;

/**
 * NVD's scores, weaknesses, states and CPE ranges, as its files of each year of ids and of the last eight days have them.
 * https://nvd.nist.gov/vuln/data-feeds
 */
export const nvdCve: Feed = {
  id,
  version: 1,
  licence: 'Public domain in the United States (NIST), attribution asked for',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => /\.json(?:\.gz|\.zst)?$/.test(path), extent: 'whole' }],
  fetch(io, previous) {
    const thisYear = Number(io.now.slice(0, 4));
    const years = Array.from({ length: thisYear - FIRST_YEAR + 1 }, (_, at) => FIRST_YEAR + at);
    return io.download(
      [...years.map((year) => fileOf(String(year), year === thisYear)), fileOf('modified', false)],
      [{ id, extent: 'whole' }],
      previous,
    );
  },
  parse: (snapshot, signal) => nvdItems(snapshot.files, id, signal),
};

/** `mayLack`: the file of a year appears some time after it has begun. */
function fileOf(name: string, mayLack: boolean): Download {
  return {
    url: `https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${name}.json.gz`,
    path: `nvdcve-2.0-${name}.json.gz`,
    part: id,
    bytesMax: 128 * 1024 * 1024,
    optional: mayLack,
  };
}
