/** One bracketed interval. A bound that is null is open. */
export interface Interval {
  readonly low: string | null;
  readonly lowIncluded: boolean;
  readonly high: string | null;
  readonly highIncluded: boolean;
  /** Written as `[1.0]`. */
  readonly exact: boolean;
}

/** Reads `[1.0,2.0),(3.0,]`; undefined when the text is not of that form. */
export function parseIntervals(range: string): readonly Interval[] | undefined {
  const intervals: Interval[] = [];
  let rest = range.trim();
  while (rest !== '') {
    const match = /^([[(])([^[\]()]*)([\])])/.exec(rest);
    const interval = match === null ? undefined : parseInterval(match[1] === '[', match[2] ?? '', match[3] === ']');
    if (match === null || interval === undefined) return undefined;
    intervals.push(interval);
    rest = rest.slice(match[0].length).trimStart();
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
  }
  return intervals.length === 0 ? undefined : intervals;
}

function parseInterval(lowIncluded: boolean, body: string, highIncluded: boolean): Interval | undefined {
  const bounds = body.split(',').map((bound) => bound.trim());
  const [low = '', high] = bounds;
  if (high === undefined) {
    return low === '' ? undefined : { low, lowIncluded, high: low, highIncluded, exact: true };
  }
  if (bounds.length > 2) return undefined;
  return { low: low || null, lowIncluded, high: high || null, highIncluded, exact: false };
}
