const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-](\d{2}):\d{2})$/;
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00Z');
const OFFSET_HOURS_MAX = 14;

/**
 * The text, where it is a moment (RFC 3339) of the years 1 to 9999 on a day that exists; else undefined. Whoever makes an
 * image writes its dates, and a database takes other words for moments too: `infinity` in one image broke every list that
 * it stood in, and the year 0 every report.
 */
export function parseInstant(text: string): string | undefined {
  const match = RFC3339.exec(text);
  const ms = Date.parse(text);
  if (match === null || !(ms >= YEAR_1 && ms < YEAR_10000)) return undefined;
  const [, year = '', month = '', day = '', offsetHours = '0'] = match;
  // JavaScript counts the 31st of February on into March, and PostgreSQL refuses it.
  return Number(day) <= daysOf(Number(year), Number(month)) && Number(offsetHours) <= OFFSET_HOURS_MAX
    ? text
    : undefined;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Counted, not asked of a Date: a host's report has thousands of moments. */
function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
}
