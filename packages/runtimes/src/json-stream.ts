import { Fault } from '@hullcheck/core';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);
/** White space and the comma: what may stand between elements. */
const BETWEEN: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20, 0x2c]);
/** What is left of a whole answer without its elements: a list, or Go's list that was never made. */
const LISTS: ReadonlySet<string> = new Set(['[]', 'null']);

export interface StreamLimits {
  readonly elementBytesMax: number;
  readonly elementsMax: number;
  readonly bytesMax: number;
}

/**
 * The elements of a top-level JSON array, or the objects of a stream of them (`depth` 0), one at a time: a list of five
 * thousand containers is never in memory as one text. Only structure is followed here; each element goes through
 * `JSON.parse` and then through its schema. What is asked for as a list and is none (nothing, a message, a page) is a fault:
 * read as an empty list it would take all images of a host away.
 */
export async function* readJsonElements(
  chunks: AsyncIterable<Uint8Array>,
  depth: 0 | 1,
  limits: StreamLimits,
  place: string,
): AsyncGenerator<unknown, void, void> {
  let parts: Uint8Array[] = [];
  let elementBytes = 0;
  let elements = 0;
  let bytes = 0;
  let level = 0;
  let inString = false;
  let isEscaped = false;
  let outside = '';
  const finish = (tail: Uint8Array): unknown => {
    elements += 1;
    if (elements > limits.elementsMax) throw tooMuch(`more than ${limits.elementsMax} entries`, place);
    const text = Buffer.concat([...parts, tail]).toString('utf8');
    parts = [];
    elementBytes = 0;
    return parseText(text, place);
  };
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > limits.bytesMax) throw tooMuch(`more than ${limits.bytesMax} bytes`, place);
    let start = level > depth ? 0 : -1;
    let backslash = -1;
    for (let at = 0; at < chunk.byteLength; at += 1) {
      if (inString && !isEscaped) {
        // Most of an answer is in strings: to their end at once.
        if (backslash < at) backslash = positionOf(BACKSLASH, chunk, at);
        at = Math.min(positionOf(QUOTE, chunk, at), backslash);
        if (at === chunk.byteLength) break;
      }
      const byte = chunk[at] ?? 0;
      const isOutside = !inString && level < 2 && !(level === 1 && OPENING.has(byte)) && !BETWEEN.has(byte);
      if (depth === 1 && isOutside && outside.length < 8) outside += String.fromCharCode(byte);
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (OPENING.has(byte)) {
        if (level === depth) start = at;
        level += 1;
      } else if (CLOSING.has(byte)) {
        level -= 1;
        if (level === depth && start !== -1) {
          yield finish(chunk.subarray(start, at + 1));
          start = -1;
        }
      }
    }
    if (start !== -1) {
      const rest = chunk.slice(start);
      parts.push(rest);
      elementBytes += rest.byteLength;
      if (elementBytes > limits.elementBytesMax)
        throw tooMuch(`an entry of more than ${limits.elementBytesMax} bytes`, place);
    }
  }
  if (level > 0) throw new Fault('truncated', 'the engine’s answer ends in the middle', { place });
  if (depth === 1 && !LISTS.has(outside))
    throw new Fault('unsupported', 'the engine’s answer is not a list', { place });
}

function positionOf(byte: number, chunk: Uint8Array, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at === -1 ? chunk.byteLength : at;
}

/**
 * The one JSON value that an answer is. Nothing is looked at before it is whole: following the structure of five thousand
 * inspected containers byte by byte would cost more than all else that is done with them.
 */
export async function readJsonValue(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
  place: string,
): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooMuch(`more than ${bytesMax} bytes`, place);
    parts.push(chunk);
  }
  return parseText(Buffer.concat(parts).toString('utf8'), place);
}

function parseText(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('unsupported', 'the engine’s answer is not JSON', { place, cause });
  }
}

/** All that comes, where there is room for it. */
export async function toList<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function tooMuch(what: string, place: string): Fault {
  return new Fault('limit-exceeded', `the engine’s answer has ${what}`, { place });
}
