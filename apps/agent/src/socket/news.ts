import { Fault } from '@hullcheck/core';
import { elementBytesMax } from '../limits.ts';

const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;

/**
 * Of each piece of an engine's event stream (a line of JSON for each event) the first event that makes an inventory old, without
 * what its attributes say. What follows in the same piece happened before the first was told of, so whoever looks then sees it too:
 * of 500 events a second ten are told, and no more than those are read.
 */
export async function* newsOf(
  pieces: AsyncIterable<Uint8Array>,
  isNews: (action: string) => boolean,
  place: string,
): AsyncGenerator<string> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const bytes =
      rest.byteLength === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
        : Buffer.concat([rest, piece]);
    let told: string | undefined;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1 && told === undefined; end = bytes.indexOf(NEWLINE, start)) {
      told = newsIn(bytes.subarray(start, end), isNews, place);
      start = end + 1;
    }
    if (told !== undefined) start = Math.max(start, bytes.lastIndexOf(NEWLINE) + 1);
    // An event whose line feed comes late is told of now; the beginning of one ends with a brace too, but is no JSON.
    if (told === undefined && bytes.at(-1) === CLOSING_BRACE && start < bytes.byteLength) {
      try {
        told = newsIn(bytes.subarray(start), isNews, place);
        start = bytes.byteLength;
      } catch {
        // The rest of it is to come.
      }
    }
    rest = bytes.slice(start);
    if (rest.byteLength > elementBytesMax)
      throw new Fault('limit-exceeded', `an event of more than ${elementBytesMax} bytes`, { place });
    if (told !== undefined) yield `${told}\n`;
  }
}

/** What happened to which object; the attributes of an event hold labels and command lines. */
function newsIn(line: Buffer, isNews: (action: string) => boolean, place: string): string | undefined {
  const text = line.toString('utf8').trim();
  if (text === '') return undefined;
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch (cause) {
    throw new Fault('unsupported', 'the engine’s event is not JSON', { place, cause });
  }
  if (typeof event !== 'object' || event === null) return undefined;
  const { Type, Action, Actor, time } = event as Record<string, unknown>;
  if (typeof Action !== 'string') return undefined;
  // `exec_start: /bin/sh -c …` says in its name what was run.
  const action = Action.split(':')[0] ?? '';
  if (!isNews(action)) return undefined;
  const id = typeof Actor === 'object' && Actor !== null && 'ID' in Actor ? Actor.ID : null;
  return JSON.stringify({ Type, Action: action, Actor: { ID: id }, time });
}
