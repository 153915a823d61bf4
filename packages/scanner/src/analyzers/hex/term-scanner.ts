export type TermSyntax = 'erlang' | 'elixir';

const MARKS = ['{', '}', '[', ']', ',', '|', '=>', '.', '%{', '#{'] as const;
export type Mark = (typeof MARKS)[number];

export type Token =
  /** Atoms and numbers. */
  | { readonly kind: 'word'; readonly value: string }
  /** Strings and binaries; two in a row are one. */
  | { readonly kind: 'string'; readonly value: string }
  /** `name: ` of an Elixir keyword list. */
  | { readonly kind: 'key'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: Mark };

/** What is neither a term nor white space: calls, operators, variables, a string that nothing ends. */
export class NotTerms extends Error {}

const ESCAPES: { readonly [mark: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  e: '\u001b',
  s: ' ',
  b: '\b',
  f: '\f',
};
const NAME = /[\w@]/;
const ELIXIR_WORDS = new Set(['true', 'false', 'nil']);

/** Cuts a text into tokens, each character looked at a fixed number of times. */
export class TermScanner {
  readonly #source: string;
  readonly #elixir: boolean;
  #at = 0;

  constructor(source: string, syntax: TermSyntax) {
    this.#source = source;
    this.#elixir = syntax === 'elixir';
  }

  /** Undefined at the end of the text. */
  next(): Token | undefined {
    this.#skipBlank();
    const source = this.#source;
    if (this.#at >= source.length) return undefined;
    const first = source.charAt(this.#at);
    if (first === '"') return this.#string();
    if (first === "'") return { kind: 'word', value: this.#quoted() };
    if (source.startsWith('<<', this.#at) && !this.#elixir) return { kind: 'string', value: this.#binary() };
    if (first === ':' && this.#elixir) return this.#atom();
    if (/[0-9]/.test(first) || (/[-+]/.test(first) && /[0-9]/.test(source.charAt(this.#at + 1)))) return this.#number();
    if (first === '$' && !this.#elixir) return this.#character();
    if (/[A-Za-z_]/.test(first)) return this.#word();
    const mark = MARKS.find((text) => source.startsWith(text, this.#at));
    if (mark === undefined || mark === (this.#elixir ? '#{' : '%{')) throw new NotTerms();
    this.#at += mark.length;
    return { kind: 'mark', value: mark };
  }

  #skipBlank(): void {
    const source = this.#source;
    const comment = this.#elixir ? '#' : '%';
    while (this.#at < source.length) {
      const mark = source.charAt(this.#at);
      if (mark === comment) {
        const newline = source.indexOf('\n', this.#at);
        this.#at = newline === -1 ? source.length : newline + 1;
      } else if (mark === ' ' || mark === '\n' || mark === '\r' || mark === '\t') this.#at += 1;
      else return;
    }
  }

  #string(): Token {
    const value = this.#quoted();
    if (!this.#elixir || this.#source.charAt(this.#at) !== ':') return { kind: 'string', value };
    this.#at += 1;
    return { kind: 'key', value };
  }

  /** Up to the quotation mark that stands at the present place once more. */
  #quoted(): string {
    const source = this.#source;
    const quote = source.charAt(this.#at);
    const parts: string[] = [];
    let start = this.#at + 1;
    for (let at = start; at < source.length; at += 1) {
      const mark = source.charAt(at);
      if (mark === quote) {
        parts.push(source.slice(start, at));
        this.#at = at + 1;
        return parts.join('');
      }
      if (mark !== '\\') continue;
      parts.push(source.slice(start, at));
      const escaped = escapeAt(source, at + 1);
      parts.push(escaped.value);
      start = escaped.end;
      at = start - 1;
    }
    throw new NotTerms();
  }

  /** `<<"jason">>`, `<<"jason"/utf8>>`, or the bytes as numbers. */
  #binary(): string {
    const source = this.#source;
    this.#at += 2;
    this.#skipBlank();
    let value = '';
    if (source.charAt(this.#at) === '"') {
      value = this.#quoted();
      if (source.startsWith('/utf8', this.#at)) this.#at += '/utf8'.length;
      this.#skipBlank();
    } else {
      const end = source.indexOf('>>', this.#at);
      const text = end === -1 ? '?' : source.slice(this.#at, end);
      if (!/^[\d,\s]*$/.test(text)) throw new NotTerms();
      value = new TextDecoder().decode(Uint8Array.from(text.match(/\d{1,3}/g) ?? [], Number));
      this.#at = end;
    }
    if (!source.startsWith('>>', this.#at)) throw new NotTerms();
    this.#at += 2;
    return value;
  }

  #atom(): Token {
    this.#at += 1;
    if (this.#source.charAt(this.#at) === '"') return { kind: 'word', value: this.#quoted() };
    return { kind: 'word', value: this.#run(NAME) };
  }

  #number(): Token {
    const sign = /[-+]/.test(this.#source.charAt(this.#at)) ? this.#source.charAt(this.#at) : '';
    this.#at += sign.length;
    let value = sign + this.#run(/[\w#]/);
    if (this.#source.charAt(this.#at) === '.' && /[0-9]/.test(this.#source.charAt(this.#at + 1))) {
      this.#at += 1;
      value += `.${this.#run(/\w/)}`;
      if (value.endsWith('e') && /[-+]/.test(this.#source.charAt(this.#at))) {
        this.#at += 1;
        this.#run(/\d/);
      }
    }
    return { kind: 'word', value };
  }

  #character(): Token {
    const plain = this.#source.charAt(this.#at + 1);
    const { value, end } = plain === '\\' ? escapeAt(this.#source, this.#at + 2) : { value: plain, end: this.#at + 2 };
    this.#at = end;
    return { kind: 'word', value };
  }

  #word(): Token {
    const value = this.#run(NAME);
    if (!this.#elixir) {
      if (!/^[a-z]/.test(value)) throw new NotTerms();
      return { kind: 'word', value };
    }
    if (this.#source.charAt(this.#at) === ':') {
      this.#at += 1;
      return { kind: 'key', value };
    }
    if (!ELIXIR_WORDS.has(value)) throw new NotTerms();
    return { kind: 'word', value };
  }

  #run(characters: RegExp): string {
    const start = this.#at;
    while (this.#at < this.#source.length && characters.test(this.#source.charAt(this.#at))) this.#at += 1;
    if (this.#at === start) throw new NotTerms();
    return this.#source.slice(start, this.#at);
  }
}

function escapeAt(source: string, at: number): { readonly value: string; readonly end: number } {
  const match = /^(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|([0-7]{1,3}))/.exec(
    source.slice(at, at + 12),
  );
  if (match === null) {
    const mark = source.charAt(at);
    return { value: ESCAPES[mark] ?? mark, end: at + 1 };
  }
  const [whole, two, many, four, octal] = match;
  const code = octal === undefined ? Number.parseInt(two ?? many ?? four ?? '0', 16) : Number.parseInt(octal, 8);
  return { value: code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code), end: at + whole.length };
}
