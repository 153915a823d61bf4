import { compareDigits, compareText } from '../order.ts';
import type { Order } from '../scheme.ts';

/** A number, a qualifier, or what follows a hyphen or a change between digits and letters. */
type Item =
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'qualifier'; readonly rank: string }
  | { readonly kind: 'list'; readonly items: readonly Item[] };

export interface MavenVersion {
  readonly scheme: 'maven';
  readonly items: Item;
}

/** Qualifiers in order; the empty one is the release itself, and any other comes after them all, as text. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE = String(QUALIFIERS.indexOf(''));
const ALIASES = new Map([
  ['ga', ''],
  ['final', ''],
  ['release', ''],
  ['cr', 'rc'],
]);
const SHORT = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

interface Level {
  readonly items: Item[];
}

export function parseVersion(text: string): MavenVersion | undefined {
  if (!/^[0-9A-Za-z][0-9A-Za-z._+~-]*$/.test(text)) return undefined;
  const levels: Level[] = [{ items: [] }];
  const top = () => levels.at(-1)?.items ?? [];
  const open = () => levels.push({ items: [] });

  let empty = true;
  const tokens = text.toLowerCase().match(/[.-]|[0-9]+|[^.0-9-]+/g) ?? [];
  for (const [index, token] of tokens.entries()) {
    if (token === '.' || token === '-') {
      // A separator with nothing before it stands for a zero.
      if (empty) top().push({ kind: 'number', digits: '0' });
      if (token === '-') open();
      empty = true;
      continue;
    }
    const next = tokens[index + 1];
    const switches = next !== undefined && next !== '.' && next !== '-';
    if (/^[0-9]/.test(token)) {
      top().push({ kind: 'number', digits: token });
    } else {
      // `.x1` reads as `-x1` and `.x` at the end as `-x`; elsewhere `.x.` stays in its list.
      if ((switches || next === undefined) && top().length > 0) open();
      top().push(qualifier(token, switches));
    }
    if (switches) open();
    empty = false;
  }
  return { scheme: 'maven', items: fold(levels) };
}

function qualifier(word: string, beforeDigit: boolean): Item {
  const long = (beforeDigit && SHORT.get(word)) || word;
  const known = QUALIFIERS.indexOf(ALIASES.get(long) ?? long);
  return { kind: 'qualifier', rank: known === -1 ? `${QUALIFIERS.length}-${long}` : String(known) };
}

/** Every level hangs in the one before it. Innermost first, what means nothing at a level's end, or before a list there, goes. */
function fold(levels: readonly Level[]): Item {
  let inner: Item | undefined;
  for (const { items } of levels.toReversed()) {
    const all: Item[] = inner === undefined ? [...items] : [...items, inner];
    for (let index = all.length - 1; index >= 0; index--) {
      const item = all[index];
      if (item !== undefined && isNull(item)) all.splice(index, 1);
      else if (item?.kind !== 'list') break;
    }
    inner = { kind: 'list', items: all };
  }
  return inner ?? { kind: 'list', items: [] };
}

function isNull(item: Item): boolean {
  switch (item.kind) {
    case 'number':
      return /^0+$/.test(item.digits);
    case 'qualifier':
      return item.rank === RELEASE;
    case 'list':
      return item.items.length === 0;
  }
}

const KIND_RANK = { qualifier: 0, list: 1, number: 2 } as const;

export function compareItems(a: Item, b: Item): Order {
  if (a.kind === 'number' && b.kind === 'number') return compareDigits(a.digits, b.digits);
  if (a.kind === 'qualifier' && b.kind === 'qualifier') return compareText(a.rank, b.rank);
  if (a.kind === 'list' && b.kind === 'list') return compareItemLists(a.items, b.items);
  return KIND_RANK[a.kind] < KIND_RANK[b.kind] ? -1 : 1;
}

function compareItemLists(a: readonly Item[], b: readonly Item[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const x = a[index];
    const y = b[index];
    const order = x === undefined ? turn(y) : y === undefined ? compareToEnd(x) : compareItems(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function turn(item: Item | undefined): Order {
  const order = item === undefined ? 0 : compareToEnd(item);
  return order === 0 ? 0 : order < 0 ? 1 : -1;
}

/** Against the end of the other version: `1.0` is `1`, `1-rc` is older, `1-sp` and `1.1` are newer. */
function compareToEnd(item: Item): Order {
  switch (item.kind) {
    case 'number':
      return isNull(item) ? 0 : 1;
    case 'qualifier':
      return compareText(item.rank, RELEASE);
    case 'list':
      for (const inner of item.items) {
        const order = compareToEnd(inner);
        if (order !== 0) return order;
      }
      return 0;
  }
}
