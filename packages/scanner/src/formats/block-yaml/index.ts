import { limits } from '../limits.ts';
import { parseFlow, parseQuoted, type Scanned } from './scalars.ts';

/** Scalars stay text: version `1.10` is no number. An empty value is null. */
export type Yaml = string | null | readonly Yaml[] | YamlMap;
/** Keys are of foreign making, and no map key is special. */
export type YamlMap = ReadonlyMap<string, Yaml>;

interface Line {
  readonly indent: number;
  /** Without indentation and line end. */
  readonly text: string;
  /** Where `text` stands in the whole. */
  readonly start: number;
  /** Where the next line begins. */
  readonly next: number;
}

class NotYaml extends Error {}

/**
 * The one document of a YAML file as programs write lock files: block mappings and sequences, plain, quoted and block scalars, flow
 * collections. Undefined for anything else, and for what needs more than that: anchors, aliases, tags, complex keys (the
 * `yaml` package takes minutes for 64 KiB of `? `, and lock files have none of them) and nesting above `yamlDepthMax`.
 * The time is linear in the size, which the caller bounds. https://yaml.org/spec/1.2.2/
 */
export function parseBlockYaml(bytes: Uint8Array): Yaml | undefined {
  const reader = new BlockReader(new TextDecoder('utf-8').decode(bytes));
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof NotYaml) return undefined;
    throw error;
  }
}

export function yamlMapOf(value: Yaml | undefined): YamlMap | undefined {
  return value instanceof Map ? value : undefined;
}

