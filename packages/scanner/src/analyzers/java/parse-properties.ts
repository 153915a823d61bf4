/**
 * The pairs of a Java properties file: comments, `=`, `:` or white space between key and value, lines that end in a backslash, escapes.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
export function parseProperties(bytes: Uint8Array): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  let logical = '';
  for (const line of Buffer.from(bytes)
    .toString('utf8')
    .split(/\r\n|\n|\r/)) {
    const text = line.replace(/^[ \t\f]+/, '');
    if (logical === '' && (text === '' || text.startsWith('#') || text.startsWith('!'))) continue;
    if (endsInBackslash(text)) {
      logical += text.slice(0, -1);
      continue;
    }
    const [key, value] = splitPair(logical + text);
    properties.set(key, value);
    logical = '';
  }
  return properties;
}

function endsInBackslash(text: string): boolean {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') count++;
  return count % 2 === 1;
}

function splitPair(text: string): readonly [string, string] {
  const match = /^((?:[^\\=: \t\f]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)$/su.exec(text);
  return [withoutEscapes(match?.[1] ?? ''), withoutEscapes(match?.[2] ?? '')];
}

function withoutEscapes(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/gsu,
    (_, code: string | undefined, character: string | undefined) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return ESCAPES.get(character ?? '') ?? character ?? '';
    },
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
]);
