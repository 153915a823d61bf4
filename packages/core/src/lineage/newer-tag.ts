/** Parts of a tag that name a version: `3.12.1-slim` is 3, 12 and 1 before `-slim`. */
interface TagVersion {
  readonly before: string;
  readonly numbers: readonly number[];
  readonly after: string;
}

const VERSION = /^(v?)(\d{1,9}(?:\.\d{1,9}){1,3})((?:[-_+][A-Za-z0-9._+-]*)?)$/;
/** `bookworm-20240612-slim`: a day in a tag that has no other number before it. */
const DAY = /^((?:[A-Za-z]+[-_])*)(20\d{6})((?:[-_][A-Za-z0-9._-]*)?)$/;

function parseTag(tag: string): TagVersion | undefined {
  const version = VERSION.exec(tag);
  if (version !== null) {
    return { before: version[1] ?? '', numbers: (version[2] ?? '').split('.').map(Number), after: version[3] ?? '' };
  }
  const day = DAY.exec(tag);
  if (day !== null) return { before: day[1] ?? '', numbers: [0, Number(day[2])], after: day[3] ?? '' };
  return undefined;
}

/**
 * The newest of the candidates that succeeds this tag without a change of major version: written alike (same words around
 * as many numbers), the same first number, and a higher rest. `12.1` → `12.7`, `3.12.1-slim` → `3.12.9-slim`,
 * `bookworm-20240110` → `bookworm-20240612`. Undefined where none does, or where the tag names no version: `12` and `latest`
 * move by themselves.
 */
export function newerTag(tag: string, candidates: Iterable<string>): string | undefined {
  const own = parseTag(tag);
  if (own === undefined) return undefined;
  let best: { readonly tag: string; readonly numbers: readonly number[] } = { tag, numbers: own.numbers };
  for (const candidate of candidates) {
    const other = parseTag(candidate);
    if (other === undefined || other.before !== own.before || other.after !== own.after) continue;
    if (other.numbers.length !== own.numbers.length || other.numbers[0] !== own.numbers[0]) continue;
    if (compareNumbers(other.numbers, best.numbers) > 0) best = { tag: candidate, numbers: other.numbers };
  }
  return best.tag === tag ? undefined : best.tag;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}
