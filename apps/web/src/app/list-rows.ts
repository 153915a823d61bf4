/**
 * The rows of all pages, each once: a row that moved down while someone scrolled is on two pages, where its first place counts. Two rows
 * of one key would be one to React and to the keys that step through the list.
 */
export function rowsOf<T>(
  pages: readonly { readonly items: readonly T[] }[] | undefined,
  keyOf: (row: T) => string,
): readonly T[] {
  const rows = new Map<string, T>();
  for (const { items } of pages ?? []) {
    for (const row of items) {
      const key = keyOf(row);
      if (!rows.has(key)) rows.set(key, row);
    }
  }
  return [...rows.values()];
}
