import { Fault } from '@hullcheck/core';
import { unpackedBytes } from '../decompression.ts';
import type { Feed } from '../feed.ts';
import { skipped } from '../items.ts';
import { FEED_FILE_BYTES_MAX } from '../limits.ts';
import { tarEntries } from '../tar.ts';
import { vexItems } from './parse.ts';

const id = 'redhat-csaf-vex';
const BASE = 'https://security.access.redhat.com/data/csaf/v2/vex';
/** 50,000 documents that repeat each build for each product. */
const DOCUMENTS_BYTES_MAX = 128 * 1024 * 1024 * 1024;

/**
 * Every CVE in Red Hat's products, with what is not fixed and why: what OVAL has (`redhat-oval`) and more.
 * https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/
 */
export const redhatCsafVex: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  async fetch(io, previous) {
    const name = (await io.pointer(`${BASE}/archive_latest.txt`)).trim();
    const date = /^csaf_vex_(\d{4}-\d{2}-\d{2})\.tar\.zst$/.exec(name)?.[1];
    if (date === undefined) {
      throw new Fault('feed-invalid', 'archive_latest.txt of Red Hat names no archive of VEX documents', { place: id });
    }
    return await io.download(
      [
        {
          url: `${BASE}/csaf_vex_${date}.tar.zst`,
          path: 'csaf_vex.tar.zst',
          part: id,
          bytesMax: FEED_FILE_BYTES_MAX,
        },
      ],
      [{ id, extent: 'whole', updatedAt: `${date}T00:00:00Z` }],
      previous,
    );
  },
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      const documents = tarEntries(unpackedBytes(file, DOCUMENTS_BYTES_MAX), file.path, (path) =>
        /(?:^|\/)cve-\d{4}-\d{4,8}\.json$/.test(path),
      );
      for await (const { path, bytes } of documents) {
        signal.throwIfAborted();
        const place = `${file.path}/${path}`;
        if (bytes === undefined) yield skipped(id, place, null, 'the document is too large', 'limit-exceeded');
        else yield* vexItems(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), place, id);
      }
    }
  },
};
