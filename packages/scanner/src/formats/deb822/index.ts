import { type LinesOutcome, type Readable, readLines } from '../text/index.ts';

/**
 * Hands over the stanzas of a control file: paragraphs of `Field: value`, separated by blank lines; a line that starts with
 * white space continues the field above. Of each stanza the first line of the named fields (lower case), first mention
 * first; stanzas without any of them are passed over. The visitor says whether to go on. https://manpages.debian.org/deb822.5
 */
export function readStanzas(
  file: Readable,
  bounds: { readonly fileBytesMax: number; readonly lineBytesMax: number },
  fields: ReadonlySet<string>,
  visit: (stanza: ReadonlyMap<string, string>) => boolean,
): LinesOutcome {
  let stanza = new Map<string, string>();
  const close = (): boolean => {
    if (stanza.size === 0) return true;
    const whole = stanza;
    stanza = new Map();
    return visit(whole);
  };
  const outcome = readLines(file, bounds, (line) => {
    if (line.trim() === '') return close();
    if (line.startsWith(' ') || line.startsWith('\t')) return true;
    const colon = line.indexOf(':');
    if (colon <= 0) return true;
    const key = line.slice(0, colon).toLowerCase();
    if (fields.has(key) && !stanza.has(key)) stanza.set(key, line.slice(colon + 1).trim());
    return true;
  });
  if (outcome !== 'stopped') close();
  return outcome;
}
