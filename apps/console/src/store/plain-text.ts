/**
 * Text that PostgreSQL takes: U+0000 and lone surrogates become U+FFFD. Names from images hold both (spec: reliability 5.2),
 * and one of them must not refuse the whole image.
 */
export function plainText(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd').toWellFormed() : text.toWellFormed();
}

/** U+0000 and lone surrogates, as JSON.stringify writes them; a text that speaks of such an escape is looked at as well. */
const MAYBE_REFUSED = /\\u(?:0000|d[89a-f])/;

/** The value as JSON text that jsonb takes. */
export function plainJson(value: unknown): string {
  // Almost always there is nothing to mend, and a function called for every member costs ten times the writing itself.
  const text = JSON.stringify(value);
  return text === undefined || !MAYBE_REFUSED.test(text) ? text : JSON.stringify(value, mend);
}

function mend(_: string, member: unknown): unknown {
  if (typeof member === 'string') return plainText(member);
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
  const keys = Object.keys(member);
  if (keys.every((key) => plainText(key) === key)) return member;
  return Object.fromEntries(Object.entries(member).map(([key, inner]) => [plainText(key), inner]));
}
