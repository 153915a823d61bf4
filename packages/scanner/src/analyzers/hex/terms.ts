import { limits } from './limits.ts';
import { type Mark, NotTerms, TermScanner, type TermSyntax, type Token } from './term-scanner.ts';

/**
 * A term of Erlang or Elixir as their files state it. Atoms, strings, binaries and numbers are text; maps and keyword lists
 * (`hex: :jason`) are lists of pairs.
 */
export type Term = string | TermItems;
export interface TermItems {
  readonly kind: 'tuple' | 'list';
  readonly items: readonly Term[];
}

/**
 * The terms of a file that holds nothing else: Erlang terms each end in a full stop (`file:consult/1`), an Elixir file is one term.
 * Undefined for anything else and above the limits. https://www.erlang.org/doc/system/data_types.html
 * https://hexdocs.pm/elixir/syntax-reference.html
 */
export function parseTerms(source: string, syntax: TermSyntax): readonly Term[] | undefined {
  try {
    return new TermReader(source, syntax).terms();
  } catch (error) {
    if (error instanceof NotTerms) return undefined;
    throw error;
  }
}

export function itemsOf(term: Term | undefined, kind: TermItems['kind']): readonly Term[] | undefined {
  return typeof term === 'object' && term.kind === kind ? term.items : undefined;
}

export function textOf(term: Term | undefined): string | undefined {
  return typeof term === 'string' ? term : undefined;
}

/** The value of a key in a list of pairs. */
export function pairValue(pairs: readonly Term[] | undefined, key: string): Term | undefined {
  for (const pair of pairs ?? []) {
    const [name, value] = itemsOf(pair, 'tuple') ?? [];
    if (name === key) return value;
  }
  return undefined;
}

class TermReader {
  readonly #scanner: TermScanner;
  readonly #termsMax: number;
  readonly #ends: boolean;
  #token: Token | undefined;

  constructor(source: string, syntax: TermSyntax) {
    this.#scanner = new TermScanner(source, syntax);
    this.#ends = syntax === 'erlang';
    this.#termsMax = syntax === 'erlang' ? limits.termsPerFileMax : 1;
    this.#token = this.#scanner.next();
  }

  terms(): readonly Term[] {
    const terms: Term[] = [];
    while (this.#token !== undefined) {
      if (terms.length >= this.#termsMax) throw new NotTerms();
      terms.push(this.#term(0));
      if (this.#ends) this.#expect('.');
    }
    return terms;
  }

  #term(depth: number): Term {
    const token = this.#token;
    if (token === undefined || depth > limits.termDepthMax) throw new NotTerms();
    this.#advance();
    switch (token.kind) {
      case 'word':
        return token.value;
      case 'string':
        return this.#joined(token.value);
      case 'key':
        return { kind: 'tuple', items: [token.value, this.#term(depth + 1)] };
      case 'mark':
        return this.#collection(token.value, depth);
    }
  }

  #joined(first: string): string {
    const parts = [first];
    while (this.#token?.kind === 'string') {
      parts.push(this.#token.value);
      this.#advance();
    }
    return parts.join('');
  }

  #collection(open: Mark, depth: number): TermItems {
    switch (open) {
      case '{':
        return { kind: 'tuple', items: this.#items('}', depth) };
      case '[':
        return { kind: 'list', items: this.#items(']', depth) };
      case '%{':
      case '#{':
        return { kind: 'list', items: this.#items('}', depth) };
      default:
        throw new NotTerms();
    }
  }

  #items(close: Mark, depth: number): readonly Term[] {
    const items: Term[] = [];
    while (!this.#is(close)) {
      const item = this.#term(depth + 1);
      if (this.#is('=>')) {
        this.#advance();
        items.push({ kind: 'tuple', items: [item, this.#term(depth + 1)] });
      } else items.push(item);
      if (this.#is(',') || this.#is('|')) this.#advance();
      else if (!this.#is(close)) throw new NotTerms();
    }
    this.#advance();
    return items;
  }

  #is(mark: Mark): boolean {
    return this.#token?.kind === 'mark' && this.#token.value === mark;
  }

  #expect(mark: Mark): void {
    if (!this.#is(mark)) throw new NotTerms();
    this.#advance();
  }

  #advance(): void {
    this.#token = this.#scanner.next();
  }
}
