import { cleanText } from '../foreign-text.ts';
import { javaLimits } from './limits.ts';

/** Attributes of the archive itself, by lower-case name. */
export type Manifest = ReadonlyMap<string, string>;

/** The attributes that say what the archive is; the others are passed over. */
const WANTED = new Set([
  'implementation-title',
  'implementation-version',
  'implementation-vendor-id',
  'specification-title',
  'specification-version',
  'bundle-symbolicname',
  'bundle-version',
  'bundle-license',
  'automatic-module-name',
  'extension-name',
  'short-name',
  'group-id',
  'plugin-version',
  'nar-group',
  'nar-id',
  'nar-version',
]);

/**
 * The main section of a META-INF/MANIFEST.MF: `Name: value`, lines of at most 72 bytes that go on after one space, cut even inside of a
 * character. Named sections after the first empty line are about packages and files inside.
 * https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#notes-on-manifest-and-signature-files
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const attributes = new Map<string, string>();
  let attribute: string[] = [];
  const close = (): void => {
    // Joined as bytes first: a character may lie on both sides of a line end.
    const text = Buffer.from(attribute.join(''), 'latin1').toString('utf8');
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    const wanted = WANTED.has(name) || name.startsWith('plugin-license-name');
    if (wanted && value !== '') attributes.set(name, cleanText(value, javaLimits.manifestValueCharsMax));
    attribute = [];
  };
  for (const line of linesOf(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/^\u00EF\u00BB\u00BF/, ''),
  )) {
    if (line === '') break;
    if (line.startsWith(' ')) attribute.push(line.slice(1));
    else {
      close();
      attribute.push(line);
    }
  }
  close();
  return attributes;
}

/** Line ends are CR LF, LF or CR. */
function* linesOf(text: string): Iterable<string> {
  const ends = /\r\n|\n|\r/g;
  let start = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    yield text.slice(start, end.index);
    start = ends.lastIndex;
  }
  yield text.slice(start);
}
