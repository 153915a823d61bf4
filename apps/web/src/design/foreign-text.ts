/** Text as pieces: what can be shown as it is, and characters that must be shown by their number. */
export type ForeignPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hidden'; readonly code: string };

/**
 * Controls, format characters (bidirectional marks and overrides, zero-width, tags), line and paragraph separators, unpaired
 * surrogates, and all else that fonts leave blank. A tag `1.0<U+202E>gpj.exe` must not look like `1.0exe.jpg`
 * ("Trojan Source", CVE-2021-42574).
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** Splits text from an image, a registry or a feed so that nothing in it can hide or turn what stands around it. */
export function foreignPieces(text: string): readonly ForeignPiece[] {
  const pieces: ForeignPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    pieces.push({ kind: 'hidden', code: codeOf(match[0]) });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

/** The same as one plain string, for titles, labels and announcements: `1.0<U+202E>gpj.exe`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `<${codeOf(character)}>`);
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Where to cut a long text: the tail that stays when the head gives way. Names differ at their end (the last path
 * segment, the tag), so that stays readable.
 */
export function middleCut(text: string, tailCharactersMax = 16): { readonly head: string; readonly tail: string } {
  // By code point, not by unit: a cut must not halve a surrogate pair.
  const characters = Array.from(text);
  if (characters.length <= tailCharactersMax * 1.5) return { head: text, tail: '' };
  const slash = text.lastIndexOf('/');
  const lastSegment = slash < 0 ? 0 : Array.from(text.slice(slash)).length;
  const tail = lastSegment > 1 && lastSegment <= tailCharactersMax * 1.5 ? lastSegment : tailCharactersMax;
  return { head: characters.slice(0, -tail).join(''), tail: characters.slice(-tail).join('') };
}

/** `sha256:1a2b3c4d5e6f…`; text that is no digest stays whole. */
export function shortDigest(digest: string): string {
  const match = /^([a-z0-9]+:)([0-9a-f]{12})[0-9a-f]+$/.exec(digest);
  return match === null ? digest : `${match[1]}${match[2]}…`;
}

/** The address if a browser may follow it: http or https, without a user name that could pose as another host. */
export function safeLink(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.href;
}
