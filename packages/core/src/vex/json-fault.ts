import { vexLimits } from './limits.ts';

/** Any one token of JSON, with the white space before it. https://www.rfc-editor.org/rfc/rfc8259 */
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;

/** What may come next: a value, a value or the end of an empty list, a key, a key or `}`, `:`, or `,` or an end. */
type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end';

/**
 * Where a text ceases to be JSON: line and column from 1. Undefined where it is JSON. V8 says what it stumbled over, but
 * mostly not where. Undefined also where the text is too long to be looked through.
 */
export function findJsonFault(text: string): { readonly line: number; readonly column: number } | undefined {
  if (text.length > vexLimits.placedCharactersMax) return undefined;
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next: Expected | undefined = token === null ? undefined : afterToken(token[1], token[2], expected, open);
    if (next === undefined) break;
    at = TOKEN.lastIndex;
    expected = next;
    if (open.length === 0 && expected === 'comma-or-end') break;
  }
  const rest = /[^ \t\r\n]/g;
  rest.lastIndex = at;
  const found = rest.exec(text);
  if (found === null && open.length === 0 && expected === 'comma-or-end') return undefined;
  const before = text.slice(0, found?.index ?? text.length).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Undefined where the token may not stand here. Changes `open`. */
function afterToken(
  mark: string | undefined,
  string: string | undefined,
  expected: Expected,
  open: ('{' | '[')[],
): Expected | undefined {
  const wantsValue = expected === 'value' || expected === 'value-or-end';
  if (mark === undefined) {
    if (wantsValue) return 'comma-or-end';
    return string !== undefined && expected.startsWith('key') ? 'colon' : undefined;
  }
  if (mark === '{' || mark === '[') {
    if (!wantsValue) return undefined;
    open.push(mark);
    return mark === '{' ? 'key-or-end' : 'value-or-end';
  }
  if (mark === ':') return expected === 'colon' ? 'value' : undefined;
  if (mark === ',')
    return expected !== 'comma-or-end' || open.length === 0 ? undefined : open.at(-1) === '{' ? 'key' : 'value';
  const wanted = mark === '}' ? '{' : '[';
  const mayEnd = expected === 'comma-or-end' || expected === (mark === '}' ? 'key-or-end' : 'value-or-end');
  return mayEnd && open.pop() === wanted ? 'comma-or-end' : undefined;
}
