import { Fault } from '@hullcheck/core';
import { CSV_FIELD_BYTES_MAX, CSV_FIELDS_MAX } from './limits.ts';

/**
 * Rows of a CSV file (RFC 4180: quotes, doubled quotes, line ends inside quotes; LF or CRLF), one at a time.
 * Lines that start with `#` outside quotes are given as a row of one field, as EPSS writes its model there.
 */
export async function* csvRows(bytes: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let afterQuote = false;
  let comment = false;

  const endField = () => {
    row.push(field);
    if (row.length > CSV_FIELDS_MAX) throw new Fault('limit-exceeded', `${place} has too many columns`, { place });
    field = '';
    afterQuote = false;
  };

  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at];
      if (quoted) {
        if (character !== '"') continue;
        field += text.slice(start, at);
        start = at + 1;
        quoted = false;
        afterQuote = true;
        continue;
      }
      if (comment ? character === '\n' : character === ',' || character === '\n' || character === '"') {
        field += text.slice(start, at);
        start = at + 1;
        if (character === '"') {
          // A quote straight after a closing one stands for itself.
          if (afterQuote) field += '"';
          quoted = true;
          afterQuote = false;
        } else {
          if (character === '\n' && field.endsWith('\r')) field = field.slice(0, -1);
          endField();
          if (character === '\n') {
            comment = false;
            if (row.length > 1 || row[0] !== '') yield row;
            row = [];
          }
        }
      } else if (character === '#' && row.length === 0 && field === '' && at === start) comment = true;
      else afterQuote = false;
    }
    field += text.slice(start);
    if (field.length > CSV_FIELD_BYTES_MAX) {
      throw new Fault('limit-exceeded', `${place} has a field above ${CSV_FIELD_BYTES_MAX} characters`, { place });
    }
  }
  if (quoted) throw new Fault('truncated', `${place} ends inside a quoted field`, { place });
  if (field !== '' || row.length > 0) {
    endField();
    yield row;
  }
}

/** Rows as records by the names of the first row; a row with another number of fields is given as undefined. */
export async function* csvRecords(
  rows: AsyncIterable<readonly string[]>,
): AsyncGenerator<{ readonly line: number; readonly record: ReadonlyMap<string, string> | undefined }> {
  let names: readonly string[] | undefined;
  let line = 0;
  for await (const row of rows) {
    line += 1;
    if (names === undefined) {
      names = row;
      continue;
    }
    if (row.length !== names.length) yield { line, record: undefined };
    else yield { line, record: new Map(names.map((name, at) => [name, row[at] ?? ''])) };
  }
}
