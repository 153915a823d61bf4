import type { PackageSupport } from '@hullcheck/core';
import * as z from 'zod';

/**
 * How long packages are cared for lies in the table of statements, under keys that no product has: files with it are read by
 * versions that know nothing of it, and files without it lack nothing.
 */
const PREFIX = 'support:';

const supportBody = z.object({
  /** Title. */
  t: z.string(),
  /** Reference of all lines that name no other. */
  r: z.string().nullable(),
  /** Covers, status (supported, limited, ended), first day without, extended until, own reference where it differs. */
  l: z.array(
    z.tuple([
      z.string(),
      z.number().int().min(0).max(2),
      z.string().nullable(),
      z.string().nullable(),
      z.string().nullable().optional(),
    ]),
  ),
});

const STATUSES = ['supported', 'limited', 'ended'] as const;

export function supportRowKey(key: string): string {
  return `${PREFIX}${key}`;
}

export function isSupportRow(rowKey: string): boolean {
  return rowKey.startsWith(PREFIX);
}

export function writeSupport({ title, lines }: PackageSupport): string {
  const reference = lines[0]?.reference ?? null;
  return JSON.stringify({
    t: title,
    r: reference,
    l: lines.map((line) => [
      line.covers,
      STATUSES.indexOf(line.status),
      line.from,
      line.extended,
      ...(line.reference === reference ? [] : [line.reference]),
    ]),
  });
}

export function readSupport(rowKey: string, text: string): PackageSupport {
  const body = supportBody.parse(JSON.parse(text));
  return {
    key: rowKey.slice(PREFIX.length),
    title: body.t,
    lines: body.l.map(([covers, status, from, extended, reference]) => ({
      covers,
      status: STATUSES[status] ?? 'supported',
      from,
      extended,
      reference: reference === undefined ? body.r : reference,
    })),
  };
}
