import { GENERAL_WEAKNESSES, WEAKNESSES } from './weaknesses.ts';

/**
 * A title of our own making, since not every source allows its text to be passed on: the nearest known weakness, and where.
 * `categories` are CWE ids, those of the advisories first.
 */
export function titleOf(categories: readonly string[], packageName: string): string {
  const numbers = categories.map((category) => Number(category.slice('CWE-'.length)));
  return `${weaknessOf(numbers) ?? 'Vulnerability'} in ${packageName}`;
}

function weaknessOf(numbers: readonly number[]): string | undefined {
  for (const table of [WEAKNESSES, GENERAL_WEAKNESSES]) {
    for (const number of numbers) {
      const words = table.get(number);
      if (words !== undefined) return words;
    }
  }
  return undefined;
}
