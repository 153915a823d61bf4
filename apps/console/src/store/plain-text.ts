/**
 * Text that PostgreSQL takes: U+0000 and lone surrogates become U+FFFD. Names from images hold both (spec: reliability 5.2),
 * and one of them must not refuse the whole image.
 */
export function plainText(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd').toWellFormed() : text.toWellFormed();
}

/** The value as JSON text that jsonb takes. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'string') return plainText(member);
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const keys = Object.keys(member);
    if (keys.every((key) => plainText(key) === key)) return member;
    return Object.fromEntries(Object.entries(member).map(([key, inner]) => [plainText(key), inner]));
  });
}
