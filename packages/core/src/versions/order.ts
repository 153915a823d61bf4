import type { Order } from './scheme.ts';

/** Code-unit order; for the ASCII that versions are made of it is C's strcmp. */
export function compareText(a: string, b: string): Order {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Decimal digits as whole numbers of any size; no digits at all is zero. Compared as text: a version with a thousand
 * digits must neither lose precision (`Number`) nor cost a conversion of quadratic time (`BigInt`).
 */
export function compareDigits(a: string, b: string): Order {
  const left = withoutLeadingZeros(a);
  const right = withoutLeadingZeros(b);
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return compareText(left, right);
}

/** Orders lists item by item; where one list ends first, `missing` stands in for its items. */
export function compareLists<T>(
  a: readonly T[],
  b: readonly T[],
  compareItems: (a: T | undefined, b: T | undefined) => Order,
): Order {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const order = compareItems(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

/** The number that follows, as digits. */
export function successor(digits: string): string {
  const plain = withoutLeadingZeros(digits);
  const nines = /9*$/.exec(plain)?.[0].length ?? 0;
  const head = plain.slice(0, plain.length - nines);
  const raised = head === '' ? '1' : head.slice(0, -1) + String(Number(head.slice(-1)) + 1);
  return raised + '0'.repeat(nines);
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (start < digits.length && digits[start] === '0') start++;
  return digits.slice(start);
}
