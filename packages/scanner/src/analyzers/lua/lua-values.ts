import { limits } from './limits.ts';
import { LuaScanner, type LuaToken } from './lua-scanner.ts';

/** What Lua source says literally; undefined for what it computes. */
export type LuaValue = string | LuaTable | undefined;
export interface LuaTable {
  readonly fields: ReadonlyMap<string, LuaValue>;
  /** Values without a key, in order. */
  readonly items: readonly LuaValue[];
}

export interface LuaChunk {
  /** Globals and locals as last assigned. */
  readonly variables: ReadonlyMap<string, LuaValue>;
  readonly returned: LuaValue;
  /** False where the source does something else than assigning and returning values; what came before is there. */
  readonly whole: boolean;
}

class NotUnderstood extends Error {}

/**
 * The assignments of a chunk such as a rockspec: `name = value`, `local a, b = x, y`, `return value`. Strings, tables, variables and
 * their concatenation are evaluated, other expressions passed over; nothing is run. https://www.lua.org/manual/5.4/manual.html#3
 */
export function parseLua(source: string): LuaChunk {
  return new LuaReader(source).chunk();
}

export function tableOf(value: LuaValue): LuaTable | undefined {
  return typeof value === 'object' ? value : undefined;
}

const BINARY = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '~=',
  '<=',
  '>=',
  '<',
  '>',
  '//',
  '&',
  '|',
  '~',
  '<<',
  '>>',
]);
const WORDS = new Set(['and', 'or']);
const RESERVED = new Set('and break do else elseif end for function goto if in or repeat then until while'.split(' '));

class LuaReader {
  readonly #scanner: LuaScanner;
  readonly #variables = new Map<string, LuaValue>();
  #token: LuaToken;

  constructor(source: string) {
    this.#scanner = new LuaScanner(source);
    this.#token = this.#scanner.next();
  }

  chunk(): LuaChunk {
    let returned: LuaValue;
    let whole = true;
    try {
      while (this.#token.kind !== 'end') {
        if (this.#takes('return')) {
          returned = this.#expression(0);
          this.#takes(';');
          whole = this.#isEnd();
          break;
        }
        this.#assignment();
        this.#takes(';');
      }
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      whole = false;
    }
    return { variables: this.#variables, returned, whole };
  }

  #isEnd(): boolean {
    return this.#token.kind === 'end';
  }

  #assignment(): void {
    this.#takes('local');
    const names = [this.#name()];
    while (this.#takes(',')) names.push(this.#name());
    const values: LuaValue[] = [];
    if (this.#takes('=')) {
      do values.push(this.#expression(0));
      while (this.#takes(','));
    }
    for (const [index, name] of names.entries()) this.#variables.set(name, values[index]);
  }

  #expression(depth: number): LuaValue {
    let value = this.#operand(depth);
    for (;;) {
      if (this.#takes('..')) value = joined(value, this.#operand(depth));
      else if (this.#isOperator()) {
        this.#advance();
        this.#operand(depth);
        value = undefined;
      } else return value;
    }
  }

  #isOperator(): boolean {
    const { kind, value } = this.#token;
    return (kind === 'mark' && BINARY.has(value)) || (kind === 'name' && WORDS.has(value));
  }

  /** A value with what is asked of it: `x.y`, `x[1]`, `x:f()`, `f "text"`. */
  #operand(depth: number): LuaValue {
    if (depth > limits.luaDepthMax) throw new NotUnderstood();
    while (this.#takes('not') || this.#takes('-') || this.#takes('#')) {
      if (this.#isEnd()) throw new NotUnderstood();
    }
    const token = this.#token;
    this.#advance();
    switch (token.kind) {
      case 'string':
        return token.value;
      case 'number':
        return token.value;
      case 'name':
        if (RESERVED.has(token.value)) throw new NotUnderstood();
        return this.#suffixed(this.#variables.get(token.value), depth);
      case 'mark':
        if (token.value === '{') return this.#table(depth);
        if (token.value === '...') return undefined;
        if (token.value !== '(') throw new NotUnderstood();
        return this.#suffixed(this.#parenthesized(depth), depth);
      default:
        throw new NotUnderstood();
    }
  }

  #parenthesized(depth: number): LuaValue {
    const value = this.#expression(depth + 1);
    this.#expect(')');
    return value;
  }

  #suffixed(first: LuaValue, depth: number): LuaValue {
    let value = first;
    for (;;) {
      const { kind, value: text } = this.#token;
      if (kind === 'string') this.#advance();
      else if (kind !== 'mark' || !'.:[({'.includes(text)) return value;
      else {
        this.#advance();
        if (text === '{') this.#table(depth);
        else if (text === '[') {
          this.#expression(depth + 1);
          this.#expect(']');
        } else if (text === '(') {
          if (!this.#takes(')')) {
            do this.#expression(depth + 1);
            while (this.#takes(','));
            this.#expect(')');
          }
        } else this.#name();
      }
      value = undefined;
    }
  }

  #table(depth: number): LuaTable {
    const fields = new Map<string, LuaValue>();
    const items: LuaValue[] = [];
    while (!this.#takes('}')) {
      if (this.#takes('[')) {
        const key = this.#expression(depth + 1);
        this.#expect(']');
        this.#expect('=');
        const value = this.#expression(depth + 1);
        if (typeof key === 'string') fields.set(key, value);
      } else this.#entry(depth, fields, items);
      if (!this.#takes(',') && !this.#takes(';')) {
        this.#expect('}');
        break;
      }
    }
    return { fields, items };
  }

  /** `key = value`, or a value; which of them a name begins is only known behind it. */
  #entry(depth: number, fields: Map<string, LuaValue>, items: LuaValue[]): void {
    const token = this.#token;
    const value = this.#expression(depth + 1);
    if (token.kind === 'name' && this.#takes('=')) fields.set(token.value, this.#expression(depth + 1));
    else items.push(value);
  }

  #name(): string {
    const { kind, value } = this.#token;
    if (kind !== 'name' || RESERVED.has(value)) throw new NotUnderstood();
    this.#advance();
    return value;
  }

  #takes(text: string): boolean {
    const { kind, value } = this.#token;
    if (value !== text || (kind !== 'mark' && kind !== 'name')) return false;
    this.#advance();
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new NotUnderstood();
  }

  #advance(): void {
    this.#token = this.#scanner.next();
  }
}

/** Bounded, for a few lines that each double a text make any length of it. */
function joined(left: LuaValue, right: LuaValue): LuaValue {
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  return left.length + right.length > limits.luaTextCharsMax ? undefined : left + right;
}
