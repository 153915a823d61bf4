import { limits } from '../limits.ts';

/** What stands at a place of Ruby source; `value` is undefined where it is no literal, or one that would have to be computed. */
export interface Literal {
  readonly value: string | readonly string[] | undefined;
  /** Where the source goes on; the place itself where nothing was understood. */
  readonly end: number;
}

const CLOSING = new Map([
  ['<', '>'],
  ['{', '}'],
  ['(', ')'],
  ['[', ']'],
]);

/**
 * A string (`"a"`, `'a'`, `%q<a>`, with or without `.freeze`) or an array of strings (`["a", "b"]`, `%w[a b]`) of Ruby source,
 * as literally as it stands: nothing is evaluated, and a string that interpolates has no value.
 * https://docs.ruby-lang.org/en/master/syntax/literals_rdoc.html
 */
export function parseLiteral(source: string, start: number): Literal {
  const at = skipSpace(source, start);
  if (source[at] === '[') return parseArray(source, at);
  if (source[at] === '%' && /[wW]/.test(source[at + 1] ?? '')) return parseWords(source, at);
  const { value, end } = parseString(source, at);
  return { value, end: source.startsWith('.freeze', end) ? end + '.freeze'.length : end };
}

/** The literals of an argument list, `"a", ["b"]`, up to the first thing that is none. */
export function parseLiterals(source: string, start: number): readonly Literal['value'][] {
  const values: Literal['value'][] = [];
  let at = start;
  while (values.length < limits.needsPerPackageMax) {
    const { value, end } = parseLiteral(source, at);
    if (end === skipSpace(source, at)) break;
    values.push(value);
    const comma = skipSpace(source, end);
    if (source[comma] !== ',') break;
    at = comma + 1;
  }
  return values;
}

function parseArray(source: string, start: number): Literal {
  const values: string[] = [];
  let literal = true;
  let at = skipSpace(source, start + 1);
  while (source[at] !== ']') {
    // Arrays of arrays occur in no field that is read, and refusing them keeps this free of recursion.
    const item: Literal = source[at] === '[' ? { value: undefined, end: at } : parseLiteral(source, at);
    if (item.end === at) return { value: undefined, end: at };
    if (typeof item.value === 'string') values.push(item.value);
    else literal = false;
    at = skipSpace(source, item.end);
    if (source[at] === ',') at = skipSpace(source, at + 1);
    else if (source[at] !== ']') return { value: undefined, end: at };
  }
  return { value: literal ? values : undefined, end: at + 1 };
}

function parseWords(source: string, start: number): Literal {
  const { value, end } = parseDelimited(source, start + 2);
  if (value === undefined) return { value, end };
  const words = value.split(/\s+/).filter((word) => word !== '');
  return { value: words, end: source.startsWith('.freeze', end) ? end + '.freeze'.length : end };
}

function parseString(source: string, at: number): { readonly value: string | undefined; readonly end: number } {
  if (source[at] === '"') return parseDoubleQuoted(source, at + 1);
  if (source[at] === "'") return parseSingleQuoted(source, at + 1);
  if (source[at] !== '%') return { value: undefined, end: at };
  return parseDelimited(source, /[qQ]/.test(source[at + 1] ?? '') ? at + 2 : at + 1);
}

function parseSingleQuoted(source: string, start: number): { value: string | undefined; end: number } {
  let value = '';
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === "'") return { value, end: at + 1 };
    if (source[at] === '\\' && (source[at + 1] === '\\' || source[at + 1] === "'")) at += 1;
    value += source[at];
  }
  return { value: undefined, end: source.length };
}

/** The content between two delimiters, which nest. */
function parseDelimited(source: string, start: number): { value: string | undefined; end: number } {
  const open = source[start] ?? '';
  const close = CLOSING.get(open);
  if (close === undefined) return { value: undefined, end: start };
  let depth = 0;
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === open) depth += 1;
    if (source[at] === close) depth -= 1;
    if (depth === 0) {
      const value = source.slice(start + 1, at);
      return { value: /\\|#\{/.test(value) ? undefined : value, end: at + 1 };
    }
  }
  return { value: undefined, end: source.length };
}

const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['s', ' '],
  ['e', '\u001b'],
  ['0', '\0'],
]);

/** As String#dump writes them: `\u00E9`, `\u{1F600}`, `\xE9`, `\#`. */
function parseDoubleQuoted(source: string, start: number): { value: string | undefined; end: number } {
  let value = '';
  let literal = true;
  for (let at = start; at < source.length; ) {
    const char = source[at] ?? '';
    if (char === '"') return { value: literal ? value : undefined, end: at + 1 };
    if (char === '#' && /[{$@]/.test(source[at + 1] ?? '')) literal = false;
    if (char !== '\\') {
      value += char;
      at += 1;
      continue;
    }
    const code = /^(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))/.exec(source.slice(at + 1, at + 11));
    const hex = code?.[1] ?? code?.[2] ?? code?.[3];
    const point = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
    if (code !== null && point <= 0x10ffff) {
      // A byte above 0x7f is part of a character in some other encoding.
      value += code[3] !== undefined && point > 0x7f ? '\uFFFD' : String.fromCodePoint(point);
      at += 1 + code[0].length;
    } else {
      const escaped = source[at + 1] ?? '';
      value += ESCAPES.get(escaped) ?? escaped;
      at += 2;
    }
  }
  return { value: undefined, end: source.length };
}

function skipSpace(source: string, start: number): number {
  let at = start;
  while (source[at] === ' ' || source[at] === '\t') at += 1;
  return at;
}
