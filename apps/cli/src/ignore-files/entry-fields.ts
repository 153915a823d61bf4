import { fault, type YamlEntry } from './yaml-entries.ts';

/** The fields of one rule, each read as what it must be; whatever else a rule says is a fault that names its line. */
export class EntryFields {
  readonly #path: string;
  readonly #entry: YamlEntry;

  /** A field that nobody knows is most likely misspelt, and without it the rule would hide more than was meant. */
  constructor(path: string, entry: YamlEntry, known: readonly string[]) {
    this.#path = path;
    this.#entry = entry;
    for (const key of Object.keys(entry.fields)) {
      if (!known.includes(key)) throw this.fault(key, `there is no ${key}; a rule has ${known.join(', ')}`);
    }
  }

  get source(): string {
    return `${this.#path}:${this.#entry.line}`;
  }

  text(key: string): string | undefined {
    const value = this.#entry.fields[key];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') throw this.fault(key, `${key} must be a text`);
    return value.trim();
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.#entry.fields[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return [value.trim()];
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
      throw this.fault(key, `${key} must be a list of texts`);
    const texts: readonly string[] = value;
    return texts.length === 0 ? undefined : texts.map((one) => one.trim());
  }

  oneOf<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = words.find((word) => word === text);
    if (found === undefined) throw this.fault(key, `${key} takes ${words.join(', ')}; not ${text}`);
    return found;
  }

  /** `2026-12-31` or a whole RFC 3339 moment. */
  day(key: string): string | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const day = dayOf(text);
    if (day === undefined) throw this.fault(key, `${key} takes a date like 2026-12-31, not ${text}`);
    return day;
  }

  fault(key: string, problem: string) {
    return fault(this.#path, this.#entry.lineOf(key), problem);
  }
}

/** The date, where it is one that exists. `Date.parse` takes the 31st of February for the 3rd of March. */
export function dayOf(text: string): string | undefined {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return undefined;
  const start = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(start) && new Date(start).toISOString().startsWith(day) ? text : undefined;
}
