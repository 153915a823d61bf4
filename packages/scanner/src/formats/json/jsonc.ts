import { type JsonObject, toObject } from './index.ts';

const decoder = new TextDecoder('utf-8');

/** The bytes as one JSON object that may have comments and commas after last items; undefined when they are anything else. */
export function parseJsoncObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    return toObject(JSON.parse(toPlainJson(decoder.decode(bytes))));
  } catch {
    return undefined;
  }
}

/** One pass over the text; what else is wrong with it is left for the JSON parser to say. */
function toPlainJson(text: string): string {
  const pieces: string[] = [];
  let kept = 0;
  /** The comma that nothing but white space and comments follows so far. */
  let comma: number | undefined;
  const comments: { readonly start: number; readonly end: number }[] = [];
  const cut = (start: number, end: number): void => {
    pieces.push(text.slice(kept, start));
    kept = end;
  };
  const cutComments = (): void => {
    for (const { start, end } of comments.splice(0)) cut(start, end);
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) {
      comments.push({ start: index, end: index + token.length });
      continue;
    }
    if (comma !== undefined && (token === '}' || token === ']')) cut(comma, comma + 1);
    cutComments();
    comma = token === ',' ? index : undefined;
  }
  cutComments();
  return `${pieces.join('')}${text.slice(kept)}`;
}

/** A string, a comment (either may lack its end), a mark, or a run of anything else but white space. */
const TOKEN = /"(?:[^"\\]+|\\[\s\S])*"?|\/\/[^\n]*|\/\*(?:[^*]+|\*(?!\/))*(?:\*\/)?|[,{}[\]]|[^"/,{}[\]\s]+|\//g;
