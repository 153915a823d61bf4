import { Fault } from '@hullcheck/core';
import type { z } from 'zod';
import { imageLimits } from '../limits.ts';

/**
 * One JSON document of an image, checked by a schema that takes only what is needed. Faults: `limit-exceeded` for size, depth
 * or number of values, `not-an-image` for what is no JSON or has the wrong shape; the place names the document.
 */
export function parseDocument<T>(bytes: Uint8Array, schema: z.ZodType<T>, place: string, bytesMax: number): T {
  if (bytes.length > bytesMax) {
    throw new Fault('limit-exceeded', `${place} has ${bytes.length} bytes, more than ${bytesMax}`, { place });
  }
  // Counted before parsing: a parser's recursion is the attack, and so is what it makes of little text.
  const { depth, values } = extentOf(bytes);
  const { jsonDepthMax, jsonValuesMax } = imageLimits;
  if (depth > jsonDepthMax) {
    throw new Fault('limit-exceeded', `${place} is nested deeper than jsonDepthMax (${jsonDepthMax})`, { place });
  }
  if (values > jsonValuesMax) {
    throw new Fault('limit-exceeded', `${place} has more values than jsonValuesMax (${jsonValuesMax})`, { place });
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (cause) {
    throw new Fault('not-an-image', `${place} is not JSON`, { place, cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new Fault('not-an-image', `${place} has the wrong shape${where}`, { place, cause: result.error });
}

function extentOf(bytes: Uint8Array): { readonly depth: number; readonly values: number } {
  let depth = 0;
  let values = 1;
  let deepest = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x2c) values++;
    else if (byte === 0x7b || byte === 0x5b) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return { depth: deepest, values };
}
