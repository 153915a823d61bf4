import { type Digest, type Json, type LayerReport, parseDigest } from '@hullcheck/core';
import { z } from 'zod';

const DigestText = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  context.addIssue({ code: 'custom', message: 'not a digest' });
  return z.NEVER;
});
const Count = z.number().int().nonnegative();
const JsonValue = z.custom<Json>((value) => value !== undefined);

export const Problem = z.object({
  code: z.enum([
    'unreadable',
    'truncated',
    'limit-exceeded',
    'unsupported',
    'digest-mismatch',
    'size-mismatch',
    'layer-missing',
    'crashed',
    'timed-out',
    'undetermined-version',
    'no-operating-system',
    'unsupported-operating-system',
    'advisories-missing',
    'advisories-excerpt',
    'advisories-old',
    'differs-between-readers',
  ]),
  path: z.string().nullable(),
  layer: z.string().nullable(),
  detail: z.string(),
});

const Report = z.object({
  schemaVersion: z.literal(1),
  diffId: DigestText,
  blobDigest: DigestText,
  compression: z.enum(['none', 'gzip', 'zstd']),
  blobBytes: Count,
  tarBytes: Count,
  entries: Count,
  readers: z.record(z.string(), Count),
  whiteouts: z.array(z.string()),
  opaque: z.array(z.string()),
  links: z.record(z.string(), z.string()),
  evidence: z.array(z.object({ analyzer: z.string(), path: z.string(), data: JsonValue })),
  problems: z.array(Problem),
});

/** A layer report that was kept, sent by an agent or made by the reading process; undefined when its shape is wrong. */
export function parseLayerReport(value: unknown): LayerReport | undefined {
  const result = Report.safeParse(value);
  return result.success ? result.data : undefined;
}
