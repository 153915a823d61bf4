import { limits } from '../limits.ts';
import type { Yaml } from './index.ts';

/** A value of a text and where the text goes on behind it. */
export interface Scanned<V> {
  readonly value: V;
  readonly end: number;
}

const ESCAPES: { readonly [mark: string]: string } = { n: '\n', t: '\t', r: '\r', '0': '\0', e: '\u001b', _: '\u00a0' };
const HEX_DIGITS: { readonly [mark: string]: number } = { x: 2, u: 4, U: 8 };

/** The quoted scalar at `start`, over lines where it goes over lines; undefined where nothing ends it. */
export function parseQuoted(source: string, start: number): Scanned<string> | undefined {
  const quote = source.charAt(start);
  const parts: string[] = [];
  for (let at = start + 1; at < source.length; ) {
    const stop = nextStop(source, at, quote);
    if (stop === -1) return undefined;
    parts.push(source.slice(at, stop));
    const mark = source.charAt(stop);
    if (mark === '\n') {
      parts.push(' ');
      at = stop + 1 + (/^[ \t]*/.exec(source.slice(stop + 1, stop + 1 + limits.yamlIndentMax))?.[0].length ?? 0);
    } else if (mark === '\\') {
      const escaped = parseEscape(source, stop + 1);
      if (escaped === undefined) return undefined;
      parts.push(escaped.value);
      at = escaped.end;
    } else if (quote === "'" && source.charAt(stop + 1) === "'") {
      parts.push("'");
      at = stop + 2;
    } else return { value: parts.join(''), end: stop + 1 };
  }
  return undefined;
}

function nextStop(source: string, from: number, quote: string): number {
  for (let at = from; at < source.length; at += 1) {
    const mark = source.charAt(at);
    if (mark === quote || mark === '\n' || (mark === '\\' && quote === '"')) return at;
  }
  return -1;
}

function parseEscape(source: string, at: number): Scanned<string> | undefined {
  const mark = source.charAt(at);
  const digits = HEX_DIGITS[mark];
  if (digits === undefined) return { value: ESCAPES[mark] ?? mark, end: at + 1 };
  const hex = source.slice(at + 1, at + 1 + digits);
  const code =
    hex.length === digits && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Number.POSITIVE_INFINITY;
  return code > 0x10ffff ? undefined : { value: String.fromCodePoint(code), end: at + 1 + digits };
}

/** The flow collection (`[a, b]`, `{a: b}`) at `start`. */
export function parseFlow(source: string, start: number): Scanned<Yaml> | undefined {
  return flowValue(source, start, 0);
}

function flowValue(source: string, from: number, depth: number): Scanned<Yaml> | undefined {
  const at = skipBlank(source, from);
  const mark = source.charAt(at);
  if (depth > limits.yamlDepthMax || mark === '') return undefined;
  if (mark === '[') return flowSequence(source, at + 1, depth);
  if (mark === '{') return flowMapping(source, at + 1, depth);
  if (mark === '"' || mark === "'") return parseQuoted(source, at);
  if ('&*!|>%@`'.includes(mark)) return undefined;
  let end = at;
  while (end < source.length && !endsPlain(source, end)) end += 1;
  const text = source.slice(at, end).trim();
  return { value: text === '' || text === '~' || text === 'null' ? null : text, end };
}

function endsPlain(source: string, at: number): boolean {
  const mark = source.charAt(at);
  return ',[]{}\n'.includes(mark) || (mark === ':' && ' \n,]}'.includes(source.charAt(at + 1)));
}

function flowSequence(source: string, from: number, depth: number): Scanned<Yaml> | undefined {
  const items: Yaml[] = [];
  for (let at = skipBlank(source, from); ; ) {
    if (source.charAt(at) === ']') return { value: items, end: at + 1 };
    const item = flowValue(source, at, depth + 1);
    if (item === undefined) return undefined;
    items.push(item.value);
    at = skipBlank(source, item.end);
    if (source.charAt(at) === ',') at = skipBlank(source, at + 1);
    else if (source.charAt(at) !== ']') return undefined;
  }
}

function flowMapping(source: string, from: number, depth: number): Scanned<Yaml> | undefined {
  const map = new Map<string, Yaml>();
  for (let at = skipBlank(source, from); ; ) {
    if (source.charAt(at) === '}') return { value: map, end: at + 1 };
    const key = flowValue(source, at, depth + 1);
    if (key === undefined || typeof key.value !== 'string') return undefined;
    at = skipBlank(source, key.end);
    let value: Scanned<Yaml> = { value: null, end: at };
    if (source.charAt(at) === ':') {
      const stated = flowValue(source, at + 1, depth + 1);
      if (stated === undefined) return undefined;
      value = stated;
    }
    map.set(key.value, value.value);
    at = skipBlank(source, value.end);
    if (source.charAt(at) === ',') at = skipBlank(source, at + 1);
    else if (source.charAt(at) !== '}') return undefined;
  }
}

function skipBlank(source: string, from: number): number {
  let at = from;
  while (at < source.length && ' \t\r\n'.includes(source.charAt(at))) at += 1;
  return at;
}
