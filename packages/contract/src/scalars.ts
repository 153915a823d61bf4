import { type Digest, parseDigest, parseInstant } from '@hullcheck/core';
import { z } from 'zod';

/** RFC 3339 with offset or Z, of the years 1 to 9999: what each database and each program can hold. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine((value) => parseInstant(value) !== undefined, 'not a moment of the years 1 to 9999');
export const id = z.uuid();
export const digest = z.string().refine((value): value is Digest => parseDigest(value) !== undefined, 'not a digest');
/**
 * Text from outside: bounded, never with U+0000, which PostgreSQL refuses, and well-formed: two texts that differ only in a
 * lone surrogate would be stored as one.
 */
export const text = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .refine((value) => !value.includes('\u0000'), 'contains U+0000')
    .overwrite((value) => value.toWellFormed());

/**
 * `silent`: three heartbeats are missing, and what is said of the host is as of when it was last heard from. `inactive`: for hours
 * nothing was heard; nothing on it counts as running.
 */
export const hostState = z.enum(['reporting', 'silent', 'inactive']);
export type HostState = z.infer<typeof hostState>;

export const idParams = z.object({ id });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  // A name of 600 characters in a script of Asia is 2,400 in a cursor.
  cursor: z.string().max(4_000).optional(),
});

/** A page of a list. `total` is counted exactly up to 10,000. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable(),
    total: z.object({ value: z.number().int(), exact: z.boolean() }),
  });

export const problemDocument = z.object({
  /** The fault's code. */
  code: z.string(),
  /** What happened, where, and why: fit to be shown. */
  message: z.string(),
  place: z.string().nullable(),
  hint: z.string().nullable(),
  /** Id of the request, for the log. */
  requestId: z.string(),
});
export type ProblemDocument = z.infer<typeof problemDocument>;
