import { type ServedFile, servePacked, serveStep } from '@hullcheck/advisories';
import { Fault } from '@hullcheck/core';
import type { Database } from '../../store/database.ts';
import { findActiveRevision } from '../../store/feeds.ts';
import type { FileAnswer, Handlers } from '../route-table.ts';

/** The vulnerability database for those who follow this console: command lines and other consoles. */
export function databaseFileHandlers(
  database: Database,
  cacheDir: string,
): Pick<Handlers, 'database.file' | 'database.changes'> {
  /** However many ask at once, a revision is packed once. */
  const packing = new Map<string, Promise<ServedFile>>();
  return {
    'database.file': async () => {
      const active = await findActiveRevision(database);
      if (active === undefined) throw new Fault('not-found', 'this console has no vulnerability database yet');
      const { revision } = active;
      const packed =
        packing.get(revision) ?? servePacked(active.path, cacheDir).finally(() => void packing.delete(revision));
      packing.set(revision, packed);
      return toAnswer(await packed);
    },
    'database.changes': async ({ query }) => {
      const step = await serveStep(query.from, cacheDir);
      if (step === undefined) throw new Fault('not-found', 'no changes of this revision are kept: take the whole');
      return toAnswer(step);
    },
  };
}

function toAnswer({ path, bytes, sha256 }: ServedFile): FileAnswer {
  return { path, bytes, sha256, mediaType: 'application/zstd' };
}
