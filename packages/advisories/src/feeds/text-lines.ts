import { Fault } from '@hullcheck/core';
import { CSV_FIELD_BYTES_MAX } from './limits.ts';

/** The lines of a text, without their ends, one at a time. Fault `limit-exceeded` for one longer than a line may be. */
export async function* textLines(bytes: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > CSV_FIELD_BYTES_MAX)
      throw new Fault('limit-exceeded', `${place} has a line without end`, { place });
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
