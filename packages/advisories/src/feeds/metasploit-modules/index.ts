import { Fault } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedBytes } from '../decompression.ts';
import { isCveId } from '../facts.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { skipped } from '../items.ts';
import { jsonMembers } from '../json-members.ts';
import type { SnapshotReader } from '../snapshot.ts';

const id = 'metasploit-modules';

const module = z.object({ type: z.string(), references: z.array(z.string()).default([]) });

/** Metasploit's modules: an exploit module is a weapon that anyone can run; a scanner or a check proves the concept. */
export const metasploitModules: Feed = {
  id,
  version: 1,
  licence: 'BSD-3-Clause',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.json'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json',
          path: 'modules_metadata_base.json',
          part: id,
          bytesMax: 128 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse(snapshot, signal) {
    const [file] = snapshot.files;
    if (file === undefined) throw new Fault('feed-invalid', 'the snapshot is empty', { place: id });
    return parseModules(file, signal);
  },
};

async function* parseModules(file: SnapshotReader, signal: AbortSignal): AsyncGenerator<FeedItem> {
  // Held until the end: a CVE may have a scanner first and an exploit later. Some 3,000 ids.
  const states = new Map<string, 'poc' | 'weaponized'>();
  for await (const [name, value] of jsonMembers(unpackedBytes(file), file.path)) {
    signal.throwIfAborted();
    const parsed = module.safeParse(value);
    if (!parsed.success) {
      yield skipped(id, file.path, name, 'not a module');
      continue;
    }
    for (const reference of parsed.data.references) {
      if (!isCveId(reference)) {
        // Other kinds of reference are no records of ours; an id that cannot be is one (the examples use CVE-1978-1234).
        if (reference.startsWith('CVE-')) yield skipped(id, file.path, name, `"${reference}" is not a CVE id`);
        continue;
      }
      const weapon = parsed.data.type === 'exploit';
      if (weapon || !states.has(reference)) states.set(reference, weapon ? 'weaponized' : 'poc');
    }
  }
  for (const [cve, exploit] of states) yield { kind: 'facts', part: id, facts: { id: cve, exploit } };
}
