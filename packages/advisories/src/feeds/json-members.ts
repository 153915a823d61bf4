import { Fault } from '@hullcheck/core';
import { JSON_DEPTH_MAX, RECORD_BYTES_MAX } from './limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * The members of one large JSON object, one at a time, so that a feed of any size is read in the memory of its largest
 * member. Each is parsed by JSON.parse; what stands between members is only split, not interpreted. The elements of the array
 * under `listed` come one at a time, each with that key: NVD has a whole year in one array.
 */
export async function* jsonMembers(
  bytes: AsyncIterable<Uint8Array>,
  place: string,
  listed?: string,
): AsyncGenerator<readonly [key: string, value: unknown]> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let ended = false;
  /** Depth at which commas part what is given: 1 for members, 2 for elements of the listed array. */
  let partedAt = 1;

  for await (const chunk of bytes) {
    let start = 0;
    for (let at = 0; at < chunk.byteLength; at += 1) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (ended || (depth === 0 && byte !== OPEN_BRACE)) throw invalid(place);
        depth += 1;
        if (depth > JSON_DEPTH_MAX) throw new Fault('limit-exceeded', `${place} is nested too deeply`, { place });
        const opensList =
          depth === 2 &&
          byte === OPEN_BRACKET &&
          listed !== undefined &&
          isKey(listed, Buffer.concat([...chunks, chunk.subarray(start, at)]));
        if (opensList) {
          partedAt = 2;
          chunks = [];
          held = 0;
        }
        if (depth === 1 || opensList) start = at + 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA) {
        if (depth === partedAt) {
          chunks.push(chunk.subarray(start, at));
          const member = parseMember(chunks, place, partedAt === 2 ? listed : undefined);
          if (member !== undefined) yield member;
          chunks = [];
          held = 0;
          start = at + 1;
          if (byte !== COMMA) partedAt = 1;
        }
        if (byte !== COMMA) depth -= 1;
        if (depth === 0) ended = true;
      }
    }
    if (depth > 0 && start < chunk.byteLength) {
      const rest = chunk.subarray(start);
      held += rest.byteLength;
      if (held > RECORD_BYTES_MAX) {
        throw new Fault('limit-exceeded', `${place} has a member above ${RECORD_BYTES_MAX} bytes`, { place });
      }
      // The source may reuse its buffer for the next chunk.
      chunks.push(Uint8Array.from(rest));
    }
  }
  if (!ended) throw new Fault('truncated', `${place} ends before its JSON does`, { place });
}

function isKey(name: string, before: Uint8Array): boolean {
  if (before.byteLength > name.length + 100) return false;
  return Buffer.from(before).toString('utf8').replaceAll(/\s/g, '') === `"${name}":`;
}

/** `listed`: the text is an element of the array under that key. */
function parseMember(
  chunks: readonly Uint8Array[],
  place: string,
  listed: string | undefined,
): readonly [string, unknown] | undefined {
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (text === '') return undefined;
  try {
    if (listed !== undefined) return [listed, JSON.parse(text)];
    const parsed: unknown = JSON.parse(`{${text}}`);
    return Object.entries(parsed ?? {})[0];
  } catch (error) {
    throw new Fault('feed-invalid', `${place} is not valid JSON`, { cause: error, place });
  }
}

function invalid(place: string): Fault {
  return new Fault('feed-invalid', `${place} is not one JSON object`, { place });
}
