/** Small readers of the facts that every feed states: identifiers, dates, vectors. Each answers undefined or null for what it is not sure of. */

const CVE = /^CVE-(?:1999|2\d{3})-\d{4,8}$/;

/** Whether the text is a CVE id of the form that the database can hold. */
export function isCveId(text: string): boolean {
  return CVE.test(text);
}

/** `2024-05-01`, `2024-05-01T10:00:00Z` or `…+00:00` as RFC 3339 in UTC; null for what is no date, and for the year 1 that Go writes for "not set". */
export function toTimestamp(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text.trim(),
  );
  if (match === null || Number(match[1]) < 1980) return null;
  const zone = match[5] ?? 'Z';
  const offset = zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const time = new Date(`${match[1]}-${match[2]}-${match[3]}T${match[4] ?? '00:00:00'}${offset}`);
  return Number.isNaN(time.getTime()) ? null : time.toISOString().replace('.000Z', 'Z');
}

/** `YYYY-MM-DD` or null. */
export function toDay(text: string | null | undefined): string | null {
  return toTimestamp(text)?.slice(0, 10) ?? null;
}

/** A score between 0 and 10, or undefined. */
export function toScore(text: string): number | undefined {
  if (!/^\d{1,2}(?:\.\d+)?$/.test(text)) return undefined;
  const score = Number(text);
  return score <= 10 ? score : undefined;
}

/** CWE ids in the text, each once, in its order. */
export function cweIds(text: string): readonly string[] {
  return [...new Set(text.match(/CWE-\d{1,5}/g) ?? [])];
}

/** Only addresses that a page may link to. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s"<>]{1,2000}$/.test(text);
}

/** Foreign text for a problem's detail: one line, no control characters, not longer than a line of a page. */
export function shown(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 200);
}
