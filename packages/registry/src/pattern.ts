/**
 * `team/*` as a test, `*` for any run of characters. Without a regular expression: the pattern is a person's text, and
 * backtracking over it is nobody's wish.
 */
export function toPatternTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (name) => name === pattern;
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const at = name.indexOf(part, from);
      if (at === -1 || at + part.length > name.length - last.length) return false;
      from = at + part.length;
    }
    return true;
  };
}

/** What passes a filter: some inclusion fits, or there is none, and no exclusion does. */
export function toFilter(patterns: {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): (name: string) => boolean {
  const [include, exclude] = [patterns.include, patterns.exclude].map((list) => list.map(toPatternTest));
  return (name) =>
    (include === undefined || include.length === 0 || include.some((fits) => fits(name))) &&
    exclude?.some((fits) => fits(name)) !== true;
}
