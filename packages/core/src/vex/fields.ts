import { Fault } from '../fault.ts';
import { parseInstant } from '../instant.ts';
import { vexLimits } from './limits.ts';
import { placeWords, type VexFlaw } from './statement.ts';

export type Path = readonly (string | number)[];

/** Kept as a chain: a list for each value of a deep document would be memory and time squared. */
interface Place {
  readonly key: string | number;
  readonly inside: Place | undefined;
}

/** A JSON value of foreign making with its place in the document, so that whatever is wrong with it can be named. */
export class Field {
  readonly value: unknown;
  readonly #place: Place | undefined;

  constructor(value: unknown, place?: Place) {
    this.value = value;
    this.#place = place;
  }

  get path(): Path {
    const path: (string | number)[] = [];
    for (let place = this.#place; place !== undefined; place = place.inside) path.push(place.key);
    return path.reverse();
  }

  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The member, absent where this is no object: keys are looked up as own ones only. */
  at(key: string): Field {
    const value = isObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Field(value, { key, inside: this.#place });
  }

  /** An object or a flaw. */
  object(): this {
    if (!isObject(this.value)) throw new FlawedField(this, 'is no object');
    return this;
  }

  /** The elements; none where it is absent. */
  list(): readonly Field[] {
    if (!this.present) return [];
    if (!Array.isArray(this.value)) throw new FlawedField(this, 'is no list');
    return this.value.map((value: unknown, at) => new Field(value, { key: at, inside: this.#place }));
  }

  /** A name: text that is not empty, bounded. */
  name(): string {
    if (typeof this.value !== 'string') throw new FlawedField(this, 'is no text');
    const text = this.value.trim();
    if (text === '') throw new FlawedField(this, 'is empty');
    if (text.length > vexLimits.nameCharactersMax) throw new FlawedField(this, 'is too long');
    return text;
  }

  optionalName(): string | undefined {
    return this.present && this.value !== '' ? this.name() : undefined;
  }

  /** One of the words, or a flaw that lists them. */
  oneOf<const Word extends string>(words: readonly Word[]): Word {
    const text = this.name();
    const found = words.find((word) => word === text);
    if (found === undefined) throw new FlawedField(this, `is "${text.slice(0, 100)}", not one of ${words.join(', ')}`);
    return found;
  }

  instant(): string | undefined {
    const text = this.optionalName();
    if (text === undefined) return undefined;
    const instant = parseInstant(text);
    if (instant === undefined) throw new FlawedField(this, `is "${text.slice(0, 100)}", no date and time`);
    return instant;
  }

  /** Words of the author, shortened; null where there are none. */
  note(): string | null {
    if (typeof this.value !== 'string') return null;
    const text = this.value.replace(/\s+/g, ' ').trim();
    if (text === '') return null;
    return text.length > vexLimits.noteCharactersMax ? `${text.slice(0, vexLimits.noteCharactersMax)}…` : text;
  }
}

/** Thrown inside the readers only, and always caught by {@link readEach}. */
export class FlawedField extends Error {
  readonly flaw: VexFlaw;

  constructor(field: Field, problem: string) {
    super(`${placeWords(field.path)} ${problem}`);
    this.flaw = { path: field.path, problem };
  }
}

export interface ReadEach<Value> {
  readonly values: readonly Value[];
  readonly flaws: readonly VexFlaw[];
}

/** Reads element by element: what is wrong with one loses no other. Fault `limit-exceeded`. */
export function readEach<Value>(fields: readonly Field[], read: (field: Field) => readonly Value[]): ReadEach<Value> {
  if (fields.length > vexLimits.statementsMax) throw tooMany('statements', vexLimits.statementsMax);
  const values: Value[] = [];
  const flaws: VexFlaw[] = [];
  for (const field of fields) {
    try {
      for (const value of read(field)) values.push(value);
    } catch (error) {
      if (!(error instanceof FlawedField)) throw error;
      flaws.push(error.flaw);
    }
  }
  return { values, flaws };
}

export function tooMany(what: string, limit: number): Fault {
  return new Fault('limit-exceeded', `it has more than ${limit} ${what}`);
}

/** Counts down what one document may hold. Fault `limit-exceeded`. */
export function productBudget(): (count: number) => void {
  let left: number = vexLimits.productsMax;
  return (count) => {
    left -= count;
    if (left < 0) throw tooMany('products', vexLimits.productsMax);
  };
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
