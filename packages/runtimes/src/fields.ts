import { type Platform, parseInstant } from '@hullcheck/core';
import { z } from 'zod';
import { textCharactersMax } from './limits.ts';

// Engines differ in what they leave out: only an id is demanded, everything else has a value for "not said".
export const text = z
  .string()
  .catch('')
  .transform((value) => value.slice(0, textCharactersMax));
export const texts = z.array(text).max(100_000).nullish().catch(null);
export const labels = z.record(z.string(), text).nullish().catch(null);
export const integer = z.number().int().catch(0);
export const unixSeconds = z
  .union([z.number(), z.string()])
  .nullish()
  .catch(null)
  .transform((value) => (typeof value === 'string' ? parseTime(value) : fromUnix(value)));
export const time = z.string().nullish().catch(null).transform(parseTime);
export const id = z.string().min(1).max(200);

export const Descriptor = z.object({ mediaType: text, digest: text }).nullish().catch(null);
export const PlatformText = z
  .object({ os: text.optional(), architecture: text.optional(), variant: text.optional() })
  .nullish()
  .catch(null)
  .transform((value) => toPlatform(value?.os, value?.architecture, value?.variant));

export const Config = z.object({ Env: texts, User: text.optional(), Labels: labels }).nullish().catch(null);

export function toPlatform(
  os: string | undefined,
  architecture: string | undefined,
  variant: string | undefined,
): Platform | null {
  if (os === undefined || os === '' || architecture === undefined || architecture === '') return null;
  return { os, architecture, variant: variant === undefined || variant === '' ? null : variant };
}

export function environmentNames(environment: readonly string[] | null | undefined): readonly string[] {
  return (environment ?? []).map((entry) => entry.split('=', 1)[0] ?? '');
}

/** Without the `<none>:<none>` and `<none>@<none>` that stand for "no name". */
export function named(values: readonly string[] | null | undefined): readonly string[] {
  return (values ?? []).filter((value) => value !== '' && !value.includes('<none>'));
}

export function withAlgorithm(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? `sha256:${value}` : value;
}

/** Go's zero time, which engines write for "never", is null. */
function parseTime(value: string | null | undefined): string | null {
  if (value === null || value === undefined || value.startsWith('0001-')) return null;
  return parseInstant(value) ?? null;
}

function fromUnix(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined || seconds <= 0 || seconds > 253_402_300_799) return null;
  return new Date(seconds * 1000).toISOString();
}