export function yamlTextOf(value: Yaml | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function yamlListOf(value: Yaml | undefined): readonly Yaml[] {
  return Array.isArray(value) ? value : [];
}

/** Walks the text line by line; `#line` is the next line with content, or what is left of it behind a `- `. */
class BlockReader {
  readonly #text: string;
  #line: Line | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#advance(0);
  }

  document(): Yaml {
    while (this.#line?.text.startsWith('%')) this.#advance(this.#line.next);
    if (this.#line?.text === '---') this.#advance(this.#line.next);
    const value = this.#line === undefined ? null : this.#block(0);
    if (this.#line !== undefined) throw new NotYaml();
    return value;
  }

  /** Puts the first line from `at` that has content in place; an end mark ends the document. */
  #advance(at: number): void {
    for (let start = at; start < this.#text.length; ) {
      const line = this.#lineAt(start);
      if (line.text === '...' && line.indent === 0) break;
      if (line.text !== '' && !line.text.startsWith('#')) {
        if (line.text.startsWith('\t')) throw new NotYaml();
        this.#line = line;
        return;
      }
      start = line.next;
    }
    this.#line = undefined;
  }

  #lineAt(start: number): Line {
    const newline = this.#text.indexOf('\n', start);
    const end = newline === -1 ? this.#text.length : newline;
    let first = start;
    while (first < end && this.#text.charCodeAt(first) === SPACE) first += 1;
    return { indent: first - start, text: this.#text.slice(first, end).trimEnd(), start: first, next: end + 1 };
  }

  #block(depth: number): Yaml {
    const line = this.#line;
    if (line === undefined || depth > limits.yamlDepthMax) throw new NotYaml();
    if (isItem(line.text)) return this.#sequence(line.indent, depth);
    if (keyOf(line.text) !== undefined) return this.#mapping(line.indent, depth);
    return this.#scalar(line.text, line, line.indent - 1);
  }

  #sequence(indent: number, depth: number): readonly Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#line; line?.indent === indent && isItem(line.text); line = this.#line) {
      const rest = line.text.slice(1).trimStart();
      if (rest === '' || rest.startsWith('#')) {
        this.#advance(line.next);
        items.push(this.#nested(indent, depth));
        continue;
      }
      const column = indent + line.text.length - rest.length;
      this.#line = { ...line, indent: column, text: rest, start: line.start + line.text.length - rest.length };
      const starts = isItem(rest) || keyOf(rest) !== undefined;
      items.push(starts ? this.#block(depth + 1) : this.#scalar(rest, line, indent));
    }
    return items;
  }

  #mapping(indent: number, depth: number): YamlMap {
    const map = new Map<string, Yaml>();
    for (let line = this.#line; line?.indent === indent; line = this.#line) {
      const key = isItem(line.text) ? undefined : keyOf(line.text);
      if (key === undefined) throw new NotYaml();
      const rest = line.text.slice(key.end).trimStart();
      if (rest === '' || rest.startsWith('#')) {
        this.#advance(line.next);
        map.set(key.value, this.#valueBelow(indent, depth));
      } else map.set(key.value, this.#scalar(rest, line, indent));
    }
    if (this.#line !== undefined && this.#line.indent > indent) throw new NotYaml();
    return map;
  }

  /** A sequence may stand at its key's own column. */
  #valueBelow(indent: number, depth: number): Yaml {
    const line = this.#line;
    return line?.indent === indent && isItem(line.text)
      ? this.#sequence(indent, depth + 1)
      : this.#nested(indent, depth);
  }

  #nested(indent: number, depth: number): Yaml {
    return this.#line !== undefined && this.#line.indent > indent ? this.#block(depth + 1) : null;
  }

  /** A value that starts with `text` on `line`; lines deeper than `indent` go on with it. */
  #scalar(text: string, line: Line, indent: number): Yaml {
    const mark = text.charAt(0);
    if (mark === '|' || mark === '>') return this.#blockScalar(line, indent, mark === '|' ? '\n' : ' ');
    if ('&*!?@`%,]}'.includes(mark) && (mark !== '?' || text.length === 1 || text.charAt(1) === ' '))
      throw new NotYaml();
    if (mark === '"' || mark === "'" || mark === '[' || mark === '{') return this.#delimited(text, line);
    const parts = [withoutComment(text)];
    this.#advance(line.next);
    for (let more = this.#line; more !== undefined && more.indent > indent; more = this.#line) {
      if (keyOf(more.text) !== undefined) throw new NotYaml();
      parts.push(withoutComment(more.text));
      this.#advance(more.next);
    }
    const value = parts.join(' ');
    return value === '~' || value === 'null' ? null : value;
  }

  /** Quoted scalars and flow collections end where they say, on this line or a later one. */
  #delimited(text: string, line: Line): Yaml {
    const source = this.#text;
    const from = line.start + line.text.length - text.length;
    const scanned: Scanned<Yaml> | undefined =
      text.startsWith('"') || text.startsWith("'") ? parseQuoted(source, from) : parseFlow(source, from);
    if (scanned === undefined) throw new NotYaml();
    const newline = source.indexOf('\n', scanned.end);
    const end = newline === -1 ? source.length : newline;
    const rest = source.slice(scanned.end, end).trim();
    if (rest !== '' && !rest.startsWith('#')) throw new NotYaml();
    this.#advance(end + 1);
    return scanned.value;
  }

  #blockScalar(line: Line, indent: number, separator: string): string {
    const parts: string[] = [];
    let at = line.next;
    while (at < this.#text.length) {
      const next = this.#lineAt(at);
      if (next.text !== '' && next.indent <= indent) break;
      parts.push(next.text);
      at = next.next;
    }
    this.#advance(at);
    return parts.join(separator).trim();
  }
}

const SPACE = 0x20;

function isItem(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}

/** The key that a line starts with and where its value begins; undefined where the line is no entry of a mapping. */
function keyOf(text: string): Scanned<string> | undefined {
  const mark = text.charAt(0);
  if (mark === '"' || mark === "'") {
    const quoted = parseQuoted(text, 0);
    return quoted !== undefined && /^\s*:(?:\s|$)/.test(text.slice(quoted.end, quoted.end + 100))
      ? { value: quoted.value, end: text.indexOf(':', quoted.end) + 1 }
      : undefined;
  }
  if ('[{&*!|>%@`'.includes(mark) || text.startsWith('? ')) return undefined;
  const inner = text.indexOf(': ');
  const colon = inner !== -1 ? inner : text.endsWith(':') ? text.length - 1 : -1;
  const comment = text.indexOf(' #');
  if (colon <= 0 || (comment !== -1 && comment < colon)) return undefined;
  return { value: text.slice(0, colon).trimEnd(), end: colon + 1 };
}

function withoutComment(text: string): string {
  const comment = text.indexOf(' #');
  return comment === -1 ? text : text.slice(0, comment).trimEnd();
}
