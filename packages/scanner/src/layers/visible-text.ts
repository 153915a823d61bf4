import { fileLimits } from '../limits.ts';

/**
 * Foreign text made safe for a sentence: control characters (a terminal would obey them) become `\xNN`, lone surrogates
 * (PostgreSQL refuses them) become U+FFFD, and it is cut at `detailCharactersMax`.
 */
export function visibleText(text: string, charactersMax: number = fileLimits.detailCharactersMax): string {
  const cut = text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
  return cut
    .toWellFormed()
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
