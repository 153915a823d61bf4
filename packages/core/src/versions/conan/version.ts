import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order } from '../scheme.ts';

export interface ConanVersion {
  readonly scheme: 'conan';
  /** As it is written; `1.2.*` compares the text. */
  readonly text: string;
  /** Dot-separated items, without zeros at the end. */
  readonly items: readonly string[];
  readonly main: readonly string[];
  /** Null without a hyphen; `1.0-` has an empty one, which is the oldest. */
  readonly prerelease: readonly string[] | null;
  readonly build: readonly string[] | null;
}

/** The version up to its first hyphen, the stage up to the last plus sign, the build. */
export function parseConan(text: string): ConanVersion | undefined {
  // A second hyphen right after the first would make Conan read a negative number.
  if (!/^[0-9A-Za-z_][0-9A-Za-z_.+-]*$/.test(text) || /-[.-]?-/.test(text)) return undefined;
  return splitConan(text);
}

/** Also of a bound with an empty stage, `2.0-`, which ranges are made of. */
export function splitConan(text: string): ConanVersion {
  const plus = text.lastIndexOf('+');
  const value = plus === -1 ? text : text.slice(0, plus);
  const hyphen = value.indexOf('-');
  const main = (hyphen === -1 ? value : value.slice(0, hyphen)).split('.');
  return {
    scheme: 'conan',
    text,
    items: withoutZeros(main),
    main,
    prerelease: hyphen === -1 ? null : withoutZeros(value.slice(hyphen + 1).split('.')),
    build: plus === -1 ? null : withoutZeros(text.slice(plus + 1).split('.')),
  };
}

export function compareConan(a: ConanVersion, b: ConanVersion): Order {
  const items = compareLists(a.items, b.items, compareItems);
  if (items !== 0) return items;
  if (a.prerelease === null || b.prerelease === null) {
    if (a.prerelease !== b.prerelease) return a.prerelease === null ? 1 : -1;
  } else {
    const stages = compareLists(a.prerelease, b.prerelease, compareItems);
    if (stages !== 0) return stages;
  }
  if (a.build === null || b.build === null) return a.build === b.build ? 0 : a.build === null ? -1 : 1;
  return compareLists(a.build, b.build, compareItems);
}

function withoutZeros(items: readonly string[]): readonly string[] {
  let end = items.length;
  while (end > 0 && /^0+$/.test(plainItem(items[end - 1] ?? ''))) end--;
  return items.slice(0, end);
}

function compareItems(a: string | undefined, b: string | undefined): Order {
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const [left, right] = [plainItem(a), plainItem(b)];
  return isNumber(left) && isNumber(right) ? compareDigits(left, right) : compareText(asText(left), asText(right));
}

export function isNumber(item: string): boolean {
  return /^[0-9]+$/.test(item);
}

/** Python's int() reads digits that are grouped by underscores. */
export function plainItem(item: string): string {
  return /^[0-9]+(?:_[0-9]+)*$/.test(item) ? item.replaceAll('_', '') : item;
}

/** A number has no leading zeros once it has been read as one. */
function asText(item: string): string {
  return isNumber(item) ? item.replace(/^0+(?=[0-9])/, '') : item;
}
