import * as z from 'zod';
import { SCHEMA_VERSION } from '../database/schema.ts';

/**
 * What changed from one revision to the next: lines of JSON, packed with zstd. The first names both revisions and states the
 * small tables of each feed that changed whole; the others are one advisory (with all that it says of packages), one
 * fact or one product's statements each, as it is now, or that it is gone.
 */
export const DELTA_FORMAT = 'hullcheck-database-changes';
export const DELTA_VERSION = 1;

const revision = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const text = z.string();

export const deltaHeader = z.object({
  format: z.literal(DELTA_FORMAT),
  version: z.literal(DELTA_VERSION),
  schema: z.literal(SCHEMA_VERSION),
  from: revision,
  to: revision,
  builtAt: text,
  /** Over the revision that results; null where that one is not signed. */
  signature: text.nullable(),
  feeds: z.array(
    z.object({
      id: text,
      ordinal: count,
      version: count,
      snapshot: text,
      records: count,
      /** id, date, extent, records, ecosystems, licence. */
      sources: z.array(z.tuple([text, text, text, count, text, text.nullable()])),
      /** distribution, release, end of life, extended. */
      support: z.array(z.tuple([text, text, text.nullable(), text.nullable()])),
    }),
  ),
});
export type DeltaHeader = z.infer<typeof deltaHeader>;

/** ecosystem, lookup name, ordinal, body. */
const affected = z.tuple([text, text, count, text]);
export const deltaLine = z.union([
  z.tuple([z.literal('advisory'), count, text, text.nullable(), z.array(affected)]),
  z.tuple([z.literal('no-advisory'), count, text]),
  z.tuple([z.literal('fact'), count, count, text]),
  z.tuple([z.literal('no-fact'), count, count]),
  z.tuple([z.literal('statements'), count, text, text]),
  z.tuple([z.literal('no-statements'), count, text]),
]);
export type DeltaLine = z.infer<typeof deltaLine>;
