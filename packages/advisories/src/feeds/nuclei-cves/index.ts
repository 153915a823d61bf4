import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedText } from '../decompression.ts';
import { isCveId } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import type { SnapshotReader } from '../snapshot.ts';

const id = 'nuclei-cves';

const template = z.object({ ID: z.string() });

/** Nuclei's templates for CVE ids: a request that shows the vulnerability is published. */
export const nucleiCves: Feed = {
  id,
  version: 1,
  licence: 'MIT',
  redistributable: true,
  // The mirror's file was taken in June 2024, but its content is older: the second date counts.
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('/cves.json'), extent: 'whole', dateAt: 1 }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json',
          path: 'cves.json',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse(snapshot) {
    const [file] = snapshot.files;
    if (file === undefined) throw new Fault('feed-invalid', 'the snapshot is empty', { place: id });
    return parseTemplates(file);
  },
};

/** One JSON object a line. */
async function* parseTemplates(file: SnapshotReader): AsyncGenerator<FeedItem> {
  const lines = (await unpackedText(file)).split('\n');
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cve = readId(line);
    if (cve === undefined || !isCveId(cve)) yield skipped(id, file.path, cve ?? `line ${at + 1}`, 'not a CVE template');
    else yield { kind: 'facts', part: id, facts: { id: cve, exploit: 'poc' } };
  }
}

function readId(line: string): string | undefined {
  try {
    return template.safeParse(JSON.parse(line)).data?.ID;
  } catch {
    return undefined;
  }
}
