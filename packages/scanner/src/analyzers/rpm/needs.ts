import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/** Requirements on paths mean interpreters and tools; to keep every path of a database for them would cost its size again. */
const PROGRAM = /\/(?:s?bin|libexec)\//;
/** Architectures of one name, or equal providers. */
const PROVIDERS_MAX = 8;

interface Stated {
  readonly requires: readonly string[];
  readonly provides: readonly string[];
  readonly paths: readonly string[];
}

/**
 * Turns what packages require (`libc.so.6(GLIBC_2.34)(64bit)`, `/usr/bin/perl`) into names of packages of the same database.
 * A hundred such names stand for one package, so this is done while the database is read and only names of packages are kept.
 */
export class NeedsIndex {
  readonly #names: string[] = [];
  readonly #requires: (readonly string[])[] = [];
  readonly #providers = new Map<string, string[]>();
  #left = limits.relationNamesPerFileMax;

  /** Whether the limit left something out. */
  get dropped(): boolean {
    return this.#left <= 0;
  }

  add(name: string, { requires, provides, paths }: Stated): void {
    this.#names.push(name);
    this.#requires.push(this.#take(requires.filter((need) => !isOfRpmItself(need))));
    const offers = [name, ...provides, ...paths.filter((path) => PROGRAM.test(path))];
    for (const offer of this.#take(offers)) {
      const known = this.#providers.get(offer);
      if (known === undefined) this.#providers.set(offer, [name]);
      else if (known.length < PROVIDERS_MAX && !known.includes(name)) known.push(name);
    }
  }

  /** For the package that was added as number `at`, from 0. */
  needsOf(at: number): readonly string[] {
    const needs = new Set<string>();
    for (const required of this.#requires[at] ?? []) {
      for (const provider of this.#providers.get(required) ?? []) {
        if (needs.size < limits.needsPerPackageMax) needs.add(provider);
      }
    }
    needs.delete(this.#names[at] ?? '');
    return [...needs];
  }

  #take(names: readonly string[]): readonly string[] {
    const taken = [...new Set(names)]
      .filter((name) => identifierOf(name, limits.pathCharsMax) !== undefined)
      .slice(0, Math.max(0, this.#left));
    this.#left -= taken.length;
    return taken;
  }
}

/** `rpmlib(PayloadIsZstd)` asks rpm for a feature; `(a if b)` is a condition that only a solver can answer. */
function isOfRpmItself(need: string): boolean {
  return need.startsWith('rpmlib(') || need.startsWith('(');
}
