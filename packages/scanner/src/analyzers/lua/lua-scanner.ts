/** `mark` is an operator or bracket; `end` the end of the text; `none` a character that Lua has no use for. */
export type LuaToken =
  | { readonly kind: 'string' | 'number' | 'name' | 'mark'; readonly value: string }
  | { readonly kind: 'end' | 'none'; readonly value: '' };

const END: LuaToken = { kind: 'end', value: '' };
const NONE: LuaToken = { kind: 'none', value: '' };
const MARKS = ['...', '..', '==', '~=', '<=', '>=', '//', '::', '<<', '>>'] as const;
const SINGLE = '+-*/%^#&~|<>=(){}[];:,.';
const ESCAPES: { readonly [mark: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Cuts Lua source into tokens, without comments; each character is looked at a fixed number of times. https://www.lua.org/manual/5.4/manual.html#3.1 */
export class LuaScanner {
  readonly #source: string;
  #at: number;

  constructor(source: string) {
    this.#source = source;
    this.#at = source.startsWith('#') ? endOfLine(source, 0) : 0;
  }

  next(): LuaToken {
    if (!this.#skipBlank()) return NONE;
    const source = this.#source;
    if (this.#at >= source.length) return END;
    const first = source.charAt(this.#at);
    if (first === '"' || first === "'") return this.#quoted(first);
    if (first === '[') {
      const long = this.#longBracket();
      if (long !== undefined) return long === 'open' ? NONE : { kind: 'string', value: long.text };
    }
    if (/[A-Za-z_]/.test(first)) return { kind: 'name', value: this.#run(/\w/) };
    if (/[0-9]/.test(first)) return { kind: 'number', value: this.#run(/[\w.]/) };
    const mark =
      MARKS.find((text) => source.startsWith(text, this.#at)) ?? (SINGLE.includes(first) ? first : undefined);
    if (mark === undefined) return NONE;
    this.#at += mark.length;
    return { kind: 'mark', value: mark };
  }

  /** False where a long comment has no end. */
  #skipBlank(): boolean {
    const source = this.#source;
    while (this.#at < source.length) {
      if (source.startsWith('--', this.#at)) {
        this.#at += 2;
        const long = source.charAt(this.#at) === '[' ? this.#longBracket() : undefined;
        if (long === 'open') return false;
        if (long === undefined) this.#at = endOfLine(source, this.#at);
      } else if (/\s/.test(source.charAt(this.#at))) this.#at += 1;
      else return true;
    }
    return true;
  }

  /** `[[text]]`, `[==[text]==]`; undefined where the bracket opens none. */
  #longBracket(): { readonly text: string } | 'open' | undefined {
    const source = this.#source;
    let level = 0;
    while (source.charAt(this.#at + 1 + level) === '=' && level < LEVELS_MAX) level += 1;
    if (source.charAt(this.#at + 1 + level) !== '[') return undefined;
    const start = this.#at + 2 + level;
    const close = `]${'='.repeat(level)}]`;
    const end = source.indexOf(close, start);
    if (end === -1) return 'open';
    this.#at = end + close.length;
    return { text: source.slice(start, end).replace(/^\r?\n/, '') };
  }

  #quoted(quote: string): LuaToken {
    const source = this.#source;
    const parts: string[] = [];
    let start = this.#at + 1;
    for (let at = start; at < source.length; at += 1) {
      const mark = source.charAt(at);
      if (mark === '\n') return NONE;
      if (mark === quote) {
        parts.push(source.slice(start, at));
        this.#at = at + 1;
        return { kind: 'string', value: parts.join('') };
      }
      if (mark !== '\\') continue;
      const code = /^(?:x([0-9A-Fa-f]{2})|(\d{1,3}))/.exec(source.slice(at + 1, at + 4));
      const escaped = source.charAt(at + 1);
      const value =
        code === null
          ? (ESCAPES[escaped] ?? escaped)
          : String.fromCharCode(code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16));
      parts.push(source.slice(start, at), value);
      start = at + 1 + (code === null ? 1 : code[0].length);
      at = start - 1;
    }
    return NONE;
  }

  #run(characters: RegExp): string {
    const start = this.#at;
    while (this.#at < this.#source.length && characters.test(this.#source.charAt(this.#at))) this.#at += 1;
    return this.#source.slice(start, this.#at);
  }
}

/** More `=` in a long bracket than anybody writes. */
const LEVELS_MAX = 64;

function endOfLine(source: string, at: number): number {
  const newline = source.indexOf('\n', at);
  return newline === -1 ? source.length : newline + 1;
}
