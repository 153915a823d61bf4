/**
 * Foreign text made safe for a terminal, a log and a page: characters that move the cursor, change colours, reverse the
 * direction of writing or can't be seen are written as their number. Names of packages, layers and commands come out of
 * images, and an image may want its findings to look like something else.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, numberOf);
}

/**
 * Controls (C0, C1), formatting characters (bidirectional marks and isolates, tags), surrogates without partner, line and
 * paragraph separators, whatever is not drawn (zero-width, fillers, variation selectors), and noncharacters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

function numberOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Columns that printable text takes in a terminal: wide for the scripts of East Asia and emoji, none for combining marks. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** The value as indented JSON in which every unprintable character is escaped: JSON ends up on terminals too. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : escapeUnits(character),
  );
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}
